//! Compares expansions with the snapshots in `tests/expansion/*.rs`.
//!
//! `EXPANSION=overwrite cargo test -p lambda-ext-macros` rewrites the snapshots. Review the diff.

use crate::expand::expand;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::{env, fs, io, path::Path};

/// Compares an expansion with the snapshot of this name.
#[track_caller]
fn assert_expansion(name: &str, args: TokenStream, item: TokenStream) {
    let expansion = pretty(expand(args, item)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expansion/{name}.rs"));
    if env::var_os("EXPANSION").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &expansion).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error: io::Error| error.to_string());
    assert!(
        expected == expansion,
        "{name} differs from its snapshot; `EXPANSION=overwrite` rewrites it:\n{expansion}"
    );
}

fn pretty(tokens: TokenStream) -> syn::Result<String> {
    Ok(prettyplease::unparse(&syn::parse2(tokens)?))
}

#[test]
fn block_with_constructor_matches_snapshot() {
    assert_expansion(
        "constructor",
        quote!(events = [Invoke, Shutdown]),
        quote! {
            impl Flusher {
                async fn init(register: Register) -> Result<Self, Error> {
                    Ok(Self { function: register.function_name })
                }

                async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
                    self.flush(event).await
                }

                async fn shutdown(&mut self, event: ShutdownEvent) {
                    println!("{event:?}");
                }

                async fn flush(&mut self, event: InvokeEvent) -> Result<(), Error> {
                    Ok(())
                }
            }
        },
    );
}

#[test]
fn internal_extension_matches_snapshot() {
    assert_expansion(
        "internal",
        quote!(internal),
        quote! {
            impl Flusher {
                async fn invoke(&mut self, event: InvokeEvent) {
                    self.flush().await
                }

                async fn shutdown(&mut self, event: ShutdownEvent) {
                    self.flush().await
                }
            }
        },
    );
}

#[test]
fn block_with_prepare_matches_snapshot() {
    assert_expansion(
        "prepare",
        quote!(flavor = "multi_thread", worker_threads = 4),
        quote! {
            impl Server {
                async fn prepare() -> io::Result<Self> {
                    Self::listen()
                }

                async fn init(&mut self, register: Register) {
                    self.function = Some(register.function_name);
                }
            }
        },
    );
}

#[test]
fn block_without_constructor_matches_snapshot() {
    assert_expansion(
        "default",
        quote!(),
        quote! {
            /// Counts.
            impl Flusher {
                async fn invoke(&self, _: InvokeEvent) {}
            }
        },
    );
}

#[test]
fn block_with_telemetry_matches_snapshot() {
    assert_expansion(
        "telemetry",
        quote!(
            telemetry = [Platform, Function],
            buffering(timeout_ms = 100, max_items = 1_000)
        ),
        quote! {
            impl Shipper {
                async fn telemetry(&mut self, batch: TelemetryBatch) {
                    self.ship(batch.as_str()).await;
                }
            }
        },
    );
}

#[test]
fn block_with_runtime_done_matches_snapshot() {
    assert_expansion(
        "runtime_done",
        quote!(buffering(max_bytes = 0x4_0000)),
        quote! {
            impl Flusher {
                async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
                    self.flush(done).await
                }
            }
        },
    );
}

#[test]
fn block_with_tick_and_thawed_matches_snapshot() {
    assert_expansion(
        "tick_and_thawed",
        quote!(tick_ms = 10_000, fail_open),
        quote! {
            impl Shipper {
                async fn tick(&mut self) -> Result<(), Error> {
                    self.flush().await
                }

                async fn thawed(&mut self, frozen_for: Duration) {
                    self.client = Client::new();
                }
            }
        },
    );
}

#[test]
fn extension_without_main_matches_snapshot() {
    assert_expansion(
        "without_main",
        quote!(main = false),
        quote! {
            impl<S> Flusher<S>
            where
                S: Sink,
            {
                async fn shutdown(&mut self, event: ShutdownEvent) -> Fallible {
                    self.sink.flush().await
                }
            }
        },
    );
}

#[test]
fn block_with_mistake_matches_snapshot() {
    assert_expansion(
        "mistakes",
        quote!(events = [Invoke, Shutdown]),
        quote! {
            impl Flusher {
                fn invoke(&mut self, event: InvokeEvent) {}
            }
        },
    );
}

#[test]
fn struct_without_main_matches_snapshot() {
    assert_expansion(
        "mistakes_without_main",
        quote!(main = false),
        quote!(
            struct Flusher;
        ),
    );
}

