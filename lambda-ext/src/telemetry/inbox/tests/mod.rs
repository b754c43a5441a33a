//! Batches and items, as tests of the inbox make and look at them.

mod buffer_pool;
mod end_scanner;
mod full;
mod invocations;
mod order;

use super::{Closed, Inbox, Interest, Item, Receipt};
use crate::budget;
use crate::event::{InvokeEvent, ShutdownEvent, ShutdownReason};
use crate::telemetry::TelemetryBatch;
use crate::telemetry::framing::Framing;

/// For a handler of batches.
const BATCHES: Interest = Interest {
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
async fn full(wanted: Interest) -> Inbox {
    let inbox = Inbox::new(wanted);
    inbox.put(half('a')).await.unwrap();
    inbox.put(half('b')).await.unwrap();
    inbox
}

fn begin(inbox: &Inbox, request_id: &str) {
    inbox.begin_invocation(&InvokeEvent {
        request_id: request_id.to_owned(),
        ..InvokeEvent::default()
    });
}

/// Makes every end due.
fn shut_down(inbox: &Inbox) {
    inbox.begin_shutdown(&ShutdownEvent {
        shutdown_reason: ShutdownReason::Spindown,
        deadline_ms: 0,
    });
}

/// Takes the rest at SHUTDOWN: the first few bytes of each batch, the request id of each end.
fn taken(inbox: &Inbox) -> Vec<String> {
    shut_down(inbox);
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
