//! What happened in an environment: a record to read, to assert on, and to print.

mod cost;
mod expect;
mod line;
mod phases;
mod serial;
mod show;
mod text;
mod timeline;

use std::time::Duration;

use serde::Serialize;

pub use self::cost::{Cost, Overhead};
pub(super) use self::line::end;
pub use self::phases::PhaseTime;
pub(super) use self::serial::milliseconds;
use self::serial::{debug, optional_word, word};
pub(super) use self::text::brief;
pub use self::timeline::Timeline;
use super::{Call, Finding, State, finding};
use crate::{EventType, ShutdownReason};

/// What happened until now, step by step.
///
/// It is read through [`steps`](Self::steps) and what is derived from them; its `Display` is the
/// timeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// Every step, in order.
    pub steps: Vec<Step>,
    /// How many earlier steps are not here any more; see
    /// [`EmulatorBuilder::keep`](super::EmulatorBuilder::keep).
    pub forgotten: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Since the emulator was started.
    #[serde(rename = "at_ms", serialize_with = "milliseconds")]
    pub at: Duration,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// The environment entered a phase.
    Began(Phase),
    /// A phase is over.
    Ended {
        /// Which.
        #[serde(flatten)]
        phase: Phase,
        /// Why it failed, if it did.
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
        /// The operating system's words.
        error: String,
    },
    /// A request was answered. A `next` that has to wait is a [`Waits`](Self::Waits).
    Answered(Request),
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
        #[serde(serialize_with = "word")]
        event: EventType,
    },
    /// A line on an extension's stdout or stderr.
    Output {
        /// Whose.
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
    /// The function has answered an invocation; its caller has the answer now.
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
    /// The function's runtime has ended.
    RuntimeLeft {
        /// Its exit code; none where a signal ended it.
        code: Option<i32>,
        /// The signal that ended it, by its number.
        signal: Option<i32>,
    },
    /// A batch of telemetry was sent to an extension.
    Delivered {
        /// To whom.
        extension: String,
        /// How many records it has.
        records: usize,
        /// Its size.
        bytes: usize,
        /// The answer's status; none over TCP, or where there was no answer.
        status: Option<u16>,
        /// Why it did not arrive, if it did not.
        error: Option<String>,
    },
    /// Telemetry was dropped, because its subscriber is too slow or does not take it.
    Dropped {
        /// Whose.
        extension: String,
        /// How many records.
        records: u64,
        /// Their size.
        bytes: u64,
    },
    /// A fault that was asked for was made.
    Faulted {
        /// In which call.
        #[serde(serialize_with = "word")]
        call: Call,
        /// What was done.
        fault: String,
        /// Whether the call was made nevertheless.
        made: bool,
    },
    /// The environment was frozen.
    Frozen,
    /// The environment goes on.
    Thawed,
    /// An extension was killed.
    Killed {
        /// Its name.
        extension: String,
        /// Why.
        why: Kill,
    },
    /// An extension has ended.
    Left {
        /// Its name.
        extension: String,
        /// Its exit code; none where a signal ended it. For one in the emulator's own process it
        /// is 0 or 1, after the outcome of its future.
        code: Option<i32>,
        /// The signal that ended it, by its number; none for one in the emulator's own process.
        signal: Option<i32>,
        /// How the platform counts that.
        #[serde(serialize_with = "debug")]
        state: State,
    },
}

/// A phase of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Until every extension has registered and asked for its first event.
    Init {
        /// Whether it runs inside an invocation, because the environment was reset.
        suppressed: bool,
    },
    /// The restore of a snapshot.
    Restore,
    /// Until every extension that got INVOKE has asked for the next event.
    Invoke {
        /// The invocation's request id.
        request_id: String,
    },
    /// Until every extension has left.
    Shutdown {
        /// Why.
        #[serde(serialize_with = "word")]
        reason: ShutdownReason,
    },
}

/// A request, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// Who called, as far as it is known.
    pub extension: Option<String>,
    /// Which call it was; none where the path or the method is nobody's.
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

/// Why an extension was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kill {
    /// It was still there at its deadline.
    Deadline,
    /// It did not register for SHUTDOWN.
    NotRegisteredForShutdown,
}

impl Record {
    /// Every answered request of one extension, in order; not the `next` that had to wait.
    pub fn requests(&self, extension: &str) -> impl Iterator<Item = &Request> {
        self.steps.iter().filter_map(move |step| match &step.what {
            What::Answered(request) if request.extension.as_deref() == Some(extension) => {
                Some(request)
            }
            _ => None,
        })
    }

    /// The calls of one extension, in order, those that had to wait and those that were refused
    /// included.
    #[must_use]
    pub fn calls(&self, extension: &str) -> Vec<Call> {
        let call = |what: &What| match what {
            What::Answered(request) if request.extension.as_deref() == Some(extension) => {
                request.call
            }
            What::Waits { extension: who } if who == extension => Some(Call::Next),
            _ => None,
        };
        self.steps
            .iter()
            .filter_map(|step| call(&step.what))
            .collect()
    }

    /// The error reports of one extension that were accepted, in order.
    pub fn reports(&self, extension: &str) -> impl Iterator<Item = &Request> {
        self.requests(extension).filter(|request| {
            matches!(request.call, Some(Call::InitError | Call::ExitError)) && request.status == 202
        })
    }

    /// What one extension wrote on stdout and stderr, a line each.
    pub fn output(&self, extension: &str) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(move |step| match &step.what {
            What::Output {
                extension: who,
                line,
            } if who == extension => Some(line.as_str()),
            _ => None,
        })
    }

    /// The exit code of each time that one extension ended, in order; none where a signal ended it.
    #[must_use]
    pub fn exits(&self, extension: &str) -> Vec<Option<i32>> {
        let exit = |what: &What| match what {
            What::Left {
                extension: who,
                code,
                ..
            } if who == extension => Some(*code),
            _ => None,
        };
        self.steps
            .iter()
            .filter_map(|step| exit(&step.what))
            .collect()
    }

    /// What is to be said about the extensions' conduct; see [`Finding`].
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        finding::of(self)
    }
}

#[cfg(test)]
impl Record {
    /// Of steps at these times.
    fn of(unit: fn(u64) -> Duration, steps: impl IntoIterator<Item = (u64, What)>) -> Self {
        let step = |(at, what)| Step { at: unit(at), what };
        Self {
            steps: steps.into_iter().map(step).collect(),
            forgotten: 0,
        }
    }
}
