//! Tokens, before anything is made of them.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens without the invisible groups that a `macro_rules!` leaves around its fragments.
pub fn visible(tokens: TokenStream) -> Vec<TokenTree> {
    let mut visible_tokens = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                visible_tokens.extend(visible(group.stream()));
            }
            token => visible_tokens.push(token),
        }
    }
    visible_tokens
}

/// The tokens as one stream.
pub fn all(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Whether the token is this sign.
pub fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

/// Whether the token is a group in these brackets.
pub fn is_group(token: &TokenTree, expected: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == expected)
}
