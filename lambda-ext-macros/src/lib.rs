//! The attribute of `lambda-ext`, which re-exports it with its documentation.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A procedural macro exports nothing else: `pub` says what a module offers to the others.
#![allow(unreachable_pub)]

mod args;
mod block;
mod check;
mod emit;
mod errors;
mod expand;
mod fallback;
mod method;
mod model;
mod similar;
mod spell;
mod subscription;
#[cfg(test)]
#[allow(clippy::panic)] // how a test fails
mod tests;
mod word;

use proc_macro::TokenStream;

#[allow(missing_docs)] // documented where it is re-exported, so that its examples run
#[proc_macro_attribute]
pub fn lambda_extension(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into()).into()
}
