//! What goes wrong, for authors, for callers, and for the one line on stderr.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use crate::panic::{Panic, contained};
use crate::report::{ErrorRequest, innermost, sources};
use crate::switch::DISABLED;

/// Any error: what handlers return, as in `lambda_runtime`.
///
/// `?` makes one of every error type, `.into()` one of a string.
pub type Error = Box<dyn StdError + Send + Sync>;

/// A handler's error with the type that is reported to the platform.
///
/// Without it, an error is reported under the type of the method that failed, such as
/// `Extension.InvokeFailed`.
///
/// ```
/// # use lambda_ext::{Error, ExtensionError};
/// fn license() -> Result<String, Error> {
///     std::env::var("LICENSE_KEY")
///         .map_err(|source| ExtensionError::new("Extension.ConfigInvalid", source).into())
/// }
/// # assert!(license().is_err());
/// ```
#[derive(Debug)]
pub struct ExtensionError {
    error_type: String,
    source: Error,
}

impl ExtensionError {
    /// An error of this type, by convention `Extension.` and a reason in upper camel case.
    pub fn new(error_type: impl Into<String>, source: impl Into<Error>) -> Self {
        Self {
            error_type: error_type.into(),
            source: source.into(),
        }
    }

    /// The type that is reported.
    #[must_use]
    pub fn error_type(&self) -> &str {
        &self.error_type
    }
}

// It stands for the error that it carries: the same text, the same causes.
impl fmt::Display for ExtensionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(formatter)
    }
}

impl StdError for ExtensionError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

/// Why a call of the [`Client`](crate::Client) failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// `AWS_LAMBDA_RUNTIME_API` is unset: this is not Lambda.
    NoRuntimeApi,
    /// The address of the Extensions API is no address.
    InvalidRuntimeApi(String),
    /// The extension's name cannot be sent as a header's value.
    InvalidName(String),
    /// A telemetry subscription that no platform can take.
    InvalidSubscription(String),
    /// The platform answered a call with an error.
    Refused(Refusal),
    /// The answer to register had no `Lambda-Extension-Identifier` header.
    NoIdentifier,
    /// The platform handed out an event of a type that this version does not know. It counts as
    /// received: ask for the next one.
    UnknownEvent(String),
    /// A reply that is not what it must be.
    InvalidReply {
        /// Which call.
        call: &'static str,
        /// What was wrong with it.
        source: Error,
    },
    /// No reply in time.
    TimedOut {
        /// Which call.
        call: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The platform could not be reached, or the connection broke. What happened to an event that
    /// was on its way is not known: it may be lost.
    Unreachable {
        /// Which call.
        call: &'static str,
        /// The address.
        runtime_api: String,
        /// The connection's error.
        source: Error,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntimeApi => formatter.write_str(
                "AWS_LAMBDA_RUNTIME_API is not set: Lambda sets it to the address of its API, and \
                 this program is meant to be started by Lambda, from /opt/extensions; to try it \
                 here, run it under the emulator: `lambda-ext emulate PATH`",
            ),
            Self::InvalidRuntimeApi(value) => write!(
                formatter,
                "AWS_LAMBDA_RUNTIME_API is {value:?}, which is no address: expected `host:port` \
                 or a URL that starts with `http://`"
            ),
            Self::InvalidName(name) => write!(
                formatter,
                "the extension's name {name:?} cannot be sent: expected the executable's file \
                 name, without control characters and outer spaces"
            ),
            Self::InvalidSubscription(what) => {
                write!(formatter, "the telemetry subscription is invalid: {what}")
            }
            Self::Refused(refusal) => refusal.fmt(formatter),
            Self::NoIdentifier => formatter.write_str(
                "register: the reply has no `Lambda-Extension-Identifier` header, without which \
                 no further call is possible",
            ),
            Self::UnknownEvent(event_type) => {
                write!(formatter, "next: unknown event type {event_type:?}")
            }
            Self::InvalidReply { call, source } => {
                write!(formatter, "{call}: the reply cannot be read: {source}")
            }
            Self::TimedOut { call, after } => {
                write!(
                    formatter,
                    "{call}: no reply within {} ms",
                    after.as_millis()
                )
            }
            Self::Unreachable {
                call,
                runtime_api,
                source,
            } => {
                let reason = innermost(source);
                write!(
                    formatter,
                    "{call}: the call to {runtime_api} failed: {reason}"
                )
            }
        }
    }
}

