//! The errors of authors, of callers, and of a run.

mod client;
mod run;

use std::error::Error as StdError;
use std::fmt;

pub use self::client::{ClientError, Refusal};
pub use self::run::RunError;

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
