//! What happened, step by step.

use std::fmt;
use std::time::Duration;

use super::{Call, State};
use crate::{EventType, ShutdownReason};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Since the emulator was started.
    pub at: Duration,
    /// What it was.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The environment entered a phase.
    Phase(Phase),
    /// An extension's process was started.
    Launched {
        /// Its name.
        extension: String,
        /// Its process id.
        pid: u32,
    },
    /// A call was answered. A `next` that has to wait is a [`Waits`](Self::Waits).
    Answered {
        /// Who called, as far as it is known.
        extension: String,
        /// Which call.
        call: Call,
        /// The call's body.
        body: String,
        /// Its `Lambda-Extension-Function-Error-Type` header.
        error_type: Option<String>,
        /// The answer's status.
        status: u16,
        /// The answer's body.
        reply: String,
    },
    /// An extension waits in `next`.
    Waits {
        /// Its name.
        extension: String,
    },
    /// An event was handed out.
    Receives {
        /// To whom.
        extension: String,
        /// Which event.
        event: EventType,
    },
    /// A line on an extension's stdout or stderr.
    Output {
        /// Whose.
        extension: String,
        /// The line, without its end.
        line: String,
    },
    /// An extension was killed, at its deadline or because it did not register for SHUTDOWN.
    Killed {
        /// Its name.
        extension: String,
    },
    /// An extension's process ended.
    Left {
        /// Its name.
        extension: String,
        /// Its exit code; none where a signal ended it.
        code: Option<i32>,
        /// How the platform counts that.
        state: State,
    },
}

/// A phase of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Until every extension has registered and asked for its first event.
    Init,
    /// Until every extension that got INVOKE has asked for the next event.
    Invoke {
        /// The invocation's request id.
        request_id: String,
    },
    /// Until every extension has left.
    Shutdown {
        /// Why.
        reason: ShutdownReason,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>9.1?} ms  {}",
            self.at.as_secs_f64() * 1e3,
            self.what
        )
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(Phase::Init) => write!(formatter, "INIT"),
            Self::Phase(Phase::Invoke { request_id }) => write!(formatter, "INVOKE {request_id}"),
            Self::Phase(Phase::Shutdown { reason }) => write!(formatter, "SHUTDOWN {reason}"),
            Self::Launched { extension, pid } => {
                write!(formatter, "  {extension} is started (pid {pid})")
            }
            Self::Answered {
                extension,
                call,
                error_type,
                status,
                reply,
                ..
            } => {
                write!(formatter, "  {extension} calls {call}")?;
                if let Some(error_type) = error_type {
                    write!(formatter, " with {error_type}")?;
                }
                match status {
                    200..300 => write!(formatter, ": {status}"),
                    _ => write!(formatter, ": {status} {}", reply.trim_end()),
                }
            }
            Self::Waits { extension } => write!(formatter, "  {extension} waits in next"),
            Self::Receives { extension, event } => write!(formatter, "  {extension} gets {event}"),
            Self::Output { extension, line } => write!(formatter, "  {extension} | {line}"),
            Self::Killed { extension } => write!(formatter, "  {extension} is killed"),
            Self::Left {
                extension,
                code: Some(code),
                ..
            } => write!(formatter, "  {extension} leaves with code {code}"),
            Self::Left { extension, .. } => write!(formatter, "  {extension} ends by a signal"),
        }
    }
}
