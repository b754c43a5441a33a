//! Bodies in chunks.

use super::*;
use crate::budget;

/// A delivery of these chunks.
fn chunked(chunks: &str) -> String {
    head("POST", "Transfer-Encoding: chunked") + chunks
}

#[tokio::test]
async fn batch_in_chunks_is_the_same() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for (mark, size) in [("a", 100), ("b", 7_001), ("c", 300_000)] {
        for length in [1_000, budget::SMALL_DELIVERY + 1, 1_000_000] {
            let body = format!("[\"{}\"]", mark.repeat(length));
            let mut sent = chunked("").into_bytes();
            for chunk in body.as_bytes().chunks(size) {
                let line = format!("{:x}\r\n", chunk.len());
                sent.extend([line.as_bytes(), chunk, b"\r\n"].concat());
            }
            // And the next request with it.
            sent.extend([b"0\r\n\r\n", &*post("")].concat());
            connection.send(sent).await;
            assert_eq!(connection.answer().await, 200);
            assert_eq!(connection.answer().await, 200);
            assert!(served.next().await == body, "it came otherwise");
        }
    }
}

#[tokio::test]
async fn ambiguous_chunks_are_refused() {
    let served = Served::by(Protocol::Http);
    for chunks in [
        "\r\n[1]\r\n0\r\n\r\n",
        ";a\r\n[1]\r\n0\r\n\r\n",
        " 3\r\n[1]\r\n0\r\n\r\n",
        "+3\r\n[1]\r\n0\r\n\r\n",
        "0x3\r\n[1]\r\n0\r\n\r\n",
        "3 3\r\n[1]\r\n0\r\n\r\n",
        "3\n[1]\r\n0\r\n\r\n",
        "3\r[1]\r\n0\r\n\r\n",
        "3;a\n\r\n[1]\r\n0\r\n\r\n",
        "3;a\rb\r\n[1]\r\n0\r\n\r\n",
        "10000000000000003\r\n[1]\r\n0\r\n\r\n",
        "3\r\n[1]0\r\n\r\n",
        "3\r\n[1]\n0\r\n\r\n",
        "3\r\n[1]\r0\r\n\r\n",
        "3\r\n[1]\r\n0\r\nA: b\rC: d\r\n\r\n",
    ] {
        let mut connection = served.connect().await;
        connection.send(chunked(chunks)).await;
        assert_eq!(connection.last_answer().await, 400, "{chunks:?}");
    }
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn many_extensions_and_trailers_are_refused() {
    let served = Served::by(Protocol::Http);
    let extensions = format!("1;{}\r\n7\r\n", "x".repeat(1000)).repeat(10_000);
    let trailers = "0\r\n".to_owned() + &"A: b\r\n".repeat(1 << 20);
    for chunks in [extensions, trailers] {
        let mut connection = served.connect().await;
        // The listener may end it before everything is sent.
        let sent = chunked(&chunks);
        let _ = connection.0.get_mut().write_all(sent.as_bytes()).await;
        assert_eq!(connection.last_answer().await, 400);
    }
    assert_eq!(served.queued(), [""; 0]);
}
