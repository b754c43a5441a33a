//! Parses an `impl` block: its signatures, never its bodies.

pub mod function;
mod scan;

use crate::errors::Errors;
use function::Function;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use scan::{Attribute, attributes, generics, take_until, visibility};
use syn::{
    Lifetime, Token,
    parse::{ParseStream, Parser as _, Result},
    token,
};

/// The parts of an `impl` block that the attribute uses.
pub struct Block {
    /// The attributes of the block itself.
    pub attributes: Vec<Attribute>,
    /// `<..>`, or nothing.
    pub generics: TokenStream,
    /// The trait, if the block implements one.
    pub trait_path: Option<TokenStream>,
    /// The type that the block is for.
    pub self_ty: TokenStream,
    /// `where ..`, or nothing.
    pub where_clause: TokenStream,
    /// All functions, including those that are not handlers.
    pub functions: Vec<Function>,
    /// The braces and their content.
    pub body: Group,
}

impl Block {
    /// Parses the item, and reports one that is not an `impl` block.
    pub fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        errors.catch(Self::parse_stream.parse2(item))
    }

    fn parse_stream(input: ParseStream) -> Result<Self> {
        let attributes = attributes(input)?;
        visibility(input)?;
        if input.peek(Token![unsafe]) && input.peek2(Token![impl]) {
            input.parse::<Token![unsafe]>()?;
        }
        if !input.peek(Token![impl]) {
            return Err(not_an_impl_block(input));
        }
        input.parse::<Token![impl]>()?;
        let generics = generics(input)?;
        let mut self_ty = take_until(input, |input| ends_type(input) || is_trait_for(input))?;
        let mut trait_path = None;
        if input.peek(Token![for]) {
            input.parse::<Token![for]>()?;
            trait_path = Some(self_ty);
            self_ty = take_until(input, ends_type)?;
        }
        let where_clause = take_until(input, |input| input.peek(token::Brace))?;
        let body: Group = input.parse()?;
        let functions = functions.parse2(body.stream())?;
        Ok(Self {
            attributes,
            generics,
            trait_path,
            self_ty,
            where_clause,
            functions,
            body,
        })
    }

    /// Returns whether the block implements `Handler`, which the attribute would do.
    pub fn implements_handler(&self) -> bool {
        let last = self.trait_path.iter().cloned().flatten().last();
        matches!(last, Some(TokenTree::Ident(name)) if name == "Handler")
    }
}

/// Parses the functions among the items of a block.
fn functions(input: ParseStream) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    while !input.is_empty() {
        let attributes = attributes(input)?;
        visibility(input)?;
        match Function::parse(&attributes, input)? {
            Some(function) => functions.push(function),
            None => skip_item(input)?,
        }
    }
    Ok(functions)
}

/// Skips a constant, a type or a macro call.
fn skip_item(input: ParseStream) -> Result<()> {
    let ends_with_brace = !(input.peek(Token![const]) || input.peek(Token![type]));
    while !input.is_empty() {
        match input.parse()? {
            TokenTree::Punct(punct) if punct.as_char() == ';' => break,
            TokenTree::Group(group) if ends_with_brace && group.delimiter() == Delimiter::Brace => {
                break;
            }
            _ => {}
        }
    }
    Ok(())
}

fn ends_type(input: ParseStream) -> bool {
    input.peek(Token![where]) || input.peek(token::Brace)
}

/// Returns whether the next token is the `for` of `impl Trait for Type`, and not the one of
/// `dyn for<'a> Trait<'a>`.
fn is_trait_for(input: ParseStream) -> bool {
    input.peek(Token![for]) && !(input.peek2(Token![<]) && input.peek3(Lifetime))
}

/// Returns the error for an item that is not an `impl` block.
fn not_an_impl_block(input: ParseStream) -> syn::Error {
    let tokens: Vec<TokenTree> = input.cursor().token_stream().into_iter().collect();
    // `const F: fn()` is a constant.
    let header = tokens
        .iter()
        .take_while(|token| matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_)));
    let (at, (_, kind)) = header
        .enumerate()
        .filter_map(|(at, word)| {
            Some((
                at,
                KINDS
                    .iter()
                    .find(|(keyword, _)| word.to_string() == *keyword)?,
            ))
        })
        // `const fn` is a function.
        .min_by_key(|&(at, &(keyword, _))| (["const", "extern"].contains(&keyword), at))
        .unwrap_or((0, &("", "a macro call")));
    let name = match tokens.get(at + 1) {
        Some(TokenTree::Ident(name)) if TYPES.contains(kind) => name.to_string(),
        _ => "MyExtension".to_owned(),
    };
    syn::Error::new_spanned(
        tokens.get(at),
        format!(
            "`#[lambda_extension]` must be placed on an `impl` block, not on {kind}\n\
             help: move it to the block that defines the event handlers: `impl {name} {{ .. }}`"
        ),
    )
}

/// The kinds of items, by their keywords.
const KINDS: [(&str, &str); 11] = [
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("mod", "a module"),
    ("fn", "a function"),
    ("use", "an import"),
    ("static", "a static"),
    ("type", "a type alias"),
    ("const", "a constant"),
    ("extern", "an `extern` block"),
];

/// The kinds that can be an extension.
const TYPES: [&str; 3] = ["a struct", "an enum", "a union"];
