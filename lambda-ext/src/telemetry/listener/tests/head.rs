//! What the heads of requests say.

use super::*;

#[tokio::test]
async fn body_of_ambiguous_length_is_refused() {
    let served = Served::by(Protocol::Http);
    for header in [
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: 3 3",
        "Content-Length:",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
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

/// Another server may have believed the length, so that the rest of the body is a request to it.
#[tokio::test]
async fn chunks_win_over_a_length_and_nothing_is_read_after_them() {
    let served = Served::by(Protocol::Http);
    for (header, batch) in [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", "[1]"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", "[2]"),
    ] {
        let chunks = format!("3\r\n{batch}\r\n0\r\n\r\n");
        let request = head("POST", header) + &chunks;
        let mut connection = served.connect().await;
        let sent = [request.as_bytes(), &post("[9]")].concat();
        connection.send(sent).await;
        assert_eq!(connection.last_answer().await, 200, "{header}");
        assert_eq!(served.queued(), [batch]);
    }
}

#[tokio::test]
async fn http_1_0_has_no_chunks_and_one_batch_unless_the_connection_is_kept() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let head = "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n";
    connection.send(format!("{head}[1]")).await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(connection.ended().await, "");
    let mut connection = served.connect().await;
    let head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection
        .send(format!("{head}3\r\n[2]\r\n0\r\n\r\n"))
        .await;
    assert_eq!(connection.last_answer().await, 400);
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn connection_is_closed_on_request() {
    let served = Served::by(Protocol::Http);
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
async fn long_head_in_pieces_is_read() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let header = format!("Cookie: {}\r\nContent-Length: 3", "x".repeat(30_000));
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
