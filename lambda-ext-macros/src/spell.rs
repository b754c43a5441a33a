//! Tokens as an author would write them, for messages.

use proc_macro2::{TokenStream, TokenTree};

/// The tokens without the spaces that `to_string` puts around each of them.
pub fn spell(tokens: &TokenStream) -> String {
    spell_with(tokens, |_| None)
}

/// The same, with another text for some of them.
pub fn spell_with(tokens: &TokenStream, instead: impl Fn(&TokenTree) -> Option<String>) -> String {
    let mut text = String::new();
    let mut after = ' ';
    for token in tokens.clone() {
        let word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if word && after == 'w' || after == ',' || after == ':' {
            text.push(' ');
        }
        text += &instead(&token).unwrap_or_else(|| token.to_string());
        after = match &token {
            TokenTree::Punct(punct) if text.ends_with("::") || punct.as_char() == '\'' => ' ',
            // The first colon of two.
            TokenTree::Punct(punct) if punct.spacing() == proc_macro2::Spacing::Joint => ' ',
            TokenTree::Punct(punct) => punct.as_char(),
            _ if word => 'w',
            _ => ' ',
        };
    }
    text
}
