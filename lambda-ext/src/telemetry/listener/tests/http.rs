//! Deliveries by HTTP that are taken.

use tokio::runtime::{Builder, LocalOptions};
use tokio::task::yield_now;

use super::*;
use crate::budget;

#[tokio::test]
async fn connection_delivers_many_batches() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for number in 0..20 {
        let body = format!("[{number}]");
        assert_eq!(connection.post(&body).await, 200);
        assert_eq!(served.queued(), [body]);
    }
}

#[tokio::test]
async fn any_path_will_do_and_put() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let head = "PUT /logs?of=mine HTTP/1.1\r\ncontent-length: 3\r\n\r\n";
    connection.send(format!("{head}[1]")).await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[1]"]);
}

/// Of each connection every batch once, in order.
async fn eight_connections() {
    let served = Served::by(Protocol::Http);
    let mut platforms = Vec::new();
    for connection in 0..8 {
        let port = served.port;
        platforms.push(tokio::spawn(async move {
            let mut platform = Connection::to(port).await;
            for number in 0..50 {
                let body = format!("[{connection},{number}]");
                assert_eq!(platform.post(&body).await, 200);
            }
        }));
    }
    let mut came = vec![Vec::new(); 8];
    for _ in 0..8 * 50 {
        let [connection, number]: [usize; 2] = serde_json::from_str(&served.next().await).unwrap();
        came[connection].push(number);
    }
    let all: Vec<_> = (0..50).collect();
    assert_eq!(came, vec![all; 8]);
    for platform in platforms {
        platform.await.unwrap();
    }
    assert_eq!(served.queued(), [""; 0]);
}

#[tokio::test]
async fn connections_are_served_beside_each_other() {
    eight_connections().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_served_by_many_threads() {
    eight_connections().await;
}

#[test]
fn connections_are_served_by_a_local_runtime() {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().build_local(LocalOptions::default());
    runtime.unwrap().block_on(eight_connections());
}

#[tokio::test]
async fn body_may_arrive_in_chunks() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let head = head("POST", "Transfer-Encoding: chunked");
    for number in 0..3 {
        let body = format!("3\r\n[{number},\r\n1\r\n7\r\n1\r\n]\r\n0\r\n\r\n");
        connection.send(format!("{head}{body}")).await;
        assert_eq!(connection.answer().await, 200);
    }
    assert_eq!(served.queued(), ["[0,7]", "[1,7]", "[2,7]"]);
}

#[tokio::test]
async fn body_may_arrive_byte_by_byte() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for byte in post("[\"ü\"]") {
        connection.send([byte]).await;
        yield_now().await;
    }
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[\"ü\"]"]);
}

#[tokio::test]
async fn expect_continue_is_answered() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    let header = "Content-Length: 3\r\nExpect: 100-continue";
    connection.send(head("POST", header)).await;
    assert_eq!(connection.head().await, ["HTTP/1.1 100 Continue"]);
    connection.send("[1]").await;
    assert_eq!(connection.answer().await, 200);
    assert_eq!(served.queued(), ["[1]"]);
}

#[tokio::test]
async fn largest_batch_is_accepted() {
    let served = Served::by(Protocol::Http);
    let body = format!("[\"{}\"]", "x".repeat(budget::DELIVERY - 4));
    assert_eq!(served.connect().await.post(&body).await, 200);
    assert!(served.queued() == [body], "it came otherwise");
}

#[tokio::test]
async fn malformed_batch_is_accepted() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for body in ["", "[]", "what?", "[{\"type\":\"platform.new\"}]", "{"] {
        assert_eq!(connection.post(body).await, 200);
    }
    let kept = ["what?", "[{\"type\":\"platform.new\"}]", "{"];
    assert_eq!(served.queued(), kept);
}

#[tokio::test]
async fn invalid_utf_8_is_replaced_byte_by_byte() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    for (sent, expected) in [
        (b"[\"a\xff\xc3\",7]".to_vec(), "[\"a??\",7]"),
        ("[\"\u{1f980}\"]".into(), "[\"\u{1f980}\"]"),
        (b"[\"\xf0\x9f\xa6\"]".to_vec(), "[\"???\"]"),
        (b"\xe2\x82".to_vec(), "??"),
    ] {
        assert_eq!(connection.post(sent).await, 200);
        assert_eq!(served.queued(), [expected]);
    }
    let long = vec![0xff; budget::SMALL_DELIVERY];
    assert_eq!(connection.post(&long).await, 200);
    assert_eq!(served.next().await.len(), long.len());
}

#[tokio::test]
async fn repeated_batch_is_answered_and_ignored() {
    let served = Served::by(Protocol::Http);
    for _ in 0..3 {
        assert_eq!(served.connect().await.post("[1]").await, 200);
    }
    assert_eq!(served.queued(), ["[1]"]);
}
