//! The expansion when there are mistakes: items of the same shape, so that rustc adds no errors.

use crate::{args::Args, block::Block, errors::Errors};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// Returns the item, a `main` if the attribute would have generated one, and the errors.
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
        // Keeps it apart from the generated `main`, and from the rules for an `async` one.
        None if is_main(&item) => quote!(const _: () = { #item };),
        None => item,
    };
    quote!(#item #main #errors)
}

/// Turns `impl Handler for Type` into `impl Type`. Otherwise rustc would ask for the trait items that
/// the attribute generates.
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
        // Uses the trait, so that rustc does not report its import as unused.
        const _: () = { fn __handler<T: #trait_path>() {} };
    })
}

/// Returns whether the item is a function `main`.
fn is_main(item: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    tokens.windows(2).any(|pair| {
        matches!(pair, [TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "fn" && name == "main")
    })
}
