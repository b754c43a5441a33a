//! The names of arguments in generated code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;

/// Returns a hygienic identifier at the location of the author's parameter type. So rustc shows a
/// mismatch with that type there.
pub fn argument(name: &str, ty: &TokenStream) -> Ident {
    let first = ty.clone().into_iter().next();
    let location = first.map_or_else(Span::call_site, |token| token.span());
    format_ident!("__{name}", span = Span::mixed_site().located_at(location))
}
