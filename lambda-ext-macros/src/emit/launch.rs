//! How the value comes to be.

use super::argument;
use crate::model::{Constructor, Extension, Origin};
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
        origin,
        ..
    } = extension;
    let items = match origin {
        Origin::Prepare(output) => prepared(krate, output),
        Origin::Init(constructor) => constructed(krate, constructor),
        Origin::Default => defaulted(krate, self_ty),
        Origin::Given => return TokenStream::new(),
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
fn prepared(krate: &TokenStream, output: &TokenStream) -> TokenStream {
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
fn constructed(krate: &TokenStream, constructor: &Constructor) -> TokenStream {
    let Constructor {
        name,
        parameter_ty,
        output,
    } = constructor;
    let register = argument("register", parameter_ty);
    let nothing_prepared = nothing_prepared(krate);
    quote! {
        #nothing_prepared

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
// The author's tokens for the type, so that a missing `Default` is shown there.
fn defaulted(krate: &TokenStream, self_ty: &TokenStream) -> TokenStream {
    let nothing_prepared = nothing_prepared(krate);
    quote! {
        #nothing_prepared

        async fn create((): (), _: &#krate::Register)
            -> ::core::result::Result<Self, #krate::Error>
        {
            ::core::result::Result::Ok(<#self_ty as ::core::default::Default>::default())
        }
    }
}

fn nothing_prepared(krate: &TokenStream) -> TokenStream {
    quote! {
        type Prepared = ();

        async fn prepare() -> ::core::result::Result<(), #krate::Error> {
            ::core::result::Result::Ok(())
        }
    }
}
