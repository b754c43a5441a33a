//! A framework for AWS Lambda extensions: a struct, its methods and one attribute.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod budget;
mod client;
#[cfg(feature = "emulator")]
pub mod emulator;
mod error;
mod event;
mod extension;
mod handler;
mod json;
mod lifecycle;
mod process;
mod register;
mod report;
mod stderr;
mod tracing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use client::{Client, ErrorReporter, RegisteredClient};
pub use error::{ClientError, Error, ExtensionError, Method, Refusal, RunError};
pub use event::{Event, EventType, InvokeEvent, ShutdownEvent, ShutdownReason};
pub use extension::{Extension, ExtensionBuilder, launch, run};
pub use handler::{Config, Handler, Launch};
pub use lambda_ext_macros::lambda_extension;
pub use register::Register;
pub use report::{ErrorRequest, StatusResponse};
pub use tracing::Tracing;
