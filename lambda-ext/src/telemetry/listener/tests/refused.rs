//! Requests that bring no batch.

use super::*;
use crate::budget;

#[tokio::test]
async fn other_methods_are_refused() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for method in ["GET", "DELETE", "PATCH"] {
        connection.send(head(method, "Content-Length: 0")).await;
        let answer = connection.head().await;
        assert_eq!(answer[0], "HTTP/1.1 405 Method Not Allowed");
        assert!(
            answer.iter().any(|line| line == "allow: POST, PUT"),
            "{answer:?}"
        );
    }
    assert_eq!(connection.post("[1]").await, 200, "they cost no connection");
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn body_announced_as_too_large_is_refused_unread() {
    let served = Served::by(Protocol::Http);
    let least = budget::DELIVERY as u64 + 1;
    for length in [least, u64::from(u32::MAX) + 2, u64::MAX - 2] {
        let mut connection = served.connect().await;
        let header = format!("Content-Length: {length}");
        connection.send(head("POST", &header)).await;
        let answer = connection.head().await;
        assert_eq!(answer[0], "HTTP/1.1 413 Payload Too Large");
        let closes = answer.iter().any(|line| line == "connection: close");
        assert!(closes, "{answer:?}");
        assert_eq!(connection.ended().await, "");
    }
    assert_eq!(served.connect().await.post("[1]").await, 200);
}

#[tokio::test]
async fn chunked_body_that_is_too_large_is_refused() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let head = head("POST", "Transfer-Encoding: chunked");
    let length = budget::DELIVERY + 1;
    connection.send(format!("{head}{length:x}\r\n")).await;
    connection.send(vec![b'x'; length]).await;
    assert_eq!(connection.answer().await, 413);
    assert_eq!(connection.ended().await, "");
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_closes_its_connection() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let head = head("POST", "Content-Length: 3");
    connection.send(format!("{head}[1")).await;
    assert_eq!(connection.answer().await, 408);
    assert_eq!(connection.ended().await, "");
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn incomplete_body_is_no_batch() {
    let served = Served::by(Protocol::Http);
    for sent in ["", "[1,2]"] {
        let mut connection = served.connect().await;
        let head = head("POST", "Content-Length: 9");
        connection.send(format!("{head}{sent}")).await;
    }
    let mut connection = served.connect().await;
    let head = head("POST", "Transfer-Encoding: chunked");
    connection
        .send(format!("{head}5\r\n[1,2]\r\nno number\r\n"))
        .await;
    connection.ended().await;
    assert_eq!(served.connect().await.post("[3]").await, 200);
    assert_eq!(served.queued(), ["[3]"]);
}
