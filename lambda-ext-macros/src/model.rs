//! The checked model: everything that emission needs. Emission cannot fail.

use crate::{
    args::Flavor,
    method::{Method, Payload},
};
use proc_macro2::{Ident, TokenStream};

/// An extension without mistakes.
pub struct Extension {
    /// The path of the runtime crate.
    pub krate: TokenStream,
    /// `<..>` of the block, or nothing.
    pub generics: TokenStream,
    /// The type of the block, as the author's own tokens.
    pub self_ty: TokenStream,
    /// `where ..` of the block, or nothing.
    pub where_clause: TokenStream,
    /// The value of `Handler::CONFIG`.
    pub config: Config,
    /// The construction of the handler value.
    pub construction: Construction,
    /// The methods that the generated `Handler` forwards to.
    pub handlers: Vec<Handler>,
    /// The `main` to generate, if any.
    pub main: Option<Main>,
}

/// The value of `Handler::CONFIG`, as the author's own tokens where there are any.
pub struct Config {
    /// The events to register for.
    pub events: Vec<Ident>,
    /// The telemetry types to subscribe to.
    pub telemetry: Vec<Ident>,
    /// The limits of a delivery, and their values.
    pub buffering: Vec<(Ident, u32)>,
    /// True if the block has a `runtime_done`.
    pub runtime_done: bool,
    /// The interval of `tick`, in milliseconds.
    pub tick_ms: Option<u32>,
    /// True if the block has a `thawed`.
    pub thawed: bool,
    /// `fail_open`, if the extension continues after a handler fails.
    pub fail_open: Option<Ident>,
}

/// A way to construct the handler value.
pub enum Construction {
    /// By `prepare`, which returns this type.
    Prepare(TokenStream),
    /// By a constructor `init`.
    Init(Constructor),
    /// By `Default`.
    Default,
    /// By the author's program.
    External,
}

/// `async fn init(register: Register) -> Self`
pub struct Constructor {
    /// Its name, as the author's own token.
    pub name: Ident,
    /// The type in the author's signature, whose span marks the argument.
    pub parameter_ty: TokenStream,
    /// Its return type.
    pub output: TokenStream,
}

/// A method with a receiver.
pub struct Handler {
    /// The method of the trait.
    pub method: Method,
    /// Its name, as the author's own token.
    pub name: Ident,
    /// The name and the type of the trait method's parameter, if it has one.
    pub parameter: Option<(&'static str, Payload)>,
    /// The type in the author's signature, whose span marks the argument.
    pub parameter_ty: TokenStream,
    /// Its return type; `()` if it has none.
    pub output: TokenStream,
}

/// The `main` to generate.
pub struct Main {
    /// The tokio runtime that it starts.
    pub flavor: Flavor,
    /// The number of threads of a multi-thread runtime.
    pub worker_threads: Option<usize>,
}
