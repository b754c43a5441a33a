//! Deliveries that the queue has no room for.

use tokio::task::yield_now;
use tokio::time::Instant;

use super::*;
use crate::budget;
use crate::event::InvokeEvent;

/// An inbox that has next to no room left.
async fn full() -> Served {
    let served = Served::by(Protocol::Http);
    served.inbox.begin_invocation(&InvokeEvent {
        request_id: "1".to_owned(),
        ..InvokeEvent::default()
    });
    let mut platform = served.connect().await;
    for mark in ["a", "b"] {
        let body = format!("[\"{}\"]", mark.repeat(budget::QUEUE / 2 - 300));
        assert_eq!(platform.post(&body).await, 200);
    }
    served
}

/// A batch that is noticed even while it waits.
const NOTICED: &str = r#"[{"time":"2026-03-04T09:15:00.660Z","type":"platform.report","record":{"requestId":"1","metrics":{"durationMs":1}}}]"#;

async fn notice(served: &Served) {
    while !served.inbox.is_complete() {
        yield_now().await;
    }
}

#[tokio::test]
async fn response_waits_for_capacity() {
    let served = full().await;
    let mut connection = served.connect().await;
    connection.send(post(NOTICED)).await;
    notice(&served).await;
    served.next().await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued().pop().unwrap(), NOTICED);
    assert_eq!(served.inbox.undelivered().records, 0);
}

#[tokio::test(start_paused = true)]
async fn response_does_not_wait_forever() {
    let served = full().await;
    let began = Instant::now();
    assert_eq!(served.connect().await.post(NOTICED).await, 200);
    assert!(began.elapsed() >= budget::QUEUE_CAPACITY);
    assert_eq!(served.inbox.undelivered().records, 2 + 1);
    assert_eq!(served.queued().len(), 2);
}

#[tokio::test]
async fn retry_of_a_connection_that_broke_while_waiting_is_queued() {
    let served = full().await;
    let mut broken = served.connect().await;
    broken.send(post(NOTICED)).await;
    notice(&served).await;
    drop(broken);
    let mut connection = served.connect().await;
    connection.send(post(NOTICED)).await;
    // Time to notice that the first is gone; if it is not noticed, one of the two is the repeat.
    assert_eq!(served.connect().await.post("").await, 200);
    served.next().await;
    served.next().await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), [NOTICED]);
}

#[tokio::test(start_paused = true)]
async fn large_deliveries_that_wait_for_the_queue_keep_others_from_being_read() {
    let served = full().await;
    let began = Instant::now();
    let mut waiting = Vec::new();
    for mark in ["c", "d", "e"] {
        let port = served.port;
        let body = format!("[\"{}\"]", mark.repeat(budget::DELIVERY - 4));
        waiting.push(tokio::spawn(async move {
            assert_eq!(Connection::to(port).await.post(&body).await, 200);
        }));
    }
    for waiting in waiting {
        waiting.await.unwrap();
    }
    assert!(
        began.elapsed() >= 2 * budget::QUEUE_CAPACITY,
        "all were read at once"
    );
    assert_eq!(served.inbox.undelivered().records, 2 + 3);
}
