//! What goes wrong in an environment.

use std::fmt;

use super::record::Kill;
use crate::Error;

/// What goes wrong in an environment.
///
/// Its `Debug` is the same text as its `Display`, because that is what a test shows that ends with it.
#[non_exhaustive]
pub enum EmulatorError {
    /// The environment fails: an extension, or the function's runtime, could not be started,
    /// reported a failure or left. It has been reset; the next invocation starts it again.
    Failed {
        /// The platform's word: `Extension.InitError`, `Extension.ExitError`, `Extension.Crash`,
        /// `Extension.LaunchError`, `Runtime.ExitError`.
        error_type: &'static str,
        /// The extension's name; none where it was the runtime.
        extension: Option<String>,
        /// The error type that was reported with its message, or the operating system's words.
        reported: Option<String>,
    },
    /// Somebody did not do in time what the phase waits for. The environment has been reset.
    Late {
        /// The extensions' names; `the runtime` stands for itself.
        extensions: Vec<String>,
        /// What is missing.
        what: &'static str,
    },
    /// An extension that takes SHUTDOWN did not leave by itself with code 0.
    ShutdownFailed {
        /// Its name.
        extension: String,
    },
    /// An extension that runs in the emulator's process ended with an error of its own.
    Extension {
        /// Its name.
        extension: String,
        /// What its future returned; from a handler it is a [`RunError`](crate::RunError).
        source: Error,
    },
    /// An extension that runs in the emulator's process was killed, as a process would have been:
    /// it was not registered for SHUTDOWN, or did not leave in time.
    Killed {
        /// Its name.
        extension: String,
        /// Why; none where its environment is gone.
        why: Option<Kill>,
    },
    /// An extension that runs in the emulator's process cannot be in this environment, or is
    /// missing in it.
    Unexpected {
        /// Its name.
        extension: String,
        /// Why, and what to do.
        why: &'static str,
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
                    (Some(name), None) => write!(formatter, "`{name}` left without a report"),
                    (None, Some(text)) => write!(formatter, "the runtime: {text}"),
                    (None, None) => write!(formatter, "the runtime left"),
                }
            }
            Self::Late { extensions, what } => {
                write!(
                    formatter,
                    "`{}` did not {what} in time",
                    extensions.join("`, `")
                )
            }
            Self::ShutdownFailed { extension } => write!(
                formatter,
                "`{extension}` did not leave by itself with code 0 at SHUTDOWN"
            ),
            Self::Extension { extension, source } => write!(formatter, "`{extension}`: {source}"),
            Self::Killed { extension, why } => {
                write!(formatter, "`{extension}` was killed: ")?;
                formatter.write_str(match why {
                    Some(Kill::NotRegisteredForShutdown) => {
                        "it is not registered for SHUTDOWN; with a `shutdown`, be it empty, its \
                         value comes back"
                    }
                    Some(Kill::Deadline) => "it did not leave in time after SHUTDOWN",
                    None => "its environment has ended",
                })
            }
            Self::Unexpected { extension, why } => write!(formatter, "`{extension}` {why}"),
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
