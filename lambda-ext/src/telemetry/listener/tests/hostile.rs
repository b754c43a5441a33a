//! What is no delivery, from whoever finds the port.

use std::io::{Read as _, Write as _};
use std::thread;

use futures_util::FutureExt;

use super::*;
use crate::budget;

/// What the listener says to this until it ends the connection.
async fn reply(served: &Served, sent: impl AsRef<[u8]>) -> String {
    let mut connection = served.connect().await;
    // The listener may end it before everything is sent.
    let _ = connection.0.get_mut().write_all(sent.as_ref()).await;
    connection.ended().await
}

/// A reply that ends its connection.
fn closes(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn head_that_is_too_long_is_refused() {
    let served = Served::by(Protocol::Http);
    for head in [
        format!("POST /{} HTTP/1.1\r\n", "x".repeat(1 << 20)),
        head("POST", &format!("Cookie: {}", "x".repeat(1 << 20))),
        head("POST", &format!("{}: x", "x".repeat(1 << 20))),
        head("POST", &"a: b\r\n".repeat(101)),
        "\r\n".repeat(1 << 20),
    ] {
        let expected = closes("431 Request Header Fields Too Large");
        assert_eq!(reply(&served, head).await, expected);
    }
    assert_eq!(served.connect().await.post("[1]").await, 200);
}

#[tokio::test]
async fn head_that_does_not_end_closes_its_connection() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    assert_eq!(connection.post("[1]").await, 200);
    stop_clock();
    for _ in 0..9 {
        connection.send("P").await;
        pass(budget::DELIVERY_HEAD / 9).await;
    }
    // It is read even then, as after a pause of the process.
    connection.send("P").await;
    pass(budget::DELIVERY_HEAD / 9).await;
    assert_eq!(connection.ended().now_or_never().as_deref(), Some(""));
}

#[tokio::test]
async fn idle_connection_has_no_time_limit() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    stop_clock();
    for number in 0..3 {
        pass(1000 * budget::DELIVERY_HEAD).await;
        let delivery = post(format!("[{number}]"));
        let (begun, rest) = delivery.split_at(10);
        connection.send(begun).await;
        pass(budget::DELIVERY_HEAD * 9 / 10).await;
        connection.send(rest).await;
        assert_eq!(connection.answer().await, 200);
    }
}

#[tokio::test]
async fn other_protocols_are_refused() {
    let served = Served::by(Protocol::Http);
    let hello = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03";
    for sent in [
        &hello[..],
        b"\0",
        b"{\"type\":\"function\"}\n",
        b"GET /\r\n\r\n",
    ] {
        assert_eq!(reply(&served, sent).await, closes("400 Bad Request"));
    }
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    assert_eq!(reply(&served, preface).await, "");
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn malformed_length_is_refused() {
    let served = Served::by(Protocol::Http);
    for header in [
        "Content-Length: -1",
        "Content-Length: 0x1",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 1\r\nContent-Length: 2",
        "Transfer-Encoding: gzip",
    ] {
        let reply = reply(&served, head("POST", header) + "[1]").await;
        assert_eq!(reply, closes("400 Bad Request"), "{header}");
    }
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let served = Served::by(Protocol::Http);
    let chunked = head("POST", "Transfer-Encoding: chunked");
    for chunks in [
        "fffffffffffffffff\r\n".to_owned(),
        "-1\r\n".to_owned(),
        "1\r\n[]".to_owned(),
        format!("1;{}\r\n", "x".repeat(1 << 20)),
        format!("0\r\na: {}\r\n", "x".repeat(1 << 20)),
    ] {
        let reply = reply(&served, format!("{chunked}{chunks}")).await;
        let sent = &chunks[..chunks.len().min(20)];
        assert_eq!(reply, closes("400 Bad Request"), "{sent:?}");
    }
    let endless = format!(
        "{chunked}fffffffffffffff\r\n{}",
        "x".repeat(2 * budget::DELIVERY)
    );
    assert_eq!(
        reply(&served, endless).await,
        closes("413 Payload Too Large")
    );
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn body_in_very_many_pieces_is_refused() {
    let served = Served::by(Protocol::Http);
    let chunked = head("POST", "Transfer-Encoding: chunked");
    let many = "1\r\n7\r\n".repeat(100_000);
    let sent = format!("{chunked}{many}0\r\n\r\n");
    assert_eq!(reply(&served, sent).await, closes("400 Bad Request"));
    let some = "1\r\n7\r\n".repeat(10_000);
    let mut connection = served.connect().await;
    connection.send(format!("{chunked}{some}0\r\n\r\n")).await;
    assert_eq!(connection.answer().await, 200);
}

#[tokio::test]
async fn every_other_method_is_refused() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for request in [
        "HEAD / HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "TRACE / HTTP/1.1",
        "CONNECT example.com:443 HTTP/1.1",
        "WHATEVER / HTTP/1.1",
        "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket",
    ] {
        connection.send(format!("{request}\r\n\r\n")).await;
        let answer = connection.head().await;
        assert_eq!(answer[0], "HTTP/1.1 405 Method Not Allowed", "{request}");
        assert!(
            answer.contains(&"allow: POST, PUT".to_owned()),
            "{answer:?}"
        );
    }
    let upgrade = "Content-Length: 3\r\nConnection: upgrade\r\nUpgrade: h2c";
    connection.send(head("POST", upgrade) + "[1]").await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn deliveries_that_do_not_wait_for_answers_are_answered_in_order() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let get = head("GET", "Content-Length: 0");
    connection
        .send([post("[1]"), get.into(), post("[2]"), post("[3]")].concat())
        .await;
    for status in [200, 405, 200, 200] {
        assert_eq!(connection.answer().await, status);
    }
    assert_eq!(served.queued(), ["[1]", "[2]", "[3]"]);
}

/// hyper reads on in the size of a chunk without a piece of the body, for as long as there is more.
#[tokio::test]
async fn endless_size_of_a_chunk_is_timed_out() {
    for (begun, endless) in [("", "0"), ("1", " ")] {
        let served = Served::by(Protocol::Http);
        let mut connection = served.connect().await;
        let begun = head("POST", "Transfer-Encoding: chunked") + begun;
        connection.send(begun).await;
        // By a thread, which is faster than the listener reads.
        let stream = connection.0.into_inner().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        let mut writing = stream.try_clone().unwrap();
        let flood = thread::spawn(move || {
            let endless = endless.repeat(1 << 20);
            while writing.write_all(endless.as_bytes()).is_ok() {}
        });
        stop_clock();
        // Few turns, because each reads a lot.
        for _ in 0..30 {
            advance(budget::DELIVERY_BODY / 20).await;
            for _ in 0..10 {
                yield_now().await;
            }
        }
        stream.set_nonblocking(true).unwrap();
        let answered = (&stream).read(&mut [0; 12]);
        stream.set_nonblocking(false).unwrap();
        assert!(answered.is_ok(), "{endless:?} is still read");
        flood.join().unwrap();
        tokio::time::resume();
    }
}
