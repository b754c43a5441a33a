//! An `impl` block, read just far enough: signatures, never bodies.

pub mod function;
mod scan;

use crate::errors::Errors;
use function::Function;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use scan::{Attribute, attributes, generics, until, visibility};
use syn::{
    Lifetime, Token,
    parse::{ParseStream, Parser as _, Result},
    token,
};

/// What of the block matters.
pub struct Block {
    /// Its own attributes.
    pub attributes: Vec<Attribute>,
    /// `<..>`, or nothing.
    pub generics: TokenStream,
    /// The trait, in a block that implements one.
    pub trait_path: Option<TokenStream>,
    /// The type that the block is for.
    pub self_ty: TokenStream,
    /// `where ..`, or nothing.
    pub where_clause: TokenStream,
    /// Every function in it, the author's own too.
    pub functions: Vec<Function>,
    /// What stands between the braces, with them.
    pub body: Group,
}

impl Block {
    /// Reads the item, if it is an `impl` block.
    pub fn read(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        errors.catch(Self::parse.parse2(item))
    }

    fn parse(input: ParseStream) -> Result<Self> {
        let attributes = attributes(input)?;
        visibility(input)?;
        if input.peek(Token![unsafe]) && input.peek2(Token![impl]) {
            input.parse::<Token![unsafe]>()?;
        }
        if !input.peek(Token![impl]) {
            return Err(misplaced(input));
        }
        input.parse::<Token![impl]>()?;
        let generics = generics(input)?;
        let mut self_ty = until(input, |input| ends_type(input) || at_trait_for(input))?;
        let mut trait_path = None;
        if input.peek(Token![for]) {
            input.parse::<Token![for]>()?;
            trait_path = Some(self_ty);
            self_ty = until(input, ends_type)?;
        }
        let where_clause = until(input, |input| input.peek(token::Brace))?;
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

    /// Whether it is written as what the attribute would write.
    pub fn implements_handler(&self) -> bool {
        let last = self.trait_path.iter().cloned().flatten().last();
        matches!(last, Some(TokenTree::Ident(name)) if name == "Handler")
    }
}

/// The functions among the items of a block.
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

/// At the `for` of `impl Trait for Type`, which is not that of `dyn for<'a> Trait<'a>`.
fn at_trait_for(input: ParseStream) -> bool {
    input.peek(Token![for]) && !(input.peek2(Token![<]) && input.peek3(Lifetime))
}

/// What to say of an item that is not an `impl` block.
fn misplaced(input: ParseStream) -> syn::Error {
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

/// Items by their keyword.
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

/// Those that an extension may be.
const TYPES: [&str; 3] = ["a struct", "an enum", "a union"];
