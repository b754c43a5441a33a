//! The errors that end a run.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use super::client::ClientError;
use super::{Error, ExtensionError};
use crate::disabled::DISABLED;
use crate::method::Method;
use crate::panic::{Panic, contain};
use crate::report::{ErrorRequest, sources};

/// The reason of a run's end other than SHUTDOWN.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// A call to the platform failed.
    Client(ClientError),
    /// The telemetry listener cannot be bound.
    Listener {
        /// The address that it was to be bound to.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The signal handlers cannot be installed.
    Signals(io::Error),
    /// A method of the handler returned an error.
    Failed {
        /// The method.
        method: Method,
        /// The error that it returned.
        source: Error,
    },
    /// A method of the handler panicked, in a binary that is built with `panic = "unwind"`.
    Panicked {
        /// The method.
        method: Method,
        /// The panic.
        panic: Panic,
    },
    /// A method did not return within the time limit of [`fail_open`](crate::Config::fail_open), and was
    /// cancelled at an `await`.
    TimedOut {
        /// The method.
        method: Method,
        /// The time that it ran.
        after: Duration,
    },
    /// A task that was [spawned](crate::spawn) returned an error.
    TaskFailed {
        /// The call of [`spawn`](crate::spawn).
        spawned_at: &'static Location<'static>,
        /// The error that it returned.
        source: Error,
    },
    /// A task that was [spawned](crate::spawn) panicked, in a binary that is built with
    /// `panic = "unwind"`.
    TaskPanicked {
        /// The call of [`spawn`](crate::spawn).
        spawned_at: &'static Location<'static>,
        /// The panic.
        panic: Panic,
    },
    /// The extension is disabled by the environment variable `LAMBDA_EXT_DISABLED`, and has no handler.
    Disabled,
    /// A signal ended the process before the handler was ready to be shut down.
    Interrupted {
        /// The method that was cancelled.
        method: Method,
        /// The signal's name.
        signal: &'static str,
    },
}

impl RunError {
    /// Returns the report that the platform receives.
    pub(crate) fn report(&self) -> ErrorRequest {
        let error_type = match self {
            Self::Client(_) => "Extension.ApiError",
            Self::Listener { .. } => "Extension.ListenerFailed",
            Self::Signals(_) => "Extension.SignalsFailed",
            Self::Failed { method, source } => return failure(method.error_type(), source),
            Self::TaskFailed { source, .. } => return failure("Extension.TaskFailed", source),
            Self::Panicked { .. } | Self::TaskPanicked { .. } => "Extension.Panic",
            Self::TimedOut { .. } => "Extension.TimedOut",
            Self::Disabled => "Extension.Disabled",
            Self::Interrupted { .. } => "Extension.Interrupted",
        };
        ErrorRequest::new(error_type, self.to_string())
    }

    /// Returns the text, most of which is the author's.
    pub(crate) fn text(&self) -> String {
        contain(|| self.to_string()).unwrap_or_else(|| match self {
            Self::Failed { method, .. } => format!("`{method}` failed: {TEXTLESS}"),
            _ => TEXTLESS.to_owned(),
        })
    }

    /// Returns the line for stderr, where the panic hook has already printed the panic itself.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Panicked { method, .. } => format!("`{method}` panicked"),
            Self::TaskPanicked { spawned_at, .. } => {
                format!("the task spawned at {spawned_at} panicked")
            }
            error => error.text(),
        }
    }
}

/// The text of an error whose `Display` panics.
const TEXTLESS: &str = "the error's `Display` implementation panicked";

/// Returns the report of an author's error, under its own type if it has one.
fn failure(error_type: &str, source: &Error) -> ErrorRequest {
    let error_type = source
        .downcast_ref::<ExtensionError>()
        .map_or(error_type, ExtensionError::error_type);
    contain(|| ErrorRequest::from_error(error_type, source.as_ref()))
        .unwrap_or_else(|| ErrorRequest::new(error_type, TEXTLESS))
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(formatter),
            Self::Listener { address, source } => {
                write!(
                    formatter,
                    "cannot bind telemetry listener to {address}: {source}"
                )?;
                if source.kind() == io::ErrorKind::AddrInUse {
                    formatter.write_str(
                        " (another program in this environment uses the port; port 0 selects a free \
                         one)",
                    )?;
                }
                Ok(())
            }
            Self::Signals(source) => write!(formatter, "cannot install signal handlers: {source}"),
            Self::Failed { method, source } => {
                write!(formatter, "`{method}` failed: ")?;
                write_chain(formatter, source)
            }
            Self::TaskFailed { spawned_at, source } => {
                write!(formatter, "the task spawned at {spawned_at} failed: ")?;
                write_chain(formatter, source)
            }
            Self::Panicked { method, panic } => write!(formatter, "`{method}` {panic}"),
            Self::TaskPanicked { spawned_at, panic } => {
                write!(formatter, "the task spawned at {spawned_at} {panic}")
            }
            Self::TimedOut { method, after } => {
                write!(
                    formatter,
                    "`{method}` was cancelled after {} ms",
                    after.as_millis()
                )
            }
            Self::Disabled => write!(formatter, "disabled by {DISABLED}"),
            Self::Interrupted { method, signal } => {
                write!(formatter, "`{method}` was cancelled by {signal}")
            }
        }
    }
}

/// Writes an author's error and its causes.
fn write_chain(formatter: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    fmt::Display::fmt(error, formatter)?;
    sources(error.as_ref()).try_for_each(|cause| write!(formatter, ": {cause}"))
}

// The text above holds the causes already.
impl StdError for RunError {}

impl From<ClientError> for RunError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}
