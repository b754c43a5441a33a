//! What comes is taken once, in the order in which it came.

use futures_util::FutureExt;

use super::*;

#[tokio::test]
async fn batches_are_taken_in_order_of_arrival() {
    let inbox = Inbox::new(BATCHES);
    for text in ["[1]", "[2]", "[3]"] {
        inbox.put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["[1]", "[2]", "[3]"]);
}

#[tokio::test]
async fn batch_wakes_the_event_loop() {
    let inbox = Inbox::new(BATCHES);
    let waiting = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.take().await }
    });
    tokio::task::yield_now().await;
    inbox.put(batch("[1]")).await.unwrap();
    assert_eq!(name(&waiting.await.unwrap()), "[1]");
}

#[tokio::test]
async fn cancelled_take_takes_nothing() {
    let inbox = Inbox::new(BATCHES);
    let mut given_up = Box::pin(inbox.take());
    assert_eq!((&mut given_up).now_or_never(), None);
    inbox.put(batch("[1]")).await.unwrap();
    drop(given_up);
    assert_eq!(name(&inbox.take().await), "[1]");
}

#[tokio::test]
async fn last_batch_of_a_connection_is_ignored_on_another() {
    let inbox = Inbox::new(BATCHES);
    let first = inbox.of_connection();
    for text in ["[1]", "[2]"] {
        first.put(batch(text)).await.unwrap();
    }
    let second = inbox.of_connection();
    for text in ["[3]", "[2]", "[4]"] {
        second.put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["[1]", "[2]", "[3]", "[4]"]);
    inbox.of_connection().put(batch("[4]")).await.unwrap();
    assert_eq!(taken(&inbox), [""; 0], "it was taken meanwhile");
}

#[tokio::test]
async fn older_batches_of_a_connection_are_not_repeated() {
    let inbox = Inbox::new(BATCHES);
    let first = inbox.of_connection();
    for text in ["[1]", "[1]", "[2]"] {
        first.put(batch(text)).await.unwrap();
    }
    inbox.of_connection().put(batch("[1]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[1]", "[1]", "[2]", "[1]"]);
}

#[tokio::test]
async fn repeated_batch_is_recognised_among_64_connections() {
    let inbox = Inbox::new(BATCHES);
    for number in 0..64 {
        let connection = inbox.of_connection();
        connection.put(batch(&format!("[{number}]"))).await.unwrap();
    }
    assert_eq!(taken(&inbox).len(), 64);
    let connection = inbox.of_connection();
    connection.put(batch("[0]")).await.unwrap();
    assert_eq!(taken(&inbox), [""; 0]);
    connection.put(batch("[64]")).await.unwrap();
    inbox.of_connection().put(batch("[0]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[64]", "[0]"]);
}

#[tokio::test]
async fn batch_that_differs_at_either_end_or_in_length_is_queued() {
    let inbox = Inbox::new(BATCHES);
    let middle = "x".repeat(1 << 20);
    let texts = [
        format!("[\"a{middle}a\"]"),
        format!("[\"b{middle}a\"]"),
        format!("[\"a{middle}b\"]"),
        format!("[\"a{middle}xa\"]"),
    ];
    for text in &texts {
        inbox.of_connection().put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox).len(), texts.len());
    for text in &texts {
        inbox.of_connection().put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), [""; 0]);
}

#[tokio::test]
async fn equal_lines_are_queued() {
    let inbox = Inbox::new(BATCHES);
    for _ in 0..2 {
        let lines = TelemetryBatch::new("{}\n".to_owned(), Framing::Lines);
        inbox.of_connection().put(lines).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["{}\n", "{}\n"]);
}

#[tokio::test]
async fn batch_without_events_is_not_delivered() {
    let inbox = Inbox::new(BATCHES);
    for text in ["", "[]", " [ ]\n"] {
        inbox.put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), [""; 0]);
    // Nobody knows what this is, but it is something.
    inbox.put(batch("[[}")).await.unwrap();
    inbox.put(batch("[[]]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[[}", "[[]]"]);
}