// The text above holds the causes already; only the transport's own chain says more.
impl StdError for ClientError {}

/// An error answer of the platform.
///
/// See [Extensions API: Register, response status codes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-registration-api-a).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Which call was refused: `register`, `telemetry`, `next`, `init error`, `exit error`.
    pub call: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The platform's `errorType`, such as `Extension.InvalidExtensionState`; empty where the
    /// reply had none.
    pub error_type: String,
    /// The platform's `errorMessage`, or the beginning of a reply that is not JSON.
    pub error_message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: the platform answered {}",
            self.call, self.status
        )?;
        for part in [&self.error_type, &self.error_message] {
            if !part.is_empty() {
                write!(formatter, ": {part}")?;
            }
        }
        if self.error_message.contains("ForInternalExtension") {
            formatter.write_str(
                " (the platform found no file of this extension's name in /opt/extensions, so it \
                 took it for an internal one: the two must be equal)",
            )?;
        }
        Ok(())
    }
}

/// Why a run ended other than by SHUTDOWN.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// A call to the platform failed.
    Client(ClientError),
    /// Nobody can be listened for at the address to which telemetry is to be delivered.
    Listener {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The signal that ends an internal extension cannot be heard.
    Signals(io::Error),
    /// A method of the handler returned an error.
    Failed {
        /// The method.
        method: Method,
        /// What it returned.
        source: Error,
    },
    /// A method of the handler panicked. Only a binary whose panics unwind can tell.
    Panicked {
        /// The method.
        method: Method,
        /// With what, and where.
        panic: Panic,
    },
    /// A method did not return in the time that [`fail_open`](crate::Config::fail_open) gives it,
    /// and was cut at an `await`.
    Cut {
        /// The method.
        method: Method,
        /// The time it had.
        after: Duration,
    },
    /// A task that was [spawned](crate::spawn) returned an error.
    TaskFailed {
        /// Where it was spawned.
        spawned_at: &'static Location<'static>,
        /// What it returned.
        source: Error,
    },
    /// A task that was [spawned](crate::spawn) panicked. Only a binary whose panics unwind can
    /// tell.
    TaskPanicked {
        /// Where it was spawned.
        spawned_at: &'static Location<'static>,
        /// With what, and where.
        panic: Panic,
    },
    /// There is no handler, because the extension is switched off, by the environment variable
    /// `LAMBDA_EXT_DISABLED`.
    Disabled,
    /// A signal ended the process before the handler was ready to be shut down.
    Interrupted {
        /// The method that was cut.
        method: Method,
        /// The signal's name.
        signal: &'static str,
    },
}

impl RunError {
    /// What the platform is told.
    pub(crate) fn report(&self) -> ErrorRequest {
        let error_type = match self {
            Self::Client(_) => "Extension.ApiError",
            Self::Listener { .. } => "Extension.ListenerFailed",
            Self::Signals(_) => "Extension.SignalsFailed",
            Self::Failed { method, source } => return failure(method.error_type(), source),
            Self::TaskFailed { source, .. } => return failure("Extension.TaskFailed", source),
            Self::Panicked { .. } | Self::TaskPanicked { .. } => "Extension.Panic",
            Self::Cut { .. } => "Extension.TimedOut",
            Self::Disabled => "Extension.Disabled",
            Self::Interrupted { .. } => "Extension.Interrupted",
        };
        ErrorRequest::new(error_type, self.to_string())
    }

