//! Generates the items, one function per item.

mod argument;
mod launch;

use crate::{
    args::Flavor,
    method::Payload,
    model::{Config, Extension, Handler, Main},
};
use argument::argument;
use launch::launch_impl;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

impl ToTokens for Extension {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(handler_impl(self));
        tokens.extend(launch_impl(self));
        if let Some(main) = &self.main {
            tokens.extend(crate_root_assertion(self));
            tokens.extend(main_fn(self, main));
        }
    }
}

// Input:
//     #[lambda_extension(events = [Invoke])]
//     impl Flusher { async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> { .. } }
//
// Output:
//     #[automatically_derived]
//     impl ::lambda_ext::Handler for Flusher {
//         const CONFIG: ::lambda_ext::Config =
//             ::lambda_ext::Config::new(&[::lambda_ext::EventType::Invoke]);
//
//         async fn invoke(..) .. { .. }
//     }
//
// The author cannot silence a lint in generated code about state that is not `Send`.
fn handler_impl(extension: &Extension) -> TokenStream {
    let Extension {
        krate,
        generics,
        self_ty,
        where_clause,
        config,
        handlers,
        ..
    } = extension;
    let config = config_value(krate, config);
    let methods = handlers.iter().map(|handler| forwarder(krate, handler));
    quote! {
        #[automatically_derived]
        #[allow(clippy::future_not_send)]
        impl #generics #krate::Handler for #self_ty #where_clause {
            const CONFIG: #krate::Config = #config;

            #(#methods)*
        }
    }
}

// Input:
//     #[lambda_extension(telemetry = [Platform], buffering(timeout_ms = 100))]
//     impl Flusher { /* `telemetry` and `runtime_done` */ }
//
// Output:
//     ::lambda_ext::Config::new(&[::lambda_ext::EventType::Invoke, ::lambda_ext::EventType::Shutdown])
//         .telemetry(&[::lambda_ext::TelemetryType::Platform])
//         .buffering(::lambda_ext::Buffering::new().timeout_ms(100))
//         .runtime_done()
//
// Input:
//     #[lambda_extension(tick_ms = 10_000, fail_open)]
//     impl Flusher { /* `tick` and `thawed` */ }
//
// Output:
//     ::lambda_ext::Config::new(&[::lambda_ext::EventType::Shutdown])
//         .tick(::core::time::Duration::from_millis(10_000))
//         .thawed()
//         .fail_open()
fn config_value(krate: &TokenStream, config: &Config) -> TokenStream {
    let Config {
        events,
        telemetry,
        buffering,
        runtime_done,
        tick_ms,
        thawed,
        fail_open,
    } = config;
    let mut value = quote!(#krate::Config::new(&[#(#krate::EventType::#events),*]));
    if !telemetry.is_empty() {
        value.extend(quote!(.telemetry(&[#(#krate::TelemetryType::#telemetry),*])));
    }
    if !buffering.is_empty() {
        let limits = buffering.iter().map(|(name, value)| {
            let value = Literal::u32_unsuffixed(*value);
            quote!(.#name(#value))
        });
        value.extend(quote!(.buffering(#krate::Buffering::new() #(#limits)*)));
    }
    if *runtime_done {
        value.extend(quote!(.runtime_done()));
    }
    if let Some(interval) = tick_ms {
        let interval = Literal::u32_unsuffixed(*interval);
        value.extend(quote!(.tick(::core::time::Duration::from_millis(#interval))));
    }
    if *thawed {
        value.extend(quote!(.thawed()));
    }
    if let Some(fail_open) = fail_open {
        value.extend(quote!(.#fail_open()));
    }
    value
}

// Input:
//     async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error>
//
// Output:
//     async fn invoke(&mut self, __event: ::lambda_ext::InvokeEvent)
//         -> ::core::result::Result<(), ::lambda_ext::Error>
//     {
//         let __output = Self::invoke(self, __event).await;
//         <Result<(), Error> as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
//     }
//
// The inherent method takes precedence over the trait's. Its name is the author's own token, so that
// rustc shows an error in the call there.
fn forwarder(krate: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler {
        method,
        name,
        parameter,
        parameter_ty,
        output,
    } = handler;
    let trait_method = format_ident!("{}", method.name());
    let payload = parameter.map(|(_, payload)| payload_ty(krate, payload));
    let event = parameter.map(|(name, _)| argument(name, parameter_ty));
    let parameter = payload.map(|payload| quote!(#event: #payload));
    quote! {
        async fn #trait_method(&mut self, #parameter)
            -> ::core::result::Result<(), #krate::Error>
        {
            let __output = Self::#name(self, #event).await;
            <#output as #krate::__private::HandlerOutput>::into_result(__output)
        }
    }
}

fn payload_ty(krate: &TokenStream, payload: Payload) -> TokenStream {
    match payload {
        Payload::Crate(name) => {
            let name = format_ident!("{name}");
            quote!(#krate::#name)
        }
        Payload::Duration => quote!(::core::time::Duration),
    }
}

// Output:
//     const _: () = ::lambda_ext::__private::assert_crate_root(::core::module_path!());
fn crate_root_assertion(extension: &Extension) -> TokenStream {
    let Extension { krate, .. } = extension;
    quote! {
        const _: () = #krate::__private::assert_crate_root(::core::module_path!());
    }
}

// Input:
//     #[lambda_extension(flavor = "multi_thread", worker_threads = 2)]
//
// Output:
//     fn main() -> ::lambda_ext::__private::ExitCode {
//         ::lambda_ext::__private::main_multi_thread::<Flusher>(::core::option::Option::Some(2))
//     }
fn main_fn(extension: &Extension, main: &Main) -> TokenStream {
    let Extension { krate, self_ty, .. } = extension;
    let call = match main.flavor {
        Flavor::CurrentThread => quote!(main::<#self_ty>()),
        Flavor::MultiThread => {
            let threads = main.worker_threads.map(Literal::usize_unsuffixed);
            let threads = threads.map_or_else(|| quote!(None), |threads| quote!(Some(#threads)));
            quote!(main_multi_thread::<#self_ty>(::core::option::Option::#threads))
        }
    };
    quote! {
        fn main() -> #krate::__private::ExitCode {
            #krate::__private::#call
        }
    }
}
