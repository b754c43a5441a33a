//! The report of a failure that the platform receives.

use std::error::Error as StdError;

use hyper::header::HeaderValue;
use serde_core::ser::{Serialize, SerializeStruct, Serializer};

use crate::json;
use crate::text::truncate;

/// The longest text that is sent, in bytes: the platform takes bodies of 1 MiB.
const LONGEST_TEXT: usize = 64 << 10;
/// The longest error type that is sent, in bytes: it is a category, and a header's value.
const LONGEST_TYPE: usize = 256;

/// A failure as it is reported to the platform, to init error or exit error.
///
/// See [Extensions API: Init error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-init-error).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRequest {
    /// The category, `Extension.ConfigInvalid`, which is also sent as a header: there, what is
    /// not visible ASCII becomes `_`, and an empty type `Extension.Error`.
    pub error_type: String,
    /// What happened, in full.
    pub error_message: String,
    /// The causes, the outermost first.
    pub stack_trace: Vec<String>,
}

impl ErrorRequest {
    /// A failure without causes.
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error_message.into(),
            stack_trace: Vec::new(),
        }
    }

    /// The text of `error`, and that of each of its sources.
    pub fn from_error(error_type: impl Into<String>, error: &(dyn StdError + 'static)) -> Self {
        Self {
            stack_trace: sources(error).map(ToString::to_string).collect(),
            ..Self::new(error_type, error.to_string())
        }
    }

    /// Returns the error type as a header value, which is always legal.
    pub(crate) fn header(&self) -> HeaderValue {
        let legal: String = truncate(&self.error_type, LONGEST_TYPE)
            .trim()
            .chars()
            .map(|char| if char.is_ascii_graphic() { char } else { '_' })
            .collect();
        match HeaderValue::try_from(legal) {
            Ok(value) if !value.is_empty() => value,
            _ => HeaderValue::from_static("Extension.Error"),
        }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        // Strings always serialize, and the platform reads an empty body too.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for ErrorRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes: Vec<&str> = self
            .stack_trace
            .iter()
            .take(16)
            .map(|cause| truncate(cause, LONGEST_TEXT / 16))
            .collect();
        let mut object = serializer.serialize_struct("ErrorRequest", 3)?;
        object.serialize_field("errorMessage", truncate(&self.error_message, LONGEST_TEXT))?;
        object.serialize_field("errorType", truncate(&self.error_type, LONGEST_TYPE))?;
        object.serialize_field("stackTrace", &causes)?;
        object.end()
    }
}

/// The platform's answer to an error report: `OK`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusResponse {
    /// `OK`, or empty where the answer had no readable body.
    pub status: String,
}

json::object!(StatusResponse { "status" => status });

/// Returns the causes of an error, the outermost first, without the error itself.
pub(crate) fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Returns the innermost cause, which says most: the outer ones name the step that failed.
pub(crate) fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    sources(error).last().unwrap_or(error)
}