    /// The text, which is the author's mostly.
    pub(crate) fn text(&self) -> String {
        contained(|| self.to_string()).unwrap_or_else(|| match self {
            Self::Failed { method, .. } => format!("`{method}` failed: {TEXTLESS}"),
            _ => TEXTLESS.to_owned(),
        })
    }

    /// What is said of it on stderr, where the panic itself has said where it was and with what.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Panicked { method, .. } => format!("`{method}` panicked"),
            Self::TaskPanicked { spawned_at, .. } => {
                format!("the task that was spawned at {spawned_at} panicked")
            }
            error => error.text(),
        }
    }
}

/// What there is to say of an error that panics when it is to say what it is.
const TEXTLESS: &str = "its error panics when it is asked for its text";

/// What is reported of an author's error: under its own type, if it has one.
fn failure(error_type: &str, source: &Error) -> ErrorRequest {
    let error_type = source
        .downcast_ref::<ExtensionError>()
        .map_or(error_type, ExtensionError::error_type);
    contained(|| ErrorRequest::from_error(error_type, source.as_ref()))
        .unwrap_or_else(|| ErrorRequest::new(error_type, TEXTLESS))
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(formatter),
            Self::Listener { address, source } => {
                write!(
                    formatter,
                    "telemetry cannot be listened for at {address}: {source}"
                )?;
                if source.kind() == io::ErrorKind::AddrInUse {
                    formatter.write_str(
                        " (another program of this environment has the port; port 0 takes a free \
                         one)",
                    )?;
                }
                Ok(())
            }
            Self::Signals(source) => write!(formatter, "signals cannot be heard: {source}"),
            Self::Failed { method, source } => {
                write!(formatter, "`{method}` failed: ")?;
                write_chain(formatter, source)
            }
            Self::TaskFailed { spawned_at, source } => {
                write!(
                    formatter,
                    "the task that was spawned at {spawned_at} failed: "
                )?;
                write_chain(formatter, source)
            }
            Self::Panicked { method, panic } => write!(formatter, "`{method}` {panic}"),
            Self::TaskPanicked { spawned_at, panic } => {
                write!(
                    formatter,
                    "the task that was spawned at {spawned_at} {panic}"
                )
            }
            Self::Cut { method, after } => {
                write!(
                    formatter,
                    "`{method}` was cut after {} ms",
                    after.as_millis()
                )
            }
            Self::Disabled => write!(formatter, "switched off by {DISABLED}"),
            Self::Interrupted { method, signal } => {
                write!(formatter, "`{method}` was ended by {signal}")
            }
        }
    }
}

/// An author's error and its causes.
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

/// A method of the handler, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `prepare`
    Prepare,
    /// `init`, or the constructor of that name.
    Init,
    /// `invoke`
    Invoke,
    /// `telemetry`
    Telemetry,
    /// `runtime_done`
    RuntimeDone,
    /// `tick`
    Tick,
    /// `thawed`
    Thawed,
    /// `shutdown`
    Shutdown,
}

impl Method {
    pub(crate) const ALL: [Self; 8] = [
        Self::Prepare,
        Self::Init,
        Self::Invoke,
        Self::Telemetry,
        Self::RuntimeDone,
        Self::Tick,
        Self::Thawed,
        Self::Shutdown,
    ];

    /// The method's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// The type under which its failures are reported.
    const fn error_type(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Prepare => ("prepare", "Extension.PrepareFailed"),
            Self::Init => ("init", "Extension.InitFailed"),
            Self::Invoke => ("invoke", "Extension.InvokeFailed"),
            Self::Telemetry => ("telemetry", "Extension.TelemetryFailed"),
            Self::RuntimeDone => ("runtime_done", "Extension.RuntimeDoneFailed"),
            Self::Tick => ("tick", "Extension.TickFailed"),
            Self::Thawed => ("thawed", "Extension.ThawedFailed"),
            Self::Shutdown => ("shutdown", "Extension.ShutdownFailed"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
