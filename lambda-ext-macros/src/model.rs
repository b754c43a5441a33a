//! What [`check`](crate::check::check) has made sure of: all that emission needs, and nothing that
//! it could fail on.

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
    /// The type that the block is for, in the author's own tokens.
    pub self_ty: TokenStream,
    /// `where ..` of the block, or nothing.
    pub where_clause: TokenStream,
    /// What to ask of the platform.
    pub config: Config,
    /// How the value comes to be.
    pub origin: Origin,
    /// The methods to forward to.
    pub handlers: Vec<Handler>,
    /// The `main` to generate.
    pub main: Option<Main>,
}

/// What to ask of the platform, where possible in the author's own tokens.
pub struct Config {
    /// What to register for.
    pub events: Vec<Ident>,
    /// What to subscribe to.
    pub telemetry: Vec<Ident>,
    /// How it is delivered: limits and their values.
    pub buffering: Vec<(Ident, u32)>,
    /// Whether there is a `runtime_done`.
    pub runtime_done: bool,
    /// The milliseconds between two calls of `tick`.
    pub tick_ms: Option<u32>,
    /// Whether there is a `thawed`.
    pub thawed: bool,
    /// That the extension goes on when a handler fails.
    pub fail_open: Option<Ident>,
}

/// How the value comes to be.
pub enum Origin {
    /// `prepare`, which returns this type.
    Prepare(TokenStream),
    /// A constructor `init`.
    Init(Constructor),
    /// `Default`.
    Default,
    /// The author's program makes it.
    Given,
}

/// `async fn init(register: Register) -> Self`
pub struct Constructor {
    /// Its name, in the author's own token.
    pub name: Ident,
    /// The type in the author's signature, whose place stands for the argument.
    pub parameter_ty: TokenStream,
    /// What it returns.
    pub output: TokenStream,
}

/// A method with `self`.
pub struct Handler {
    /// Which.
    pub method: Method,
    /// Its name, in the author's own token.
    pub name: Ident,
    /// Name and type of the parameter of the trait's method, if it has one.
    pub parameter: Option<(&'static str, Payload)>,
    /// The type in the author's signature, whose place stands for the argument.
    pub parameter_ty: TokenStream,
    /// What it returns; `()` where nothing is written.
    pub output: TokenStream,
}

/// The `main` to generate.
pub struct Main {
    /// The runtime that it starts.
    pub flavor: Flavor,
    /// The threads of a multi-thread runtime.
    pub worker_threads: Option<usize>,
}
