//! The ends of invocations, found in deliveries.

use std::collections::VecDeque;

use memchr::memmem::Finder;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::queue::MOST_ENDS;
use super::recent::Recent;
use super::{Item, RuntimeDone, TelemetryBatch, Wanted};
use crate::telemetry::{PlatformReport, TelemetryEvent, TelemetryRecord, Timestamp};

/// What tells of an invocation's end.
#[derive(Debug)]
pub(in crate::telemetry) enum End {
    Done(Box<RuntimeDone>),
    Report(Box<PlatformReport<'static>>),
}

const REPORT: &str = "platform.report";

/// The most of the JSON of an end, in bytes. A longer one is ignored, since ends take no room in the
/// queue.
const MOST_BYTES: usize = 16 << 10;

/// The most of a request id that is remembered, in bytes. Lambda's have 36.
const MOST_ID: usize = 256;

/// The bytes that are searched before other tasks have their turn.
const TURN: usize = 64 << 10;

/// Searches deliveries for the ends of invocations.
#[derive(Debug)]
pub(super) struct EndScanner {
    pub(super) wanted: Wanted,
    /// What both their types begin with.
    mark: Finder<'static>,
    /// Deliveries are searched one at a time, because the ends that are found take memory.
    turn: Semaphore,
}

impl EndScanner {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            mark: Finder::new("platform.r"),
            turn: Semaphore::new(1),
        }
    }

    /// Finds the ends that are wanted while this invocation runs, at most the last [`MOST_ENDS`]. Most
    /// batches have none, and are not read for it.
    pub(super) async fn find(&self, batch: &TelemetryBatch, begun: Option<&str>) -> VecDeque<End> {
        let mut ends = VecDeque::new();
        let text = batch.as_str();
        let mut marks = self.mark.find_iter(text.as_bytes());
        let is_wanted = |at| text.get(at..).is_some_and(|at| self.may_want(at, begun));
        if !marks.any(is_wanted) {
            return ends;
        }
        let _turn = self.turn.acquire().await;
        let mut searched = 0;
        for event in batch {
            searched += event.as_json().len() + 1;
            if let Some(end) = self.end(event) {
                if ends.len() == MOST_ENDS {
                    ends.pop_front();
                }
                ends.push_back(end);
            }
            if searched >= TURN {
                searched = 0;
                yield_now().await;
            }
        }
        ends
    }

    fn end(&self, event: TelemetryEvent<'_>) -> Option<End> {
        let is_short = event.as_json().len() <= MOST_BYTES;
        let has_id = |request_id: &str| request_id.len() <= MOST_ID;
        if !is_short || !event.record.request_id().is_some_and(has_id) {
            return None;
        }
        match event.record {
            TelemetryRecord::PlatformReport(report) => {
                Some(End::Report(report.into_owned().into()))
            }
            _ if self.wanted.runtime_done => RuntimeDone::new(&event).map(Box::new).map(End::Done),
            _ => None,
        }
    }

    /// Whether that is wanted whose type this may be.
    fn may_want(&self, text: &str, begun: Option<&str>) -> bool {
        if self.wanted.runtime_done {
            return text.starts_with("platform.runtimeDone") || text.starts_with(REPORT);
        }
        let (Some(report), Some(begun), true) =
            (text.strip_prefix(REPORT), begun, self.wanted.reports)
        else {
            return false;
        };
        // Only its own report is asked for.
        let request_id = report.strip_prefix(r#"","record":{"requestId":""#);
        request_id.is_none_or(|request_id| request_id.starts_with(begun))
    }
}

/// What is known of the last invocations.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Those that are done, and when they were: one that is tried again has the same request id.
    done: Recent<(String, Timestamp<'static>)>,
    /// The invocation that began last.
    begun: Option<String>,
    /// Those that have ended since they last began.
    ended: Recent<String>,
    /// Those that there is a report of since they last began.
    reported: Recent<String>,
    /// The last one.
    report: Option<Box<PlatformReport<'static>>>,
}

impl Ends {
    /// Takes note of them, in their order; returns those invocations that were not known to be
    /// done.
    pub(super) fn note(&mut self, ends: VecDeque<End>) -> Vec<Item> {
        ends.into_iter()
            .filter_map(|end| self.note_one(end))
            .collect()
    }

    fn note_one(&mut self, end: End) -> Option<Item> {
        let mut done = match end {
            End::Done(done) => done,
            End::Report(report) => {
                self.reported.add(report.request_id.clone().into_owned());
                self.report = Some(report);
                return None;
            }
        };
        let key = (done.request_id().to_owned(), done.time.clone());
        if self.done.contains(&key) {
            return None;
        }
        let previous = self.done.last().map(|(request_id, _)| &**request_id);
        let report = self
            .report
            .take_if(|report| Some(&*report.request_id) == previous);
        done.previous_report = report.map(|report| *report);
        self.ended.add(done.request_id().to_owned());
        self.done.add(key);
        Some(Item::RuntimeDone(done))
    }

    pub(super) fn begin(&mut self, request_id: &str) {
        self.ended.forget(request_id);
        self.reported.forget(request_id);
        self.begun = Some(request_id.to_owned());
    }

    pub(super) fn begun(&self) -> Option<String> {
        self.begun.clone()
    }

    pub(super) fn has_end_of(&self, request_id: &str) -> bool {
        self.ended.contains(request_id)
    }

    pub(super) fn has_report_of(&self, request_id: &str) -> bool {
        self.reported.contains(request_id)
    }
}
