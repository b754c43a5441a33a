//! A framework for [AWS Lambda extensions]: a struct, its methods and one attribute.
//!
//! In a new project, after `cargo add lambda-ext`, this is `src/main.rs`:
//!
//! ```no_run
//! use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};
//!
//! struct Audit {
//!     function: String,
//!     invocations: u64,
//! }
//!
//! #[lambda_extension(events = [Invoke, Shutdown])]
//! impl Audit {
//!     async fn init(register: Register) -> Result<Self, Error> {
//!         Ok(Self { function: register.function_name, invocations: 0 })
//!     }
//!
//!     async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
//!         self.invocations += 1;
//!         println!("{} {} ({:?} left)", self.function, event.request_id, event.timeout());
//!         Ok(())
//!     }
//!
//!     async fn shutdown(&mut self, event: ShutdownEvent) {
//!         println!("{:?} after {} invocations", event.shutdown_reason, self.invocations);
//!     }
//! }
//! ```
//!
//! # The guide
//!
//! | page | |
//! |---|---|
//! | [The model](guide::model) | the life of an extension, drawn: who calls whom, who waits, what is billed |
//! | [Handlers](guide::handlers) | each method: when it is called, what it may take, what its `Err` does |
//! | [Telemetry](guide::telemetry) | what the platform tells and the function prints |
//! | [Flushing](guide::flushing) | where to send what was gathered, and what that costs |
//! | [HTTP clients](guide::http_clients) | which client and which TLS to use for a backend, and when to build them |
//! | [Failing](guide::failing) | open or closed, panics, switching off, and what becomes of each mistake |
//! | [Logging](guide::logging) | what the framework says, and where your own lines go |
//! | [Internal extensions](guide::internal) | an extension in the function's own process |
//! | [Testing](guide::testing) | a test in a minute, faults, freezes, executables |
//! | [Deploying](guide::deploying) | build, layer, image |
//! | [Managed Instances](guide::managed_instances), [SnapStart](guide::snapstart) | what differs there |
//! | coming from [Go](guide::coming_from_go), [`lambda-extension`](guide::coming_from_lambda_extension), [a loop](guide::coming_from_a_loop) | name by name |
//!
//! What the attribute takes is at [`lambda_extension`]; [`run`] and [`launch`] run a [`Handler`] without
//! its `main`, and [`Client`] is for event loops of one's own.
//!
//! # Features
//!
//! An extension has one thread, one connection to Lambda, and no TLS of the framework's. Every cold start
//! pays for every dependency, so no feature is on by default: there are 35 crates, 3 more with `tracing`,
//! and 10 more with `logging`.
//!
//! | feature | |
//! |---|---|
//! | `http` | the dependency [reqwest](https://docs.rs/reqwest) without TLS, for what an extension sends to its backend; the connection to Lambda never uses it: [HTTP clients](guide::http_clients) |
//! | `tracing` | what the framework has to say are events of the crate `tracing`: [Logging](guide::logging) |
//! | `logging` | a subscriber for them that follows Lambda's variables: [`logging`] |
//! | `emulator` | a local Lambda, [`emulator`], for tests |
//!
//! [AWS Lambda extensions]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-extensions.html

// Some pages, and the items that they are about, need a feature, as docs.rs has it.
#![cfg_attr(
    not(all(feature = "emulator", feature = "http", feature = "logging")),
    allow(rustdoc::broken_intra_doc_links)
)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod budget;
mod client;
mod clock;
mod deadline;
mod diagnostics;
mod disabled;
#[cfg(feature = "emulator")]
pub mod emulator;
mod entry;
mod error;
mod event;
mod extension;
#[cfg(any(doc, doctest))]
pub mod guide;
mod handler;
mod internal;
mod json;
mod lifecycle;
mod local_runtime;
#[cfg(feature = "logging")]
pub mod logging;
mod method;
mod output;
mod panic;
mod process;
mod register;
mod report;
mod settings;
mod tasks;
pub mod telemetry;
mod text;
mod timed_latch;
mod trace_header;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use client::{Client, ErrorReporter, RegisteredClient};
pub use deadline::Deadline;
pub use error::{ClientError, Error, ExtensionError, Refusal, RunError};
pub use event::{Event, EventType, InvokeEvent, ShutdownEvent, ShutdownReason};
pub use extension::{Extension, ExtensionBuilder, launch, run};
pub use handler::{Config, Handler, Launch};
pub use internal::{InternalExtension, register_internal};
#[doc = include_str!("lambda_extension.md")]
pub use lambda_ext_macros::lambda_extension;
pub use method::Method;
pub use panic::Panic;
pub use register::Register;
pub use report::{ErrorRequest, StatusResponse};
pub use tasks::spawn;
pub use telemetry::{
    Buffering, OwnedTelemetryEvent, RuntimeDone, TelemetryBatch, TelemetryEvent, TelemetryRecord,
    TelemetryType,
};
pub use trace_header::Tracing;
