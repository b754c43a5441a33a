//! The ends of invocations, as they are spotted in what comes.

use serde_json::Value;

use super::recent::Recent;
use super::{RuntimeDone, TelemetryBatch, Wanted};

/// What tells that an invocation has ended.
#[derive(Debug)]
pub(super) enum End {
    Done(RuntimeDone),
    Report(String),
}

/// Looks for what is wanted. Most batches have none, and are not decoded for it.
pub(super) fn find(batch: &TelemetryBatch, wanted: Wanted) -> Vec<End> {
    let text = batch.as_str();
    let is_done = wanted.runtime_done && text.contains("platform.runtimeDone");
    let is_report = (wanted.runtime_done || wanted.reports) && text.contains("platform.report");
    if !is_done && !is_report {
        return Vec::new();
    }
    let values: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let end = |value: Value| {
        let id = value["record"]["requestId"].as_str()?.to_owned();
        match value["type"].as_str()? {
            "platform.runtimeDone" if is_done => Some(End::Done(RuntimeDone { request_id: id })),
            "platform.report" => Some(End::Report(id)),
            _ => None,
        }
    };
    values.into_iter().filter_map(end).collect()
}

/// What is known of the last invocations.
#[derive(Debug, Default)]
pub(super) struct Ends {
    done: Recent<String>,
    reported: Recent<String>,
}

impl Ends {
    /// Takes note of them, in their order; returns the ends that were not known.
    pub(super) fn note(&mut self, ends: Vec<End>) -> Vec<RuntimeDone> {
        let mut news = Vec::new();
        for end in ends {
            match end {
                End::Done(done) if !self.done.contains(&done.request_id) => {
                    self.done.add(done.request_id.clone());
                    news.push(done);
                }
                End::Done(_) => {}
                End::Report(id) => self.reported.add(id),
            }
        }
        news
    }

    pub(super) fn has_report_of(&self, request_id: &str) -> bool {
        self.reported.contains(&request_id.to_owned())
    }
}
