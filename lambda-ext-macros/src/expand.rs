//! The pipeline, from the tokens that the compiler hands over to those that it gets back.

use crate::{args::Args, block::Block, check::check, errors::Errors, fallback::fallback};
use proc_macro2::TokenStream;
use quote::quote;

/// Expands the attribute. Cannot fail: mistakes are some of the tokens.
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    // Read apart, so that a mistake in one does not hide mistakes in the other.
    let args = Args::read(args, &mut errors);
    let block = Block::read(item.clone(), &mut errors);
    match check(&args, block.as_ref(), &mut errors) {
        // That handlers are `async` is our demand; that they need not be `Send` is our promise.
        Some(extension) => quote! {
            #[allow(clippy::unused_async, clippy::future_not_send)]
            #item
            #extension
        },
        None => fallback(&args, block.as_ref(), item, &errors),
    }
}
