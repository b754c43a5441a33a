//! Generates the construction of the handler value.

use super::argument::argument;
use crate::model::{Construction, Constructor, Extension};
use proc_macro2::TokenStream;
use quote::quote;

// Input:
//     impl Flusher { .. }
//
// Output:
//     #[automatically_derived]
//     impl ::lambda_ext::Launch for Flusher {
//         type Prepared = ..;
//         async fn prepare() -> ::core::result::Result<Self::Prepared, ::lambda_ext::Error> { .. }
//         async fn create(..) -> ::core::result::Result<Self, ::lambda_ext::Error> { .. }
//     }
pub fn launch_impl(extension: &Extension) -> TokenStream {
    let Extension {
        krate,
        generics,
        self_ty,
        where_clause,
        construction,
        ..
    } = extension;
    let items = match construction {
        Construction::Prepare(output) => prepare_items(krate, output),
        Construction::Init(constructor) => init_items(krate, constructor),
        Construction::Default => default_items(krate, self_ty),
        Construction::External => return TokenStream::new(),
    };
    quote! {
        #[automatically_derived]
        #[allow(clippy::future_not_send)]
        impl #generics #krate::Launch for #self_ty #where_clause { #items }
    }
}

// Input:
//     async fn prepare() -> Result<Self, Error>
//
// Output:
//     type Prepared = Self;
//     async fn prepare() -> .. {
//         let __output = Self::prepare().await;
//         <Result<Self, Error> as ::lambda_ext::__private::ConstructorOutput<Self>>::into_result(__output)
//     }
//     async fn create(__prepared: Self, _: &::lambda_ext::Register) -> .. { Ok(__prepared) }
fn prepare_items(krate: &TokenStream, output: &TokenStream) -> TokenStream {
    quote! {
        type Prepared = Self;

        async fn prepare() -> ::core::result::Result<Self, #krate::Error> {
            let __output = Self::prepare().await;
            <#output as #krate::__private::ConstructorOutput<Self>>::into_result(__output)
        }

        async fn create(__prepared: Self, _: &#krate::Register)
            -> ::core::result::Result<Self, #krate::Error>
        {
            ::core::result::Result::Ok(__prepared)
        }
    }
}

// Input:
//     async fn init(register: Register) -> Result<Self, Error>
//
// Output:
//     type Prepared = ();
//     async fn prepare() -> .. { Ok(()) }
//     async fn create((): (), __register: &::lambda_ext::Register) -> .. {
//         let __register = ::core::clone::Clone::clone(__register);
//         let __output = Self::init(__register).await;
//         <Result<Self, Error> as ::lambda_ext::__private::ConstructorOutput<Self>>::into_result(__output)
//     }
fn init_items(krate: &TokenStream, constructor: &Constructor) -> TokenStream {
    let Constructor {
        name,
        parameter_ty,
        output,
    } = constructor;
    let register = argument("register", parameter_ty);
    let empty_prepare = empty_prepare(krate);
    quote! {
        #empty_prepare

        async fn create((): (), #register: &#krate::Register)
            -> ::core::result::Result<Self, #krate::Error>
        {
            let #register: #krate::Register = ::core::clone::Clone::clone(#register);
            let __output = Self::#name(#register).await;
            <#output as #krate::__private::ConstructorOutput<Self>>::into_result(__output)
        }
    }
}

// Input:
//     impl Flusher { /* neither `prepare` nor a constructor */ }
//
// Output:
//     type Prepared = ();
//     async fn prepare() -> .. { Ok(()) }
//     async fn create((): (), _: &::lambda_ext::Register) -> .. {
//         Ok(<Flusher as ::core::default::Default>::default())
//     }
//
// The type is the author's own tokens, so that rustc shows a missing `Default` there.
fn default_items(krate: &TokenStream, self_ty: &TokenStream) -> TokenStream {
    let empty_prepare = empty_prepare(krate);
    quote! {
        #empty_prepare

        async fn create((): (), _: &#krate::Register)
            -> ::core::result::Result<Self, #krate::Error>
        {
            ::core::result::Result::Ok(<#self_ty as ::core::default::Default>::default())
        }
    }
}

fn empty_prepare(krate: &TokenStream) -> TokenStream {
    quote! {
        type Prepared = ();

        async fn prepare() -> ::core::result::Result<(), #krate::Error> {
            ::core::result::Result::Ok(())
        }
    }
}
