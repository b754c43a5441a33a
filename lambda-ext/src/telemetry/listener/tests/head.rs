//! What the heads of requests say.

use super::*;

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
