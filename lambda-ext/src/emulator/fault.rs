//! What a test wants to go wrong.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use super::Call;

/// What goes wrong with one call, instead of a good answer.
///
/// See [`Emulator::inject`](super::Emulator::inject).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call is not made, and answered with this status and body.
    Reply {
        /// The status.
        status: u16,
        /// The body, sent as JSON.
        body: String,
    },
    /// The call is not made; the connection is closed without an answer.
    Close,
    /// The call is made, but the connection is closed instead of the answer.
    Lose,
    /// The call is made; of its answer, head included, this many bytes come, then the connection is
    /// closed. An answer that is shorter comes whole, and nothing is closed.
    Cut(usize),
    /// The call is made after this time.
    Delay(Duration),
    /// The call is made; its answer comes byte by byte, with this pause before each.
    Slow(Duration),
    /// The call is not made; these bytes come, which need not be HTTP, then the connection is closed.
    Raw(Vec<u8>),
}

impl Fault {
    /// Whether the call is made nevertheless.
    pub(super) fn makes_the_call(&self) -> bool {
        !matches!(self, Self::Reply { .. } | Self::Close | Self::Raw(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { status, .. } => write!(formatter, "answered {status}"),
            Self::Close => formatter.write_str("closed without an answer"),
            Self::Lose => formatter.write_str("made, and closed without an answer"),
            Self::Cut(bytes) => write!(formatter, "the answer is cut after {bytes} bytes"),
            Self::Delay(time) => write!(formatter, "delayed by {time:?}"),
            Self::Slow(pause) => write!(formatter, "the answer has a pause of {pause:?} a byte"),
            Self::Raw(bytes) => write!(formatter, "answered with {} bytes of choice", bytes.len()),
        }
    }
}

/// What goes wrong with the telemetry of one subscriber.
///
/// See [`Emulator::inject_telemetry`](super::Emulator::inject_telemetry).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TelemetryFault {
    /// This is sent as a batch of its own, whatever it is.
    Batch(Vec<u8>),
    /// The next batch is sent twice, as if the first answer had been lost.
    Repeat,
    /// From now on the subscriber is taken for one that needs this long for each batch: what is
    /// produced meanwhile waits, and is dropped when it gets too much.
    Slow(Duration),
}

/// The faults that wait for their call, first in first out.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<Call, VecDeque<Fault>>);

impl Faults {
    pub(super) fn add(&mut self, call: Call, fault: Fault) {
        self.0.entry(call).or_default().push_back(fault);
    }

    /// Those whose call has not come.
    pub(super) fn pending(&self) -> Vec<(Call, Fault)> {
        let all = self.0.iter();
        all.flat_map(|(call, faults)| faults.iter().map(|fault| (*call, fault.clone())))
            .collect()
    }

    pub(super) fn take(&mut self, call: Call) -> Option<Fault> {
        self.0.get_mut(&call)?.pop_front()
    }
}
