//! The attribute of `lambda-ext`, which re-exports and documents it.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A procedural macro crate exports nothing else, so `pub` marks what a module offers to the others.
#![allow(unreachable_pub)]

mod args;
mod block;
mod check;
mod edit_distance;
mod emit;
mod errors;
mod expand;
mod fallback;
mod keyword;
mod method;
mod model;
mod render;
mod subscription;
#[cfg(test)]
#[allow(clippy::panic)] // A test fails by a panic.
mod tests;

use proc_macro::TokenStream;

#[allow(missing_docs)] // The re-export has the documentation, so that its examples run.
#[proc_macro_attribute]
pub fn lambda_extension(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into()).into()
}
