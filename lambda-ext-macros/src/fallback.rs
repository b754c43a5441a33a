//! What to emit when there are mistakes: the same items, so that the only errors are ours.

use crate::{args::Args, block::Block, errors::Errors};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// The item, a `main` where one would have been generated, and the errors.
pub fn fallback(
    args: &Args,
    block: Option<&Block>,
    item: TokenStream,
    errors: &Errors,
) -> TokenStream {
    let main = args.wants_main().then(|| {
        quote!(
            fn main() {}
        )
    });
    let item = match block {
        Some(block) => as_inherent(block).unwrap_or(item),
        // Out of the way of the other `main`, and of what the compiler asks of an `async` one.
        None if is_main(&item) => quote!(const _: () = { #item };),
        None => item,
    };
    quote!(#item #main #errors)
}

/// A block that implements `Handler` by hand lacks what the attribute would have written, and the
/// compiler would ask for it; so it loses its trait.
fn as_inherent(block: &Block) -> Option<TokenStream> {
    let trait_path = block
        .trait_path
        .as_ref()
        .filter(|_| block.implements_handler())?;
    let Block {
        attributes,
        generics,
        self_ty,
        where_clause,
        body,
        ..
    } = block;
    Some(quote! {
        #(#attributes)*
        impl #generics #self_ty #where_clause #body
        // An import of the trait stays in use.
        const _: () = { fn __handler<T: #trait_path>() {} };
    })
}

/// Whether the item is a `main` of its own.
fn is_main(item: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    tokens.windows(2).any(|pair| {
        matches!(pair, [TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "fn" && name == "main")
    })
}
