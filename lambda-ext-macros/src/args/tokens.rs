//! Helpers for token trees.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Flattens the invisible groups that a `macro_rules!` leaves around its fragments.
pub fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flat.extend(flatten(group.stream()));
            }
            token => flat.push(token),
        }
    }
    flat
}

/// Returns the tokens as one stream.
pub fn to_stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Returns whether the token is this punctuation character.
pub fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

/// Returns whether the token is a group with this delimiter.
pub fn is_group(token: &TokenTree, expected: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == expected)
}
