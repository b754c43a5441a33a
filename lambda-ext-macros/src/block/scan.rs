//! Skips the parts of an item whose content does not matter.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Token,
    parse::{ParseStream, Result},
    token,
};

/// `#[..]`, or an inner `#![..]`.
pub struct Attribute {
    pound: Token![#],
    content: Group,
}

impl Attribute {
    /// Returns whether this is `#[cfg(..)]`.
    pub fn is_cfg(&self) -> bool {
        let first = self.content.stream().into_iter().next();
        matches!(first, Some(TokenTree::Ident(name)) if name == "cfg")
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.pound.to_tokens(tokens);
        self.content.to_tokens(tokens);
    }
}

/// Parses the attributes of the next item.
pub fn attributes(input: ParseStream) -> Result<Vec<Attribute>> {
    let mut attributes = Vec::new();
    while input.peek(Token![#]) {
        let pound = input.parse()?;
        input.parse::<Option<Token![!]>>()?;
        attributes.push(Attribute {
            pound,
            content: input.parse()?,
        });
    }
    Ok(attributes)
}

/// Skips `pub` and `pub(..)`.
pub fn visibility(input: ParseStream) -> Result<()> {
    if input.parse::<Option<Token![pub]>>()?.is_some() && input.peek(token::Paren) {
        input.parse::<Group>()?;
    }
    Ok(())
}

/// Parses `<..>`, or nothing.
pub fn generics(input: ParseStream) -> Result<TokenStream> {
    if !input.peek(Token![<]) {
        return Ok(TokenStream::new());
    }
    let open: Token![<] = input.parse()?;
    let parameters = take_until(input, |input| input.peek(Token![>]))?;
    let close: Token![>] = input.parse()?;
    Ok(quote!(#open #parameters #close))
}

/// Returns the tokens before the first one for which `stop` returns true, outside of `<` and `>`.
pub fn take_until(input: ParseStream, stop: impl Fn(ParseStream) -> bool) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    while !(input.is_empty() || depth == 0 && stop(input)) {
        if input.peek(Token![->]) {
            input.parse::<Token![->]>()?.to_tokens(&mut tokens);
            continue;
        }
        let token = input.parse()?;
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.extend([token]);
    }
    Ok(tokens)
}
