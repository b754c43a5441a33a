//! The memory of batches that are done with.

use super::*;

const LARGE: usize = 4 * budget::SMALL_DELIVERY;

/// The capacity of a new buffer for a large delivery.
const NEW: usize = budget::SMALL_DELIVERY;

/// Has the memory of a batch of this capacity given back.
fn give_back(inbox: &Inbox, capacity: usize) {
    inbox.handled(Receipt::Batch(batch_of(capacity)));
}

fn batch_of(capacity: usize) -> TelemetryBatch {
    let mut text = String::with_capacity(capacity);
    text.push_str("[1]");
    TelemetryBatch::new(text, Framing::Array)
}

#[test]
fn buffer_of_a_handled_batch_is_reused() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE + 7);
    let buffer = inbox.buffer(LARGE);
    assert_eq!(buffer, b"");
    assert_eq!(buffer.capacity(), LARGE + 7);
    assert_eq!(inbox.buffer(LARGE).capacity(), NEW, "there was one");
}

#[test]
fn buffer_of_a_kept_batch_is_not_reused() {
    let inbox = Inbox::new(BATCHES);
    let kept = batch_of(LARGE + 7);
    inbox.handled(Receipt::Batch(kept.clone()));
    assert_eq!(inbox.buffer(LARGE).capacity(), NEW);
    assert_eq!(kept.as_str(), "[1]");
    inbox.handled(Receipt::Batch(kept));
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
}

#[test]
fn buffer_of_another_size_is_not_used() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE);
    for length in [0, 1, LARGE / 2 - 1, LARGE + 1] {
        assert_eq!(inbox.buffer(length).capacity(), length.min(NEW));
    }
    assert_eq!(inbox.buffer(LARGE / 2).capacity(), LARGE);
}

#[test]
fn pool_keeps_one_bounded_buffer() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE);
    give_back(&inbox, LARGE + 7);
    give_back(&inbox, budget::SMALL_DELIVERY - 1);
    give_back(&inbox, budget::POOLED_BUFFER + 1);
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
    assert_eq!(inbox.buffer(LARGE - 1).capacity(), NEW);
}

#[tokio::test]
async fn batch_without_a_handler_is_recycled_at_once() {
    let inbox = Inbox::new(Interest {
        batches: false,
        ..BATCHES
    });
    inbox.put(batch_of(LARGE + 7)).await.unwrap();
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
}
