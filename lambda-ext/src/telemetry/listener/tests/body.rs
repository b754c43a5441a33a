//! Bodies: when they are asked for, where they end, and how long they may take.

use super::*;
use crate::budget;
use crate::telemetry::Receipt;

#[tokio::test]
async fn body_that_is_empty_or_refused_is_not_asked_for() {
    let served = Served::by(Protocol::Http);
    let expect = |method, length| {
        let header = format!("Expect: 100-continue\r\nContent-Length: {length}");
        head(method, &header)
    };
    let mut connection = served.connect().await;
    connection.send(expect("POST", 0)).await;
    assert_eq!(connection.answer().await, 200);
    connection.send(expect("GET", 3)).await;
    assert_eq!(connection.last_answer().await, 405);
    let mut connection = served.connect().await;
    connection.send(expect("POST", budget::DELIVERY + 1)).await;
    assert_eq!(connection.last_answer().await, 413);
}

#[tokio::test]
async fn large_and_chunked_bodies_are_asked_for_once() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let large = format!("[\"{}\"]", "x".repeat(2 * budget::SMALL_DELIVERY));
    let chunked = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let length = format!("Content-Length: {}", large.len());
    for (header, body) in [(&*length, &large), ("Transfer-Encoding: chunked", &chunked)] {
        let header = format!("{header}\r\nEXPECT: 100-Continue");
        connection.send(head("POST", &header)).await;
        assert_eq!(connection.head().await, ["HTTP/1.1 100 Continue"]);
        connection.send(body).await;
        assert_eq!(connection.answer().await, 200);
    }
    assert!(served.queued() == [&*large, &*large], "it came otherwise");
}

#[tokio::test]
async fn refused_body_is_no_request() {
    let served = Served::by(Protocol::Http);
    let inner = String::from_utf8(post("[1]")).unwrap();
    for header in [
        &*format!("Content-Length: {}", inner.len()),
        "Content-Length: 300",
        "Transfer-Encoding: chunked",
    ] {
        let mut connection = served.connect().await;
        connection.send(head("DELETE", header) + &inner).await;
        assert_eq!(connection.last_answer().await, 405);
    }
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn pipelined_requests_after_large_bodies_are_read() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let large = format!("[\"{}\"]", "x".repeat(2 * budget::SMALL_DELIVERY));
    let sent = [post(&large), post("[1]"), post(&large), post("[2]")].concat();
    connection.send(sent).await;
    for _ in 0..4 {
        assert_eq!(connection.answer().await, 200);
    }
    let expected = [&*large, "[1]", &*large, "[2]"];
    assert!(served.queued() == expected, "it came otherwise");
}

#[tokio::test]
async fn buffer_of_a_large_body_is_used_again() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for (mark, length) in [("a", 200_000), ("b", 150_000), ("c", 190_000)] {
        let body = format!("[\"{}\"]", mark.repeat(length));
        assert_eq!(connection.post(&body).await, 200);
        let Item::Batch(batch) = served.inbox.take().await else {
            panic!("a batch");
        };
        assert!(batch.as_str() == body, "it came otherwise");
        served.inbox.handled(Receipt::Batch(batch));
    }
    let capacity = served.inbox.buffer(200_000).capacity();
    assert!(capacity > 200_000, "{capacity}: it was another's");
}

#[tokio::test]
async fn trickling_body_is_timed_out() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let large = format!("Content-Length: {}", budget::DELIVERY);
    for header in ["Content-Length: 100", &large, "Transfer-Encoding: chunked"] {
        let mut connection = served.connect().await;
        connection.send(head("POST", header)).await;
        for _ in 0..11 {
            let _ = connection.0.get_mut().write_all(b"1").await;
            pass(budget::DELIVERY_BODY / 10).await;
        }
        assert_eq!(connection.last_answer().await, 408, "{header}");
    }
    assert_eq!(served.queued(), [""; 0]);
}
