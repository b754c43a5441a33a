//! The pipeline from the input tokens to the expansion.

use crate::{args::Args, block::Block, check::check, errors::Errors, fallback::fallback};
use proc_macro2::TokenStream;
use quote::quote;

/// Expands the attribute. It cannot fail: mistakes become `compile_error!`s in the expansion.
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    // Parsed separately, so that a mistake in one does not hide mistakes in the other.
    let args = Args::parse(args, &mut errors);
    let block = Block::parse(item.clone(), &mut errors);
    match check(&args, block.as_ref(), &mut errors) {
        // The attribute requires handlers to be `async`, and allows them not to be `Send`.
        Some(extension) => quote! {
            #[allow(clippy::unused_async, clippy::future_not_send)]
            #item
            #extension
        },
        None => fallback(&args, block.as_ref(), item, &errors),
    }
}
