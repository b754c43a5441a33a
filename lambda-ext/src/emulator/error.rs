//! What goes wrong in an environment.

use std::fmt;

/// What goes wrong in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmulatorError {
    /// An extension reported a failure or left: the environment fails with it.
    Failed {
        /// Its name.
        extension: String,
        /// The platform's word: `Extension.InitError`, `Extension.ExitError`, `Extension.Crash`.
        error_type: &'static str,
        /// The error type that the extension reported.
        reported: Option<String>,
    },
    /// Extensions did not do in time what the phase waits for.
    Late {
        /// Their names.
        extensions: Vec<String>,
        /// What is missing.
        what: &'static str,
    },
    /// An extension that takes SHUTDOWN did not leave by itself with code 0.
    ShutdownFailed {
        /// Its name.
        extension: String,
    },
}

impl fmt::Display for EmulatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed {
                extension,
                error_type,
                reported: Some(reported),
            } => write!(formatter, "{error_type}: `{extension}` reported {reported}"),
            Self::Failed {
                extension,
                error_type,
                reported: None,
            } => write!(
                formatter,
                "{error_type}: `{extension}` left without a report"
            ),
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
        }
    }
}

impl std::error::Error for EmulatorError {}
