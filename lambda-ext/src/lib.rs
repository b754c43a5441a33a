//! stub
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod event;
mod handler;

pub use event::{EventType, InvokeEvent, ShutdownEvent};
pub use handler::{Config, Handler, Launch};
pub use lambda_ext_macros::lambda_extension;

/// stub
#[derive(Debug, Clone)]
pub struct Register {
    /// function name
    pub function_name: String,
}

/// Any error: what handlers return, as in `lambda_runtime`.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
