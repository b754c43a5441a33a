//! Deliveries by TCP.

use tokio::task::yield_now;
use tokio::time::sleep;

use super::*;
use crate::budget;

/// What comes, until so many bytes have.
async fn next_bytes(served: &Served, count: usize) -> String {
    let mut text = String::new();
    while text.len() < count {
        text.push_str(&served.next().await);
    }
    text
}

#[tokio::test]
async fn lines_that_came_together_are_a_batch() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    connection.send("{\"a\":1}\n{\"a\":2}\n{\"a\":").await;
    assert_eq!(served.next().await, "{\"a\":1}\n{\"a\":2}\n");
    connection.send("3}\n").await;
    assert_eq!(served.next().await, "{\"a\":3}\n");
}

#[tokio::test]
async fn line_may_arrive_byte_by_byte() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    let line = "{\"record\":\"grüße 🦀\"}\n";
    for byte in line.bytes() {
        connection.send([byte]).await;
        yield_now().await;
    }
    assert_eq!(served.next().await, line);
}

#[tokio::test]
async fn last_line_needs_no_line_feed() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    connection.send("{\"a\":1}\n{\"a\":2}").await;
    drop(connection);
    assert_eq!(next_bytes(&served, 15).await, "{\"a\":1}\n{\"a\":2}");
}

#[tokio::test]
async fn second_connection_is_served() {
    let served = Served::by(Protocol::Tcp);
    for number in 0..10 {
        let mut connection = served.connect().await;
        let line = format!("{{\"a\":{number}}}\n");
        connection.send(&line).await;
        drop(connection);
        assert_eq!(served.next().await, line);
    }
}

#[tokio::test]
async fn connections_do_not_mix_their_lines() {
    let served = Served::by(Protocol::Tcp);
    let mut first = served.connect().await;
    let mut second = served.connect().await;
    first.send("{\"a\":").await;
    second.send("{\"b\":2}\n").await;
    assert_eq!(served.next().await, "{\"b\":2}\n");
    first.send("1}\n").await;
    assert_eq!(served.next().await, "{\"a\":1}\n");
}

#[tokio::test]
async fn line_that_is_too_long_is_dropped_and_the_next_is_kept() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    let long = format!("{}\n", "x".repeat(2 * budget::DELIVERY));
    connection.send("1\n").await;
    assert_eq!(served.next().await, "1\n");
    connection.send(format!("{long}2\n")).await;
    let Item::Batch(batch) = served.inbox.take().await else {
        panic!("a batch");
    };
    assert_eq!(batch.as_str(), "2\n");
    let dropped = batch.dropped();
    assert_eq!(dropped.records, 1);
    assert_eq!(dropped.bytes, long.len() as u64);
    connection.send("3\n4\n").await;
    assert_eq!(served.next().await, "3\n4\n");
}

#[tokio::test]
async fn text_that_is_not_json_is_kept() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    connection.send(b"\n  \n").await;
    connection.send(b"wh\xffat?\n").await;
    drop(connection);
    let text = next_bytes(&served, 7).await;
    assert_eq!(text.trim_start(), "wh?at?\n");
}

#[tokio::test]
async fn full_queue_delays_a_connection() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    let line = format!("{}\n", "x".repeat(1000));
    let count = 3 * budget::QUEUE / line.len();
    let sending = tokio::spawn(async move {
        for _ in 0..count {
            connection.send(&line).await;
        }
    });
    let mut came = 0;
    while came < count {
        came += served.next().await.lines().count();
    }
    sending.await.unwrap();
    assert_eq!(served.inbox.undelivered().records, 0);
}

#[tokio::test(start_paused = true)]
async fn line_without_capacity_is_dropped_after_a_timeout() {
    let served = Served::by(Protocol::Tcp);
    let mut connection = served.connect().await;
    let line = format!("{}\n", "x".repeat(budget::QUEUE / 4 - 1));
    for _ in 0..6 {
        connection.send(&line).await;
    }
    drop(connection);
    while served.inbox.undelivered().bytes < 6 * line.len() as u64 {
        sleep(budget::QUEUE_CAPACITY).await;
    }
    assert_eq!(served.inbox.undelivered().records, 6);
    let queued: usize = served.queued().iter().map(String::len).sum();
    assert!((1..=budget::QUEUE).contains(&queued), "{queued}");
}
