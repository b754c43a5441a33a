//! The queue is full: who puts waits for a while, and what is dropped is counted.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::yield_now;
use tokio::time::{Instant, advance};

use super::*;
use crate::telemetry::Dropped;

#[tokio::test]
async fn a_batch_waits_until_there_is_room() {
    let inbox = full(BATCHES).await;
    let mut put = pin!(inbox.put(batch("[1]")));
    assert_eq!((&mut put).now_or_never(), None);
    assert_eq!(name(&inbox.take().await), "[\"aa");
    put.await.unwrap();
    assert_eq!(taken(&inbox), ["[\"bb", "[1]"]);
}

#[tokio::test]
async fn a_batch_that_got_its_room_wakes_the_event_loop() {
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
async fn who_waits_for_room_gets_it_in_the_order_of_asking() {
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
async fn what_waits_too_long_is_dropped_and_told_with_the_next_batch() {
    let inbox = full(BATCHES).await;
    let began = Instant::now();
    inbox.put(batch("[1,2,3]")).await.unwrap();
    inbox.put(batch("[4]")).await.unwrap();
    let held = began.elapsed();
    assert!(held >= 2 * budget::ROOM, "held for {held:?}");
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
async fn what_was_dropped_is_no_repeat() {
    let inbox = full(BATCHES).await;
    inbox.put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    inbox.of_connection().put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[1]"]);
}

#[tokio::test]
async fn what_is_given_up_while_it_waits_makes_no_repeat() {
    let inbox = full(BATCHES).await;
    let mut given_up = Box::pin(inbox.put(batch("[1]")));
    assert_eq!((&mut given_up).now_or_never(), None);
    drop(given_up);
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb"]);
    inbox.of_connection().put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[1]"]);
}

#[tokio::test]
async fn a_repeat_that_waits_beside_the_first_is_one_and_takes_no_room() {
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
async fn a_pause_of_the_process_is_not_held_against_what_waits() {
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
async fn many_small_batches_fill_it_too() {
    let inbox = Inbox::new(BATCHES);
    let mut number = 0;
    while inbox.put(batch(&format!("[{number}]"))).now_or_never() == Some(Ok(())) {
        number += 1;
        assert!(number <= budget::QUEUE / super::super::OVERHEAD);
    }
}

#[tokio::test]
async fn a_batch_that_is_larger_than_the_queue_takes_all_of_it() {
    let inbox = Inbox::new(BATCHES);
    let text = format!("[\"{}\"]", "x".repeat(budget::QUEUE));
    inbox.put(batch(&text)).await.unwrap();
    assert_eq!(inbox.put(batch("[1]")).now_or_never(), None);
    assert_eq!(taken(&inbox), ["[\"xx"]);
    assert_eq!(inbox.put(batch("[1]")).now_or_never(), Some(Ok(())));
}

#[tokio::test]
async fn what_the_event_loop_drops_is_counted_too() {
    let inbox = Inbox::new(BATCHES);
    inbox.put(batch("[1,2]")).await.unwrap();
    let cut = next_batch(&inbox);
    inbox.drop_batch(&cut);
    inbox.put(batch("[3]")).await.unwrap();
    let undelivered = Dropped {
        records: 3,
        bytes: 8,
    };
    assert_eq!(inbox.undelivered(), undelivered);
    assert_eq!(next_batch(&inbox).dropped().records, 2);
}

#[tokio::test]
async fn what_a_dropped_batch_was_to_tell_of_is_told_by_the_next() {
    let inbox = Inbox::new(BATCHES);
    for (text, told) in [("[1,2]", 0), ("[3]", 2), ("[4]", 3)] {
        inbox.put(batch(text)).await.unwrap();
        let cut = next_batch(&inbox);
        assert_eq!(cut.dropped().records, told);
        inbox.drop_batch(&cut);
    }
}

#[tokio::test]
async fn a_closed_inbox_takes_nothing_more_and_tells_what_is_left() {
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
async fn a_batch_that_is_no_json_counts_as_one_event() {
    let inbox = Inbox::new(BATCHES);
    inbox.put(batch("what?")).await.unwrap();
    assert_eq!(inbox.undelivered().records, 1);
    let lines = TelemetryBatch::new("{}\n\n{\n".to_owned(), Framing::Lines);
    inbox.put(lines).await.unwrap();
    assert_eq!(inbox.undelivered().records, 3);
}
