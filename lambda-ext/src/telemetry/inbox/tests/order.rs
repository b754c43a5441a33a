//! What comes is taken once, in the order in which it came.

use futures_util::FutureExt;

use super::*;

#[tokio::test]
async fn batches_are_taken_in_the_order_in_which_they_came() {
    let inbox = Inbox::new(BATCHES);
    for text in ["[1]", "[2]", "[3]"] {
        inbox.put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["[1]", "[2]", "[3]"]);
}

#[tokio::test]
async fn who_waits_is_woken_by_what_comes() {
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
async fn a_take_that_is_given_up_takes_nothing() {
    let inbox = Inbox::new(BATCHES);
    let mut given_up = Box::pin(inbox.take());
    assert_eq!((&mut given_up).now_or_never(), None);
    inbox.put(batch("[1]")).await.unwrap();
    drop(given_up);
    assert_eq!(name(&inbox.take().await), "[1]");
}

#[tokio::test]
async fn a_batch_that_is_repeated_is_ignored() {
    let inbox = Inbox::new(BATCHES);
    for text in ["[1]", "[2]", "[1]", "[3]", "[2]"] {
        inbox.put(batch(text)).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["[1]", "[2]", "[3]"]);
    inbox.put(batch("[3]")).await.unwrap();
    assert_eq!(taken(&inbox), [""; 0], "it was taken meanwhile");
}

#[tokio::test]
async fn a_repeat_is_known_among_the_last_64() {
    let inbox = Inbox::new(BATCHES);
    for number in 0..64 {
        inbox.put(batch(&format!("[{number}]"))).await.unwrap();
    }
    assert_eq!(taken(&inbox).len(), 64);
    inbox.put(batch("[0]")).await.unwrap();
    assert_eq!(taken(&inbox), [""; 0]);
    inbox.put(batch("[64]")).await.unwrap();
    inbox.put(batch("[0]")).await.unwrap();
    assert_eq!(taken(&inbox), ["[64]", "[0]"]);
}

#[tokio::test]
async fn equal_lines_are_no_repeats() {
    let inbox = Inbox::new(BATCHES);
    for _ in 0..2 {
        let lines = TelemetryBatch::new("{}\n".to_owned(), Framing::Lines);
        inbox.put(lines).await.unwrap();
    }
    assert_eq!(taken(&inbox), ["{}\n", "{}\n"]);
}

#[tokio::test]
async fn what_has_no_events_is_not_handed_over() {
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
