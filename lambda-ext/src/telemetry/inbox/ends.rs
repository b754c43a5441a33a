//! The ends of invocations, as they are spotted in what comes.

use memchr::memmem::Finder;

use super::recent::Recent;
use super::{Item, RuntimeDone, TelemetryBatch, Wanted};
use crate::telemetry::{PlatformReport, TelemetryEvent, TelemetryRecord, Timestamp};

/// What tells of an invocation's end.
#[derive(Debug)]
pub(super) enum End {
    Done(Box<RuntimeDone>),
    Report(Box<PlatformReport<'static>>),
}

const REPORT: &str = "platform.report";

/// The most of an end, in bytes: what is longer is none, and costs no room beside its batch.
const MOST_BYTES: usize = 16 << 10;

/// Looks for the ends in what comes.
#[derive(Debug)]
pub(super) struct Spotter {
    pub(super) wanted: Wanted,
    /// What both their types begin with.
    mark: Finder<'static>,
}

impl Spotter {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            mark: Finder::new("platform.r"),
        }
    }

    /// Finds what is wanted while this invocation runs. Most batches have none of it, and are not read
    /// for it.
    pub(super) fn find(&self, batch: &TelemetryBatch, begun: Option<&str>) -> Vec<End> {
        let text = batch.as_str();
        let mut marks = self.mark.find_iter(text.as_bytes());
        let is_wanted = |at| text.get(at..).is_some_and(|at| self.may_want(at, begun));
        if !marks.any(is_wanted) {
            return Vec::new();
        }
        let is_short = |event: &TelemetryEvent<'_>| event.as_json().len() <= MOST_BYTES;
        let end = |event| match event {
            TelemetryEvent {
                record: TelemetryRecord::PlatformReport(report),
                ..
            } => Some(End::Report(report.into_owned().into())),
            event if self.wanted.runtime_done => {
                RuntimeDone::new(&event).map(Box::new).map(End::Done)
            }
            _ => None,
        };
        batch.iter().filter(is_short).filter_map(end).collect()
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
    pub(super) fn note(&mut self, ends: Vec<End>) -> Vec<Item> {
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
