//! The events that an extension registers for and receives.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_core::de::{Deserialize, Deserializer, Error};

use crate::deadline::Deadline;
use crate::json::{self, Millis};
use crate::trace_header::Tracing;

/// What an extension can register for.
///
/// See [Extensions API: Register](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-registration-api-a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventType {
    /// An invocation of the function.
    Invoke,
    /// The end of the execution environment.
    Shutdown,
}

impl EventType {
    /// Every event type.
    pub const ALL: &'static [Self] = &[Self::Invoke, Self::Shutdown];

    /// The name on the wire: `INVOKE`, `SHUTDOWN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One answer to [`next_event`](crate::RegisteredClient::next_event).
///
/// See [Extensions API: Next](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-api-next).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An invocation of the function.
    Invoke(InvokeEvent),
    /// The end of the execution environment; there is nothing to ask for after it.
    Shutdown(ShutdownEvent),
}

impl Event {
    /// Which event this is.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Invoke(_) => EventType::Invoke,
            Self::Shutdown(_) => EventType::Shutdown,
        }
    }

    /// When the platform cuts the phase that this event begins; see [`InvokeEvent::deadline`].
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        match self {
            Self::Invoke(event) => event.deadline(),
            Self::Shutdown(event) => event.deadline(),
        }
    }

    /// The time left until [`deadline`](Self::deadline), zero once it has passed.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Deadline::from(self.deadline()).time_left()
    }
}

/// An invocation of the function.
///
/// Extensions see neither its payload nor its result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvokeEvent {
    /// The invocation's request id, as the function has it too.
    pub request_id: String,
    /// The ARN the function was called by, which may carry an alias or a version.
    pub invoked_function_arn: String,
    /// The trace header, where the invocation has one.
    pub tracing: Option<Tracing<'static>>,
    /// The deadline in milliseconds since the epoch, as the platform sent it; some local
    /// platforms send 0.
    pub deadline_ms: u64,
}

impl InvokeEvent {
    /// When the function times out, and with it every extension that is not done yet: it is one
    /// deadline for the whole invocation, extensions included.
    ///
    /// A deadline that was past when the event came means that this platform does not tell it.
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        at(self.deadline_ms)
    }

    /// The time left until [`deadline`](Self::deadline), zero once it has passed.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Deadline::from(self.deadline()).time_left()
    }
}

/// The end of the execution environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownEvent {
    /// Why the environment ends.
    pub shutdown_reason: ShutdownReason,
    /// The deadline in milliseconds since the epoch, as the platform sent it; some local
    /// platforms send 0.
    pub deadline_ms: u64,
}

impl ShutdownEvent {
    /// When the platform kills the extension. The phase takes 2,000 ms at most, and what the
    /// runtime does not need of it is left for the extensions.
    ///
    /// A deadline that was past when the event came means that this platform does not tell it.
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        at(self.deadline_ms)
    }

    /// The time left until [`deadline`](Self::deadline), zero once it has passed.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Deadline::from(self.deadline()).time_left()
    }
}

/// Why an execution environment ends.
///
/// Read without regard to case: the documentation has these words in upper case, the platform
/// sends them in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShutdownReason {
    /// It was not needed any more: the normal end.
    Spindown,
    /// The function ran into its timeout.
    Timeout,
    /// The function, its runtime or an extension failed.
    Failure,
    /// Another word, kept as it was sent.
    Other(String),
}

impl ShutdownReason {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Spindown => "spindown",
            Self::Timeout => "timeout",
            Self::Failure => "failure",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for ShutdownReason {
    fn from(word: String) -> Self {
        [Self::Spindown, Self::Timeout, Self::Failure]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(&word))
            .unwrap_or(Self::Other(word))
    }
}

impl fmt::Display for ShutdownReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An event whose type may be unknown.
#[derive(Debug)]
pub(crate) enum Received {
    Known(Event),
    Unknown(String),
}

/// The fields of all events: the wire has them side by side, told apart by one of them.
#[derive(Default)]
struct Fields<'a> {
    event_type: Cow<'a, str>,
    deadline_ms: Millis,
    request_id: String,
    invoked_function_arn: String,
    tracing: Option<Tracing<'a>>,
    shutdown_reason: String,
}

json::object!(Fields<'a> {
    "eventType" => event_type,
    "deadlineMs" => deadline_ms,
    "requestId" => request_id,
    "invokedFunctionArn" => invoked_function_arn,
    "tracing" => tracing,
    "shutdownReason" => shutdown_reason,
});

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        if fields.event_type.is_empty() {
            return Err(D::Error::missing_field("eventType"));
        }
        let known = EventType::ALL
            .iter()
            .find(|known| known.as_str() == fields.event_type);
        Ok(match known {
            Some(EventType::Invoke) => Self::Known(Event::Invoke(InvokeEvent {
                request_id: fields.request_id,
                invoked_function_arn: fields.invoked_function_arn,
                tracing: fields.tracing.map(Tracing::into_owned),
                deadline_ms: fields.deadline_ms.0,
            })),
            Some(EventType::Shutdown) => Self::Known(Event::Shutdown(ShutdownEvent {
                shutdown_reason: fields.shutdown_reason.into(),
                deadline_ms: fields.deadline_ms.0,
            })),
            None => Self::Unknown(fields.event_type.into_owned()),
        })
    }
}

/// As the platform sends it, so that tests can make one from JSON.
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Received::deserialize(deserializer)? {
            Received::Known(event) => Ok(event),
            Received::Unknown(event_type) => Err(D::Error::custom(format_args!(
                "unknown event type `{event_type}`"
            ))),
        }
    }
}

/// The time of a wire timestamp; one that no clock reaches is the epoch, 'unknown'.
pub(crate) fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The wire timestamp of a time that is so far ahead.
pub(crate) fn millis_ahead(ahead: Duration) -> u64 {
    let since_epoch = (SystemTime::now() + ahead).duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since_epoch.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
