//! A step of the record: one thing that happened.

use std::time::Duration;

use serde::Serialize;

use super::serial::{debug, milliseconds, optional_word, word};
use crate::emulator::call::Call;
use crate::emulator::extension_state::ExtensionState;
use crate::event::{EventType, ShutdownReason};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Its time, since the emulator was started.
    #[serde(rename = "at_ms", serialize_with = "milliseconds")]
    pub at: Duration,
    /// Its kind, with the details.
    #[serde(flatten)]
    pub kind: StepKind,
}

/// The kind of a step, with its details.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// The environment entered a phase.
    Began(Phase),
    /// A phase is over.
    Ended {
        /// The phase.
        #[serde(flatten)]
        phase: Phase,
        /// The error, if it failed.
        error: Option<String>,
    },
    /// An extension was started.
    Launched {
        /// Its name.
        extension: String,
        /// Its process id; none for one that runs in the emulator's own process.
        pid: Option<u32>,
    },
    /// An extension could not be started.
    LaunchFailed {
        /// Its name.
        extension: String,
        /// The operating system's message.
        error: String,
    },
    /// A request was answered. A `next` that has to wait is a [`Waits`](Self::Waits).
    Answered(Request),
    /// An extension waits in `next`.
    Waits {
        /// Its name.
        extension: String,
    },
    /// An extension received an event.
    Receives {
        /// The name of the recipient.
        extension: String,
        /// The event.
        #[serde(serialize_with = "word")]
        event: EventType,
    },
    /// A line on an extension's stdout or stderr.
    Output {
        /// Its name.
        extension: String,
        /// The line, without its end.
        line: String,
    },
    /// A line that the function wrote.
    FunctionOutput {
        /// The line, without its end.
        line: String,
    },
    /// The function's runtime was started.
    RuntimeStarted {
        /// Its process id; none for one that the emulator did not start.
        pid: Option<u32>,
    },
    /// The function has responded to an invocation. Its caller has the response now.
    Responded {
        /// The invocation's request id.
        request_id: String,
        /// The type of the error, where the function reported one.
        error_type: Option<String>,
    },
    /// The function's runtime waits for its next invocation.
    RuntimeWaits,
    /// The function is not done at its timeout.
    TimedOut {
        /// The invocation's request id.
        request_id: String,
    },
    /// The function's runtime has exited.
    RuntimeExited {
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
        /// The signal that ended it, by its number.
        signal: Option<i32>,
    },
    /// A batch of telemetry was sent to an extension.
    Delivered {
        /// The name of the recipient.
        extension: String,
        /// The number of its records.
        records: usize,
        /// Its size.
        bytes: usize,
        /// The answer's status; none over TCP, or without an answer.
        status: Option<u16>,
        /// The reason, if the delivery failed.
        error: Option<String>,
    },
    /// Telemetry was dropped, because its subscriber is too slow or refuses it.
    Dropped {
        /// Its name.
        extension: String,
        /// The number of records.
        records: u64,
        /// Their size.
        bytes: u64,
    },
    /// An injected fault was made.
    Faulted {
        /// The call.
        #[serde(serialize_with = "word")]
        call: Call,
        /// The description of the fault.
        fault: String,
        /// True if the call itself was made.
        made: bool,
    },
    /// The environment was frozen.
    Frozen,
    /// The environment was thawed.
    Thawed,
    /// An extension was killed.
    Killed {
        /// Its name.
        extension: String,
        /// The reason.
        reason: KillReason,
    },
    /// An extension has exited.
    Exited {
        /// Its name.
        extension: String,
        /// Its exit code; none if a signal ended it. For an extension in the emulator's own process
        /// it is 0 or 1, depending on the outcome of its future.
        code: Option<i32>,
        /// The signal that ended it, by its number; none for one in the emulator's own process.
        signal: Option<i32>,
        /// The state that the platform gives it.
        #[serde(serialize_with = "debug")]
        state: ExtensionState,
    },
}

/// A phase of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Until every extension has registered and asked for its first event.
    Init {
        /// True if it runs inside an invocation, because the environment was reset.
        suppressed: bool,
    },
    /// The restore of a snapshot.
    Restore,
    /// Until every extension that got INVOKE has asked for the next event.
    Invoke {
        /// The invocation's request id.
        request_id: String,
    },
    /// Until every extension has exited.
    Shutdown {
        /// The reason.
        #[serde(serialize_with = "word")]
        reason: ShutdownReason,
    },
}

/// A request, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The caller, if it is known.
    pub extension: Option<String>,
    /// The call; none if no API has the path or the method.
    #[serde(serialize_with = "optional_word")]
    pub call: Option<Call>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The body; of a long one, its beginning.
    pub body: String,
    /// The `Lambda-Extension-Function-Error-Type` header.
    pub error_type: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// The answer's body; of a long one, its beginning.
    pub reply: String,
}

/// The reason why an extension was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KillReason {
    /// It was still running at its deadline.
    Deadline,
    /// It did not register for SHUTDOWN.
    NotRegisteredForShutdown,
}
