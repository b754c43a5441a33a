//! The errors of calls to the platform.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::Error;
use crate::report::innermost;

/// A failure of a call of the [`Client`](crate::Client).
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
        /// The call.
        call: &'static str,
        /// The mistake in the reply.
        source: Error,
    },
    /// No reply in time.
    TimedOut {
        /// The call.
        call: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The platform could not be reached, or the connection broke. What happened to an event that
    /// was on its way is not known: it may be lost.
    Unreachable {
        /// The call.
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
                let reason = innermost(source.as_ref());
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
    /// The call that was refused: `register`, `telemetry`, `next`, `init error`, `exit error`.
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
