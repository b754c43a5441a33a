//! What the heads of requests say.

use super::*;
use crate::budget;

#[tokio::test]
async fn names_of_headers_are_read_in_any_case() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    for (number, header) in [
        "content-length: 3",
        "CONTENT-LENGTH:3",
        "Content-length:\t3 ",
    ]
    .iter()
    .enumerate()
    {
        let head = format!("POST / HTTP/1.1\r\n{header}\r\n\r\n");
        connection.send(format!("{head}[{number}]")).await;
        assert_eq!(connection.answer().await, 200);
    }
    let head = "POST / HTTP/1.1\r\ntransfer-ENCODING: Chunked\r\n\r\n";
    connection
        .send(format!("{head}3\r\n[3]\r\n0\r\n\r\n"))
        .await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[0]", "[1]", "[2]", "[3]"]);
}

#[tokio::test]
async fn a_body_whose_end_may_be_read_otherwise_is_refused() {
    let served = Served::by(Protocol::Http).await;
    for header in [
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: 3 3",
        "Content-Length:",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
        "Content-Length : 3",
        "Content-Length: 3\r\n folded: 1",
        "Content-Length: 3\r\n\tContent-Length: 4",
        "Content-Length: \x0b3",
        "Content-Length: 3\rTransfer-Encoding: chunked",
        " Content-Length: 3",
        "Content-Length 3",
        ": 3",
    ] {
        let mut connection = served.connect().await;
        connection.send(head("POST", header) + "[1]").await;
        assert_eq!(connection.last_answer().await, 400, "{header:?}");
    }
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn of_http_1_0_a_connection_brings_one_batch_and_no_chunks() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    let head = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n";
    connection.send(format!("{head}[1]")).await;
    assert_eq!(connection.last_answer().await, 200);
    let mut connection = served.connect().await;
    let head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection
        .send(format!("{head}3\r\n[2]\r\n0\r\n\r\n"))
        .await;
    assert_eq!(connection.last_answer().await, 400);
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn who_asks_for_it_is_answered_by_the_end_of_the_connection() {
    let served = Served::by(Protocol::Http).await;
    for (number, header) in [
        "close",
        "Close",
        "keep-alive, close",
        "close\r\nConnection: keep-alive",
    ]
    .iter()
    .enumerate()
    {
        let header = format!("Content-Length: 3\r\nConnection: {header}");
        let request = format!("{}[{number}]", head("POST", &header));
        let mut connection = served.connect().await;
        // What is behind the last request is none.
        connection
            .send([request.as_bytes(), &post("[9]")].concat())
            .await;
        assert_eq!(connection.last_answer().await, 200);
    }
    assert_eq!(served.queued(), ["[0]", "[1]", "[2]", "[3]"]);
}

#[tokio::test]
async fn empty_lines_before_a_request_are_passed_over() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    for number in 0..3 {
        let delivery = post(format!("[{number}]"));
        connection.send([b"\r\n\r\n\n", &*delivery].concat()).await;
        assert_eq!(connection.answer().await, 200);
    }
    assert_eq!(served.queued(), ["[0]", "[1]", "[2]"]);
}

#[tokio::test]
async fn a_head_may_be_long_and_come_in_pieces() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    let header = format!("Cookie: {}\r\nContent-Length: 3", "x".repeat(100_000));
    let request = head("POST", &header) + "[1]";
    for piece in request.as_bytes().chunks(999) {
        connection.send(piece).await;
        yield_now().await;
    }
    assert_eq!(connection.answer().await, 200);
    let header = "a: b\r\n".repeat(97) + "Content-Length: 3";
    connection.send(head("POST", &header) + "[2]").await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[1]", "[2]"]);
}

#[tokio::test]
async fn a_body_is_not_asked_for_that_is_there_or_is_none_or_is_not_read() {
    let served = Served::by(Protocol::Http).await;
    let expect = |method, length| {
        let header = format!("Expect: 100-continue\r\nContent-Length: {length}");
        head(method, &header)
    };
    let mut connection = served.connect().await;
    connection.send(expect("POST", 3) + "[1]").await;
    assert_eq!(connection.answer().await, 200);
    connection.send(expect("POST", 0)).await;
    assert_eq!(connection.answer().await, 200);
    connection.send(expect("GET", 3)).await;
    assert_eq!(connection.last_answer().await, 405);
    let mut connection = served.connect().await;
    connection.send(expect("POST", budget::DELIVERY + 1)).await;
    assert_eq!(connection.last_answer().await, 413);
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn a_large_body_and_one_in_chunks_are_asked_for_once() {
    let served = Served::by(Protocol::Http).await;
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
async fn the_body_of_what_is_refused_is_no_request() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    let inner = String::from_utf8(post("[1]")).unwrap();
    let header = format!("Content-Length: {}", inner.len());
    let request = head("DELETE", &header) + &inner;
    connection.send(&request).await;
    assert_eq!(connection.answer().await, 405);
    assert_eq!(connection.post("[2]").await, 200);
    for request in [
        head("DELETE", "Content-Length: 300") + &inner,
        head("DELETE", "Transfer-Encoding: chunked") + &inner,
    ] {
        let mut connection = served.connect().await;
        connection.send(request).await;
        assert_eq!(connection.last_answer().await, 405);
    }
    assert_eq!(served.queued(), ["[2]"]);
}

#[tokio::test]
async fn what_follows_a_large_body_at_once_is_the_next_request() {
    let served = Served::by(Protocol::Http).await;
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
async fn the_memory_of_a_large_body_is_the_next_ones() {
    let served = Served::by(Protocol::Http).await;
    let mut connection = served.connect().await;
    for (mark, length) in [("a", 200_000), ("b", 150_000), ("c", 190_000)] {
        let body = format!("[\"{}\"]", mark.repeat(length));
        assert_eq!(connection.post(&body).await, 200);
        let Item::Batch(batch) = served.inbox.take().await else {
            panic!("a batch");
        };
        assert!(batch.as_str() == body, "it came otherwise");
        served.inbox.done_with(batch);
    }
    let capacity = served.inbox.buffer(200_000).capacity();
    assert!(capacity > 200_000, "{capacity}: it was another's");
}

#[tokio::test]
async fn a_body_that_trickles_has_no_more_time() {
    let served = Served::by(Protocol::Http).await;
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
