//! Responses: every valid framing, and responses that are truncated, endless, or no HTTP.

use lambda_ext::{ClientError, Event};
use lambda_ext_tests::fake::{self, Fake, bounded};

use super::client;

#[tokio::test]
async fn truncated_response_is_an_error() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"eventType\":";
            fake.expect(fake::NEXT).await.raw(cut);
        };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert!(
            matches!(error, ClientError::Unreachable { call: "next", .. }),
            "{error}"
        );
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn response_that_is_no_http_is_an_error() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async { fake.expect(fake::NEXT).await.raw("\u{7}\u{7}\u{7}\r\n\r\n") };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert!(
            matches!(error, ClientError::Unreachable { call: "next", .. }),
            "{error}"
        );
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn endless_response_is_not_read_to_the_end() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            let body = " ".repeat(2 << 20);
            fake.expect(fake::NEXT).await.reply(200, "", &body);
        };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert!(
            matches!(error, ClientError::InvalidReply { call: "next", .. }),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn endless_head_is_not_read_to_the_end() {
    for head in [
        "X: 1\r\n".repeat(1_000),
        format!("X: {}", "1".repeat(2 << 20)),
    ] {
        bounded(async {
            let mut fake = Fake::start().await;
            let mut client = fake.registered_client().await;
            let platform = async {
                let head = format!("HTTP/1.1 200 OK\r\n{head}");
                fake.expect(fake::NEXT).await.raw(head);
            };
            let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
            let too_large = "message head is too large";
            assert!(error.to_string().ends_with(too_large), "{error}");
        })
        .await;
    }
}

#[tokio::test]
async fn protocol_switch_is_refused() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
            fake.expect(fake::NEXT).await.raw(head);
        };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert_eq!(error.to_string(), "next: the platform answered 101");
    })
    .await;
}

#[tokio::test]
async fn redirect_is_not_followed() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            fake.expect(fake::NEXT)
                .await
                .reply(302, "Location: /elsewhere\r\n", "");
        };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert_eq!(error.to_string(), "next: the platform answered 302");
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn event_in_every_framing_of_a_response_is_the_same() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let body = r#"{"eventType":"SHUTDOWN","deadlineMs":5,"shutdownReason":"spindown"}"#;
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        );
        let unsized_ = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
        for reply in [chunked, unsized_] {
            let platform = async { fake.expect(fake::NEXT).await.raw(reply) };
            let event = tokio::join!(client.next_event(), platform).0.unwrap();
            assert!(matches!(event, Event::Shutdown(event) if event.deadline_ms == 5));
        }
    })
    .await;
}

#[tokio::test]
async fn response_that_arrived_while_unpolled_is_in_time() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn read_head(stream: &mut tokio::net::TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
    }

    bounded(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let registering = client(&address).register(&[]);
        let platform = async {
            let mut stream = listener.accept().await.unwrap().0;
            read_head(&mut stream).await;
            let mut body = [0; r#"{"events":[]}"#.len()];
            stream.read_exact(&mut body).await.unwrap();
            let reply =
                b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1\r\nContent-Length: 2\r\n\r\n{}";
            stream.write_all(reply).await.unwrap();
            stream
        };
        let (registered, mut stream) = tokio::join!(registering, platform);
        let mut client = registered.unwrap();
        let event = br#"{"eventType":"INVOKE","requestId":"late"}"#;
        let (beginning, rest) = event.split_at(10);
        let half = async {
            read_head(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", event.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(beginning).await.unwrap();
            // Until the client has taken it, which is when it begins to count.
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            event = client.next_event() => panic!("{event:?}"),
            () = half => {}
        }
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(3_600)).await;
        tokio::time::resume();
        stream.write_all(rest).await.unwrap();
        let event = client.next_event().await.unwrap();
        assert!(matches!(event, Event::Invoke(event) if event.request_id == "late"));
    })
    .await;
}
