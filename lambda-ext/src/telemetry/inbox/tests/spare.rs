//! The memory of batches that are done with.

use super::*;

const LARGE: usize = 4 * budget::SMALL_DELIVERY;

/// The capacity of a new buffer for a large delivery.
const NEW: usize = budget::SMALL_DELIVERY;

/// Has the memory of a batch of this capacity given back.
fn give_back(inbox: &Inbox, capacity: usize) {
    inbox.done_with(batch_of(capacity));
}

fn batch_of(capacity: usize) -> TelemetryBatch {
    let mut text = String::with_capacity(capacity);
    text.push_str("[1]");
    TelemetryBatch::new(text, Framing::Array)
}

#[test]
fn what_a_batch_took_is_the_next_ones() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE + 7);
    let buffer = inbox.buffer(LARGE);
    assert_eq!(buffer, b"");
    assert_eq!(buffer.capacity(), LARGE + 7);
    assert_eq!(inbox.buffer(LARGE).capacity(), NEW, "there was one");
}

#[test]
fn of_a_batch_that_is_kept_nothing_is_given_back() {
    let inbox = Inbox::new(BATCHES);
    let kept = batch_of(LARGE + 7);
    inbox.done_with(kept.clone());
    assert_eq!(inbox.buffer(LARGE).capacity(), NEW);
    assert_eq!(kept.as_str(), "[1]");
    inbox.done_with(kept);
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
}

#[test]
fn what_is_far_too_large_or_too_small_waits_for_another() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE);
    for length in [0, 1, LARGE / 2 - 1, LARGE + 1] {
        assert_eq!(inbox.buffer(length).capacity(), length.min(NEW));
    }
    assert_eq!(inbox.buffer(LARGE / 2).capacity(), LARGE);
}

#[test]
fn little_is_kept_and_the_last_only() {
    let inbox = Inbox::new(BATCHES);
    give_back(&inbox, LARGE);
    give_back(&inbox, LARGE + 7);
    give_back(&inbox, budget::SMALL_DELIVERY - 1);
    give_back(&inbox, budget::SPARE + 1);
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
    assert_eq!(inbox.buffer(LARGE - 1).capacity(), NEW);
}

#[tokio::test]
async fn where_batches_are_only_looked_into_they_are_done_with_at_once() {
    let inbox = Inbox::new(Wanted {
        batches: false,
        ..BATCHES
    });
    inbox.put(batch_of(LARGE + 7)).await.unwrap();
    assert_eq!(inbox.buffer(LARGE).capacity(), LARGE + 7);
}
