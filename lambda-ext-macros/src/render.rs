//! Renders tokens in messages as an author would write them.

use proc_macro2::{Spacing, TokenStream, TokenTree};

/// Renders the tokens without the spaces that `to_string` puts between all of them.
pub fn render(tokens: &TokenStream) -> String {
    render_with(tokens, |_| None)
}

/// Renders the tokens, some of them replaced by another text.
pub fn render_with(tokens: &TokenStream, replace: impl Fn(&TokenTree) -> Option<String>) -> String {
    let mut text = String::new();
    let mut previous = ' ';
    for token in tokens.clone() {
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if is_word && previous == 'w' || previous == ',' || previous == ':' {
            text.push(' ');
        }
        text += &replace(&token).unwrap_or_else(|| token.to_string());
        previous = match &token {
            TokenTree::Punct(punct) if text.ends_with("::") || punct.as_char() == '\'' => ' ',
            // The first colon of two.
            TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => ' ',
            TokenTree::Punct(punct) => punct.as_char(),
            _ if is_word => 'w',
            _ => ' ',
        };
    }
    text
}
