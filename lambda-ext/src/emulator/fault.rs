//! The faults that a test can inject.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use super::call::Call;

/// A fault of one call to the platform.
///
/// See [`Emulator::inject`](super::Emulator::inject).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call is not made, and gets this status and body.
    Reply {
        /// The status.
        status: u16,
        /// The body, sent as JSON.
        body: String,
    },
    /// The call is not made; the connection is closed without an answer.
    Close,
    /// The call is made, but the connection is closed without an answer.
    LoseReply,
    /// The call is made; its answer is truncated to this many bytes, head included, and the
    /// connection is closed. A shorter answer is not changed, and nothing is closed.
    TruncateReply(usize),
    /// The call is made after this time.
    Delay(Duration),
    /// The call is made; its answer comes byte by byte, with this pause before each.
    Slow(Duration),
    /// The call is not made; the answer is these bytes, which need not be HTTP, and the connection is
    /// closed.
    Raw(Vec<u8>),
}

impl Fault {
    /// Returns whether the call is made.
    pub(super) fn makes_the_call(&self) -> bool {
        !matches!(self, Self::Reply { .. } | Self::Close | Self::Raw(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { status, .. } => write!(formatter, "answered {status}"),
            Self::Close => formatter.write_str("closed without an answer"),
            Self::LoseReply => formatter.write_str("made, closed without an answer"),
            Self::TruncateReply(bytes) => write!(formatter, "answer truncated to {bytes} bytes"),
            Self::Delay(time) => write!(formatter, "delayed by {time:?}"),
            Self::Slow(pause) => write!(formatter, "answer paused by {pause:?} before each byte"),
            Self::Raw(bytes) => write!(formatter, "answered with {} raw bytes", bytes.len()),
        }
    }
}

/// A fault in the telemetry of one subscriber.
///
/// See [`Emulator::inject_telemetry`](super::Emulator::inject_telemetry).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TelemetryFault {
    /// These bytes are sent as a batch of their own.
    Batch(Vec<u8>),
    /// The next batch is sent twice, as if the first answer had been lost.
    Duplicate,
    /// From now on each batch takes the subscriber this long. Events queue up in the meantime, and
    /// are dropped when the queue is full.
    Slow(Duration),
}

/// The injected faults of each call, in the order of injection.
#[derive(Debug, Default)]
pub(super) struct FaultQueue(BTreeMap<Call, VecDeque<Fault>>);

impl FaultQueue {
    pub(super) fn add(&mut self, call: Call, fault: Fault) {
        self.0.entry(call).or_default().push_back(fault);
    }

    /// The faults whose call has not been made.
    pub(super) fn pending(&self) -> Vec<(Call, Fault)> {
        let all = self.0.iter();
        all.flat_map(|(call, faults)| faults.iter().map(|fault| (*call, fault.clone())))
            .collect()
    }

    pub(super) fn take(&mut self, call: Call) -> Option<Fault> {
        self.0.get_mut(&call)?.pop_front()
    }
}
