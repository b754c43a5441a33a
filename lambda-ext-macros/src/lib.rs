//! The attribute of `lambda-ext`, which re-exports it with its documentation.

use proc_macro::TokenStream;

#[allow(missing_docs)] // documented where it is re-exported, so that its examples run
#[proc_macro_attribute]
pub fn lambda_extension(_args: TokenStream, item: TokenStream) -> TokenStream {
    item
}