#[test]
fn trait_block_matches_snapshot() {
    assert_expansion(
        "mistaken_trait",
        quote!(),
        quote! {
            impl lambda_ext::Handler for Flusher {
                async fn invoke(&mut self, event: InvokeEvent) {}
            }
        },
    );
}

/// Lists the combinations of methods with the events that they need.
#[test]
fn events_without_argument_follow_from_methods() {
    let prepare = quote!(
        async fn prepare() -> Self {}
    );
    let invoke = quote!(
        async fn invoke(&mut self, _: InvokeEvent) {}
    );
    let telemetry = quote!(
        async fn telemetry(&mut self, _: TelemetryBatch) {}
    );
    let done = quote!(
        async fn runtime_done(&mut self, _: RuntimeDone) {}
    );
    let shutdown = quote!(
        async fn shutdown(&mut self, _: ShutdownEvent) {}
    );
    let tick = quote!(
        async fn tick(&mut self) {}
    );
    let thawed = quote!(
        async fn thawed(&mut self, _: Duration) {}
    );
    for (methods, invokes, shuts_down) in [
        (quote!(#prepare), false, true),
        (quote!(#shutdown), false, true),
        (quote!(#telemetry), false, true),
        (quote!(#invoke), true, false),
        (quote!(#done), true, true),
        (quote!(#invoke #done), true, true),
        (quote!(#invoke #shutdown), true, true),
        (quote!(#done #shutdown), true, true),
        (quote!(#invoke #telemetry), true, true),
        (quote!(#done #telemetry), true, true),
        (quote!(#telemetry #shutdown), false, true),
        (quote!(#tick), false, true),
        (quote!(#thawed), false, true),
        (quote!(#invoke #tick #thawed), true, false),
    ] {
        let subscribes = has_ident(methods.clone(), "telemetry");
        let telemetry = subscribes.then(|| quote!(telemetry = [Platform],));
        let ticks = has_ident(methods.clone(), "tick");
        let tick = ticks.then(|| quote!(tick_ms = 10_000));
        let expansion = expand(quote!(#telemetry #tick), quote!(impl A { #methods }));
        let has = |name| has_ident(expansion.clone(), name);
        assert!(!has("compile_error"), "{expansion}");
        assert_eq!(
            (has("Invoke"), has("Shutdown")),
            (invokes, shuts_down),
            "{methods}"
        );
    }
}

/// The expansion starts with the block, token for token, after the generated `allow`.
#[test]
fn block_in_expansion_is_unchanged() {
    let block = quote! {
        /// Counts.
        #[cfg(unix)]
        impl Flusher {
            #![allow(dead_code)]
            const ODD: fn(u8) -> u8 = { |x| x };
            helper! { async fn invoke() }
            async fn invoke(&self, Foo::Bar { x, .. }: Foo<{ 1 + 1 }>) where Self: Sized { a < b; }
        }
    };
    let expansion = expand(quote!(), block.clone()).to_string();
    let allow = quote!(#[allow(clippy::unused_async, clippy::future_not_send)]);
    assert!(
        expansion.starts_with(&format!("{allow} {block}")),
        "{expansion}"
    );
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn expansion_with_crate_argument_has_no_default_path() {
    let main = || quote!(flavor = "multi_thread", worker_threads = 2);
    let telemetry = || quote!(telemetry = [Platform], buffering(timeout_ms = 100));
    let extensions = [
        (
            main(),
            quote!(impl A { async fn init(_: Register) -> Self {} async fn invoke(&self, _: InvokeEvent) {} }),
        ),
        (
            main(),
            quote!(impl A { async fn prepare() -> Self {} async fn shutdown(&self, _: ShutdownEvent) {} }),
        ),
        (
            main(),
            quote!(impl A { async fn init(&mut self, _: Register) {} }),
        ),
        (
            telemetry(),
            quote!(impl A { async fn telemetry(&self, _: TelemetryBatch) {} async fn runtime_done(&self, _: RuntimeDone) {} }),
        ),
        (
            quote!(tick_ms = 10_000, fail_open),
            quote!(impl A { async fn tick(&self) {} async fn thawed(&self, _: Duration) {} }),
        ),
    ];
    for (args, block) in extensions {
        let args = quote!(crate = ::lext::re, #args);
        let expansion = expand(args, block);
        assert!(!has_ident(expansion.clone(), "lambda_ext"), "{expansion}");
        assert!(
            !has_ident(expansion.clone(), "compile_error"),
            "{expansion}"
        );
    }
}

fn has_ident(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => has_ident(group.stream(), name),
        _ => false,
    })
}
