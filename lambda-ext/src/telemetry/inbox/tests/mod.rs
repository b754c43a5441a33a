//! Batches and items, as tests of the inbox make and look at them.

mod ends;
mod full;
mod order;
mod spare;

use super::{Closed, Inbox, Item, Wanted};
use crate::budget;
use crate::telemetry::TelemetryBatch;
use crate::telemetry::batch::Framing;

/// For a handler of batches.
const BATCHES: Wanted = Wanted {
    batches: true,
    runtime_done: false,
    reports: false,
};

fn batch(text: &str) -> TelemetryBatch {
    TelemetryBatch::new(text.to_owned(), Framing::Array)
}

/// A batch of one event that takes half of the queue's room.
fn half(mark: char) -> TelemetryBatch {
    let length = budget::QUEUE / 2 - super::OVERHEAD;
    batch(&format!("[\"{}\"]", mark.to_string().repeat(length - 4)))
}

/// An inbox that has no room left, for anything.
async fn full(wanted: Wanted) -> Inbox {
    let inbox = Inbox::new(wanted);
    inbox.put(half('a')).await.unwrap();
    inbox.put(half('b')).await.unwrap();
    inbox
}

/// What is queued: the first few bytes of a batch, the request id of an end.
fn taken(inbox: &Inbox) -> Vec<String> {
    std::iter::from_fn(|| inbox.try_take())
        .map(|item| name(&item))
        .collect()
}

fn name(item: &Item) -> String {
    match item {
        Item::Batch(batch) => batch.as_str().chars().take(4).collect(),
        Item::RuntimeDone(done) => done.request_id().to_owned(),
    }
}

fn next_batch(inbox: &Inbox) -> TelemetryBatch {
    match inbox.try_take() {
        Some(Item::Batch(batch)) => batch,
        other => panic!("a batch, not {other:?}"),
    }
}
