//! The errors of an environment.

use std::fmt;

use super::record::KillReason;
use crate::error::Error;

/// An error of an environment.
///
/// Its `Debug` is the same text as its `Display`, because a test that returns an error prints that.
#[non_exhaustive]
pub enum EmulatorError {
    /// An extension or the function's runtime could not be started, reported an error, or exited. The
    /// environment has been reset; the next invocation starts it again.
    Failed {
        /// The platform's term: `Extension.InitError`, `Extension.ExitError`, `Extension.Crash`,
        /// `Extension.LaunchError`, `Runtime.ExitError`.
        error_type: &'static str,
        /// The extension's name; none for the runtime.
        extension: Option<String>,
        /// The reported error type and message, or the operating system's message.
        reported: Option<String>,
    },
    /// A phase waited for extensions or the runtime until its deadline. The environment has been reset.
    TimedOut {
        /// The extensions' names; the runtime is `the runtime`.
        extensions: Vec<String>,
        /// The action that was expected of them.
        expected: &'static str,
    },
    /// An extension that takes SHUTDOWN did not exit by itself with code 0.
    ShutdownFailed {
        /// Its name.
        extension: String,
    },
    /// An extension that runs in the emulator's process ended with an error of its own.
    Extension {
        /// Its name.
        extension: String,
        /// The error that its future returned; from a handler it is a [`RunError`](crate::RunError).
        source: Error,
    },
    /// An extension that runs in the emulator's process was killed, as a process would have been.
    Killed {
        /// Its name.
        extension: String,
        /// The reason; none if its environment has ended.
        reason: Option<KillReason>,
    },
    /// An extension that runs in the emulator's process cannot be part of the environment, or is
    /// missing from it.
    Unexpected {
        /// Its name.
        extension: String,
        /// The reason, and what to do.
        reason: &'static str,
    },
}

impl fmt::Display for EmulatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed {
                error_type,
                extension,
                reported,
            } => {
                write!(formatter, "{error_type}: ")?;
                match (extension, reported) {
                    (Some(name), Some(text)) if *error_type == "Extension.LaunchError" => {
                        write!(formatter, "`{name}` cannot be started: {text}")
                    }
                    (Some(name), Some(text)) => write!(formatter, "`{name}` reported {text}"),
                    (Some(name), None) => write!(formatter, "`{name}` exited without a report"),
                    (None, Some(text)) => write!(formatter, "the runtime: {text}"),
                    (None, None) => write!(formatter, "the runtime exited"),
                }
            }
            Self::TimedOut {
                extensions,
                expected,
            } => {
                write!(
                    formatter,
                    "`{}` did not {expected} in time",
                    extensions.join("`, `")
                )
            }
            Self::ShutdownFailed { extension } => write!(
                formatter,
                "`{extension}` did not exit by itself with code 0 at SHUTDOWN"
            ),
            Self::Extension { extension, source } => write!(formatter, "`{extension}`: {source}"),
            Self::Killed { extension, reason } => {
                write!(formatter, "`{extension}` was killed: ")?;
                formatter.write_str(match reason {
                    Some(KillReason::NotRegisteredForShutdown) => {
                        "it is not registered for SHUTDOWN; add a `shutdown` method, even an empty \
                         one, to get its value back"
                    }
                    Some(KillReason::Deadline) => "it did not exit in time after SHUTDOWN",
                    None => "its environment has ended",
                })
            }
            Self::Unexpected { extension, reason } => write!(formatter, "`{extension}` {reason}"),
        }
    }
}

impl fmt::Debug for EmulatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for EmulatorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Extension { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
