//! The queue is full: who puts waits for a while, and what is dropped is counted.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::yield_now;
use tokio::time::{Instant, advance};

use super::*;
use crate::telemetry::Dropped;

#[tokio::test]
async fn batch_waits_for_capacity() {
    let inbox = full(BATCHES).await;
    let mut put = pin!(inbox.put(batch("[1]")));
    assert_eq!((&mut put).now_or_never(), None);
    assert_eq!(name(&inbox.take().await), "[\"aa");
    put.await.unwrap();
    assert_eq!(taken(&inbox), ["[\"bb", "[1]"]);
}

#[tokio::test]
async fn batch_that_waited_wakes_the_event_loop() {
    let inbox = full(BATCHES).await;
    let mut put = pin!(inbox.put(batch("[1]")));
    assert_eq!((&mut put).now_or_never(), None);
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    let waiting = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.take().await }
    });
    yield_now().await;
    put.await.unwrap();
    assert_eq!(name(&waiting.await.unwrap()), "[1]");
}

#[tokio::test]
async fn waiting_batches_get_capacity_in_order() {
    let inbox = full(BATCHES).await;
    let mut large = Box::pin(inbox.put(half('c')));
    let mut small = Box::pin(inbox.put(batch("[1]")));
    assert_eq!((&mut large).now_or_never(), None);
    assert_eq!((&mut small).now_or_never(), None);
    inbox.try_take().unwrap();
    assert_eq!((&mut small).now_or_never(), None, "it would overtake");
    large.await.unwrap();
    inbox.try_take().unwrap();
    small.await.unwrap();
    assert_eq!(taken(&inbox), ["[\"cc", "[1]"]);
}

#[tokio::test(start_paused = true)]
async fn batch_that_waits_too_long_is_dropped_and_the_next_one_tells() {
    let inbox = full(BATCHES).await;
    let began = Instant::now();
    inbox.put(batch("[1,2,3]")).await.unwrap();
    inbox.put(batch("[4]")).await.unwrap();
    let held = began.elapsed();
    assert!(held >= 2 * budget::QUEUE_CAPACITY, "held for {held:?}");
    let dropped = Dropped {
        records: 4,
        bytes: 10,
    };
    assert_eq!(inbox.undelivered().records, 2 + dropped.records);
    assert_eq!(next_batch(&inbox).dropped(), dropped);
    assert_eq!(next_batch(&inbox).dropped(), Dropped::default());
    assert_eq!(inbox.undelivered(), Dropped::default());
}

#[tokio::test(start_paused = true)]
async fn retry_of_a_dropped_batch_is_queued() {
    let inbox = full(BATCHES).await;
    inbox.put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    inbox.of_connection().put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[1]"]);
}

#[tokio::test]
async fn retry_of_a_cancelled_batch_is_queued() {
    let inbox = full(BATCHES).await;
    let mut given_up = Box::pin(inbox.put(batch("[1]")));
    assert_eq!((&mut given_up).now_or_never(), None);
    drop(given_up);
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    inbox.of_connection().put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[1]"]);
}

#[tokio::test]
async fn repeated_batch_that_waits_takes_no_capacity() {
    let inbox = full(BATCHES).await;
    let mut first = pin!(inbox.put(half('c')));
    let connection = inbox.of_connection();
    let mut repeat = pin!(connection.put(half('c')));
    assert_eq!((&mut first).now_or_never(), None);
    assert_eq!((&mut repeat).now_or_never(), None);
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    first.await.unwrap();
    repeat.await.unwrap();
    assert_eq!(inbox.put(half('d')).now_or_never(), Some(Ok(())));
    assert_eq!(taken(&inbox), ["[\"cc", "[\"dd"]);
}

#[tokio::test(start_paused = true)]
async fn batch_that_waits_during_a_freeze_is_queued() {
    let inbox = full(BATCHES).await;
    let mut put = pin!(inbox.put(batch("[1]")));
    assert_eq!((&mut put).now_or_never(), None);
    advance(Duration::from_secs(600)).await;
    assert_eq!((&mut put).now_or_never(), None);
    inbox.try_take().unwrap();
    put.await.unwrap();
    assert_eq!(taken(&inbox), ["[\"bb", "[1]"]);
}

#[tokio::test]
async fn small_batches_fill_the_queue() {
    let inbox = Inbox::new(BATCHES);
    let mut number = 0;
    while inbox.put(batch(&format!("[{number}]"))).now_or_never() == Some(Ok(())) {
        number += 1;
        assert!(number <= budget::QUEUE / super::super::OVERHEAD);
    }
}

#[tokio::test]
async fn batch_larger_than_the_queue_takes_all_capacity() {
    let inbox = Inbox::new(BATCHES);
    let text = format!("[\"{}\"]", "x".repeat(budget::QUEUE));
    inbox.put(batch(&text)).await.unwrap();
    assert_eq!(inbox.put(batch("[1]")).now_or_never(), None);
    assert_eq!(taken(&inbox), ["[\"xx"]);
    assert_eq!(inbox.put(batch("[1]")).now_or_never(), Some(Ok(())));
}

#[tokio::test]
async fn cancelled_batch_is_counted_as_dropped() {
    let inbox = Inbox::new(BATCHES);
    inbox.put(batch("[1,2]")).await.unwrap();
    let cut = next_batch(&inbox);
    inbox.cancelled(&Receipt::Batch(cut));
    inbox.put(batch("[3]")).await.unwrap();
    let undelivered = Dropped {
        records: 3,
        bytes: 8,
    };
    assert_eq!(inbox.undelivered(), undelivered);
    assert_eq!(next_batch(&inbox).dropped().records, 2);
}

#[tokio::test]
async fn losses_of_a_dropped_batch_are_told_by_the_next() {
    let inbox = Inbox::new(BATCHES);
    for (text, told) in [("[1,2]", 0), ("[3]", 2), ("[4]", 3)] {
        inbox.put(batch(text)).await.unwrap();
        let cut = next_batch(&inbox);
        assert_eq!(cut.dropped().records, told);
        inbox.cancelled(&Receipt::Batch(cut));
    }
}

#[tokio::test]
async fn closed_inbox_takes_nothing_and_returns_what_is_left() {
    let inbox = full(BATCHES).await;
    let mut waits = pin!(inbox.put(batch("[1]")));
    assert_eq!((&mut waits).now_or_never(), None);
    assert_eq!(inbox.close().0.records, 2);
    assert_eq!(waits.await, Err(Closed));
    assert_eq!(taken(&inbox).len(), 2);
    assert_eq!(inbox.put(batch("[2]")).await, Err(Closed));
    assert_eq!(inbox.undelivered(), Dropped::default());
}

#[tokio::test]
async fn malformed_batch_counts_as_one_event() {
    let inbox = Inbox::new(BATCHES);
    inbox.put(batch("what?")).await.unwrap();
    assert_eq!(inbox.undelivered().records, 1);
    let lines = TelemetryBatch::new("{}\n\n{\n".to_owned(), Framing::Lines);
    inbox.put(lines).await.unwrap();
    assert_eq!(inbox.undelivered().records, 3);
}
