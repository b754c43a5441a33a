//! Parses the signature of a function.

use super::scan::{Attribute, attributes, generics, take_until};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Lifetime, LitStr, Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _, Result},
    token,
};

/// The parts of a function that the attribute uses.
pub struct Function {
    /// The `#[cfg(..)]` attributes.
    pub cfgs: Vec<TokenStream>,
    /// `const`
    pub constness: Option<Token![const]>,
    /// `async`
    pub asyncness: Option<Token![async]>,
    /// `unsafe`
    pub unsafety: Option<Token![unsafe]>,
    /// `fn`
    pub fn_token: Token![fn],
    /// The name.
    pub name: Ident,
    /// `<..>`, or nothing.
    pub generics: TokenStream,
    /// `(..)`
    pub parentheses: Group,
    /// `self`, in any form.
    pub receiver: Option<Receiver>,
    /// The parameters besides `self`.
    pub parameters: Vec<Parameter>,
    /// The return type, after `->`.
    pub output: Option<TokenStream>,
}

/// `self`, in any form.
pub struct Receiver {
    /// All of its tokens.
    pub tokens: TokenStream,
    /// True if it is `&self`, `&mut self`, or `self` with a reference type.
    pub by_reference: bool,
}

/// A parameter besides `self`.
pub struct Parameter {
    /// All of its tokens.
    pub tokens: TokenStream,
    /// The type, after `:`.
    pub ty: TokenStream,
}

impl Parameter {
    /// Returns whether the type is written as a reference.
    pub fn is_reference(&self) -> bool {
        starts_with_reference(&self.ty)
    }

    /// Returns whether the last segment of the type's path is this name.
    pub fn is_named(&self, name: &str) -> bool {
        let last = self.ty.clone().into_iter().last();
        matches!(last, Some(TokenTree::Ident(last)) if last == name)
    }
}

impl Function {
    /// Parses a function and skips its body. Returns `None` for another item.
    pub fn parse(attributes: &[Attribute], input: ParseStream) -> Result<Option<Self>> {
        let ahead = input.fork();
        modifiers(&ahead)?;
        if !ahead.peek(Token![fn]) {
            return Ok(None);
        }
        let (constness, asyncness, unsafety) = modifiers(input)?;
        let fn_token = input.parse()?;
        let name = input.call(Ident::parse_any)?;
        let generics = generics(input)?;
        let parentheses: Group = input.parse()?;
        let (receiver, parameters) = parameters.parse2(parentheses.stream())?;
        let output = match input.parse::<Option<Token![->]>>()? {
            Some(_) => Some(take_until(input, |input| {
                input.peek(Token![where]) || ends_signature(input)
            })?),
            None => None,
        };
        take_until(input, ends_signature)?;
        input.parse::<TokenTree>()?;
        Ok(Some(Self {
            cfgs: attributes
                .iter()
                .filter(|it| it.is_cfg())
                .map(|it| quote!(#it))
                .collect(),
            constness,
            asyncness,
            unsafety,
            fn_token,
            name,
            generics,
            parentheses,
            receiver,
            parameters,
            output,
        }))
    }
}

/// Returns whether the next token is the body, or the `;` of a function without one, which rustc
/// reports.
fn ends_signature(input: ParseStream) -> bool {
    input.peek(token::Brace) || input.peek(Token![;])
}

type Modifiers = (
    Option<Token![const]>,
    Option<Token![async]>,
    Option<Token![unsafe]>,
);

/// Parses the keywords before `fn`.
fn modifiers(input: ParseStream) -> Result<Modifiers> {
    let modifiers = (input.parse()?, input.parse()?, input.parse()?);
    if input.parse::<Option<Token![extern]>>()?.is_some() {
        input.parse::<Option<LitStr>>()?;
    }
    Ok(modifiers)
}

/// Parses the content of the parentheses.
fn parameters(input: ParseStream) -> Result<(Option<Receiver>, Vec<Parameter>)> {
    let mut receiver = None;
    let mut parameters = Vec::new();
    while !input.is_empty() {
        attributes(input)?;
        if parameters.is_empty() && is_receiver(input)? {
            receiver = Some(self::receiver(input)?);
        } else {
            parameters.push(parameter(input)?);
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok((receiver, parameters))
}

/// Returns whether the next parameter is `self`, after `&`, a lifetime and `mut`.
fn is_receiver(input: ParseStream) -> Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![&]>>()?;
    ahead.parse::<Option<Lifetime>>()?;
    ahead.parse::<Option<Token![mut]>>()?;
    Ok(ahead.peek(Token![self]))
}

fn receiver(input: ParseStream) -> Result<Receiver> {
    let before = take_until(input, |input| {
        input.peek(Token![:]) || input.peek(Token![,])
    })?;
    let mut by_reference = starts_with_reference(&before);
    let mut tokens = before;
    if let Some(colon) = input.parse::<Option<Token![:]>>()? {
        let ty = take_until(input, |input| input.peek(Token![,]))?;
        by_reference = starts_with_reference(&ty);
        tokens.extend(quote!(#colon #ty));
    }
    Ok(Receiver {
        tokens,
        by_reference,
    })
}

fn starts_with_reference(tokens: &TokenStream) -> bool {
    let first = tokens.clone().into_iter().next();
    matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '&')
}

fn parameter(input: ParseStream) -> Result<Parameter> {
    let at_type = |input: ParseStream| input.peek(Token![:]) && !input.peek(Token![::]);
    let mut tokens = TokenStream::new();
    loop {
        tokens.extend(take_until(input, |input| {
            at_type(input) || input.peek(Token![::]) || input.peek(Token![,])
        })?);
        // `::` belongs to a path in the pattern.
        match input.parse::<Option<Token![::]>>()? {
            Some(colons) => colons.to_tokens(&mut tokens),
            None => break,
        }
    }
    let mut ty = TokenStream::new();
    if let Some(colon) = input.parse::<Option<Token![:]>>()? {
        ty = take_until(input, |input| input.peek(Token![,]))?;
        tokens.extend(quote!(#colon #ty));
    }
    Ok(Parameter { tokens, ty })
}
