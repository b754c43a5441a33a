//! The search for the ends of invocations in deliveries.

use std::collections::VecDeque;

use memchr::memmem::Finder;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::item::Interest;
use crate::telemetry::batch::TelemetryBatch;
use crate::telemetry::event::TelemetryEvent;
use crate::telemetry::platform::PlatformReport;
use crate::telemetry::record::TelemetryRecord;
use crate::telemetry::runtime_done::RuntimeDone;

/// A record that tells the end of an invocation.
#[derive(Debug)]
pub(in crate::telemetry) enum End {
    Done(Box<RuntimeDone>),
    Report(Box<PlatformReport<'static>>),
}

impl End {
    fn request_id(&self) -> &str {
        match self {
            Self::Done(done) => done.request_id(),
            Self::Report(report) => &report.request_id,
        }
    }
}

/// The ends in a delivery.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Ends {
    pub(super) ends: VecDeque<End>,
    /// The ends for `runtime_done` that are not among them, because they are too many or too long.
    pub(super) dropped: u64,
}

const RUNTIME_DONE: &str = "platform.runtimeDone";
const REPORT: &str = "platform.report";

/// The most ends of one delivery that are kept, and the most that are queued: they take no capacity, so that a
/// full queue does not delay them. Only a process that makes them up sends more.
pub(super) const MOST_ENDS: usize = 64;

/// The longest JSON of an end, in bytes. A longer one is dropped, because ends take no capacity.
const LONGEST_END: usize = 16 << 10;

/// The longest request id that is remembered, in bytes. Lambda's have 36.
const LONGEST_ID: usize = 256;

/// The bytes that are searched before other tasks run.
const BYTES_PER_TURN: usize = 64 << 10;

/// Searches deliveries for the ends of invocations.
#[derive(Debug)]
pub(super) struct EndScanner {
    pub(super) interest: Interest,
    /// The common prefix of both types.
    prefix: Finder<'static>,
    /// One delivery is searched at a time, because the ends that are found take memory.
    turn: Semaphore,
}

impl EndScanner {
    pub(super) fn new(interest: Interest) -> Self {
        Self {
            interest,
            prefix: Finder::new("platform.r"),
            turn: Semaphore::new(1),
        }
    }

    /// Finds the ends that matter while this invocation runs: at most the last [`MOST_ENDS`], and always its
    /// own. Most batches have none, and are not decoded.
    pub(super) async fn find(&self, batch: &TelemetryBatch, running: Option<&str>) -> Ends {
        let mut found = Ends::default();
        let text = batch.as_str();
        let mut candidates = self.prefix.find_iter(text.as_bytes());
        let matters = |at| {
            text.get(at..)
                .is_some_and(|at| self.may_matter(at, running))
        };
        if !candidates.any(matters) {
            return found;
        }
        let _turn = self.turn.acquire().await;
        let mut searched = 0;
        for event in batch {
            searched += event.as_json().len() + 1;
            self.add(event, running, &mut found);
            if searched >= BYTES_PER_TURN {
                searched = 0;
                yield_now().await;
            }
        }
        found
    }

    fn add(&self, event: TelemetryEvent<'_>, running: Option<&str>, found: &mut Ends) {
        let Some(request_id) = event.record.request_id() else {
            return;
        };
        let is_bounded = event.as_json().len() <= LONGEST_END && request_id.len() <= LONGEST_ID;
        let end = match event.record {
            TelemetryRecord::PlatformReport(report) if is_bounded => {
                End::Report(report.into_owned().into())
            }
            TelemetryRecord::PlatformRuntimeDone(_) if self.interest.runtime_done => {
                let done = is_bounded.then(|| RuntimeDone::new(&event)).flatten();
                let Some(done) = done else {
                    found.dropped += 1;
                    return;
                };
                End::Done(Box::new(done))
            }
            _ => return,
        };
        if found.ends.len() == MOST_ENDS {
            let is_other = |end: &End| Some(end.request_id()) != running;
            let at = found.ends.iter().position(is_other).unwrap_or_default();
            if let Some(End::Done(_)) = found.ends.remove(at) {
                found.dropped += 1;
            }
        }
        found.ends.push_back(end);
    }

    /// Tells whether text that begins with the prefix may be the type of an end that matters.
    fn may_matter(&self, text: &str, running: Option<&str>) -> bool {
        if self.interest.runtime_done {
            return text.starts_with(RUNTIME_DONE) || text.starts_with(REPORT);
        }
        let (Some(report), Some(running), true) =
            (text.strip_prefix(REPORT), running, self.interest.reports)
        else {
            return false;
        };
        // Only the report of the running invocation is used.
        let request_id = report.strip_prefix(r#"","record":{"requestId":""#);
        request_id.is_none_or(|request_id| request_id.starts_with(running))
    }
}
