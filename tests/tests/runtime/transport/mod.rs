//! The client's way to the platform: addresses, connections, and retries.
//!
//! The test plays the platform to the byte.

mod responses;

use lambda_ext::{Client, ClientError, ErrorRequest, EventType};
use lambda_ext_tests::fake::{self, Fake, bounded};

fn client(runtime_api: &str) -> Client {
    Client::with(Some("ext"), Some(runtime_api)).unwrap()
}

#[tokio::test]
async fn address_may_be_host_and_port_or_url_with_prefix() {
    bounded(async {
        let mut fake = Fake::start().await;
        let api = fake.runtime_api().to_owned();
        let port = api.rsplit(':').next().unwrap();
        for (address, prefix) in [
            (api.clone(), ""),
            (format!("localhost:{port}"), ""),
            (format!("[::ffff:127.0.0.1]:{port}"), ""),
            (format!("http://[::ffff:127.0.0.1]:{port}/.rt"), "/.rt"),
            (format!("HTTP://{api}"), ""),
            (format!("{api}/.rt//"), "/.rt"),
            (format!("{api}/"), ""),
            (format!("http://{api}"), ""),
            (format!("http://{api}/"), ""),
            (format!("http://{api}/.rt"), "/.rt"),
            (format!("http://{api}/.rt/"), "/.rt"),
            (format!(" {api}/.rt/_ "), "/.rt/_"),
        ] {
            let platform = async {
                let request = fake.request().await;
                assert_eq!(
                    request.path,
                    format!("{prefix}{}", fake::REGISTER),
                    "{address}"
                );
                request.registered();
                let request = fake.request().await;
                assert_eq!(request.path, format!("{prefix}{}", fake::NEXT), "{address}");
                request.invoke("1");
            };
            let extension = async {
                let mut client = client(&address).register(&[]).await.unwrap();
                client.next_event().await.unwrap();
            };
            tokio::join!(extension, platform);
        }
    })
    .await;
}

#[test]
fn invalid_address_is_an_error_that_shows_it() {
    for address in [
        "",
        " ",
        "https://127.0.0.1:1",
        "127.0.0.1:x",
        "http://",
        "ftp://h",
        "127.0.0.1:+80",
        "127.0.0.1:-1",
        "127.0.0.1:65536",
        "127.0.0.1:",
        "127.0.0.1:1:2",
        "h:1?q",
        "h:1#f",
        "h:1/a b",
        "h h:1",
        ":9001",
        "/path",
        "::1",
        "[::1",
        "[]:1",
        "[localhost]:1",
        "a[b]:1",
        "127.1:1",
        "0x2329:1",
        "9001.:1",
        "9001",
        "9001/",
        "http://9001",
        "http://user:secret@127.0.0.1:1",
    ] {
        let error = Client::with(Some("ext"), Some(address)).unwrap_err();
        assert!(
            matches!(error, ClientError::InvalidRuntimeApi(_)),
            "{address}: {error}"
        );
        assert!(
            error.to_string().contains(&format!("{address:?}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn calls_are_http_1_1_with_the_right_host() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = client(fake.runtime_api());
        let platform = async {
            let request = fake.request().await;
            assert_eq!(request.version, "HTTP/1.1");
            assert_eq!(request.header("host"), fake.runtime_api());
            request.registered();
        };
        tokio::join!(client.register(&[]), platform).0.unwrap();
    })
    .await;
}

#[tokio::test]
async fn consecutive_calls_share_one_connection() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            for id in ["1", "2", "3"] {
                let request = fake.request().await;
                assert_eq!(request.connection, 1);
                request.invoke(id);
            }
        };
        let extension = async {
            for _ in 0..3 {
                client.next_event().await.unwrap();
            }
        };
        tokio::join!(extension, platform);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_connection_serves_calls_of_other_tasks_and_threads() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            for id in ["1", "2", "3"] {
                let request = fake.expect(fake::NEXT).await;
                assert_eq!(request.connection, 1);
                request.invoke(id);
            }
            let report = fake.expect(fake::EXIT_ERROR).await;
            assert_eq!(report.connection, 1);
            report.accepted();
        };
        let extension = async {
            for _ in 0..3 {
                let next = async move { (client.next_event().await, client) };
                let event;
                (event, client) = tokio::spawn(next).await.unwrap();
                event.unwrap();
            }
            let error = ErrorRequest::new("Extension.Test", "test");
            client.error_reporter().exit_error(&error).await.unwrap();
        };
        tokio::join!(extension, platform);
    })
    .await;
}

#[tokio::test]
async fn connection_that_announces_its_end_is_not_kept() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let body = r#"{"eventType":"INVOKE","requestId":"1"}"#;
        let platform = async {
            let next = fake.expect(fake::NEXT).await;
            assert_eq!(next.connection, 1);
            next.reply(200, "Connection: close\r\n", body);
            // A new connection: its loss is an error at once.
            let next = fake.expect(fake::NEXT).await;
            assert_eq!(next.connection, 2);
            drop(next);
        };
        let extension = async {
            client.next_event().await.unwrap();
            client.next_event().await.unwrap_err();
        };
        tokio::join!(extension, platform);
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn platform_that_closes_after_each_response_gets_new_connections() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = client(fake.runtime_api());
        let body = r#"{"eventType":"INVOKE","requestId":"1"}"#;
        let platform = async {
            let headers = "Lambda-Extension-Identifier: 1\r\n";
            fake.request().await.reply_and_close(200, headers, "{}");
            for _ in 0..3 {
                fake.request().await.reply_and_close(200, "", body);
            }
        };
        let extension = async {
            let mut client = client.register(&[]).await.unwrap();
            for _ in 0..3 {
                client.next_event().await.unwrap();
            }
        };
        tokio::join!(extension, platform);
    })
    .await;
}

#[tokio::test]
async fn next_lost_on_a_kept_connection_is_sent_once_more() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            let swallowed = fake.expect(fake::NEXT).await;
            assert_eq!(swallowed.connection, 1);
            drop(swallowed);
            let again = fake.expect(fake::NEXT).await;
            assert_eq!(again.connection, 2);
            again.invoke("1");
        };
        let event = tokio::join!(client.next_event(), platform).0.unwrap();
        assert_eq!(event.event_type(), EventType::Invoke);
    })
    .await;
}

#[tokio::test]
async fn next_lost_twice_is_an_error() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            drop(fake.expect(fake::NEXT).await);
            drop(fake.expect(fake::NEXT).await);
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
async fn report_lost_on_a_kept_connection_is_sent_once_more() {
    bounded(async {
        let mut fake = Fake::start().await;
        let reporter = fake.registered_client().await.error_reporter();
        let platform = async {
            drop(fake.expect(fake::INIT_ERROR).await);
            fake.expect(fake::INIT_ERROR).await.accepted();
        };
        let error = ErrorRequest::new("Extension.Test", "test");
        let status = tokio::join!(reporter.init_error(&error), platform)
            .0
            .unwrap();
        assert_eq!(status.status, "OK");
    })
    .await;
}

#[tokio::test]
async fn report_beside_waiting_next_has_its_own_connection() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let reporter = client.error_reporter();
        let error = ErrorRequest::new("Extension.Test", "test");
        let platform = async {
            let next = fake.expect(fake::NEXT).await;
            assert_eq!(next.connection, 1);
            for _ in 0..2 {
                let report = fake.expect(fake::EXIT_ERROR).await;
                assert_eq!(report.connection, 2);
                report.accepted();
            }
            next
        };
        let reports = async {
            // Sent when `next` is on its way.
            tokio::task::yield_now().await;
            for _ in 0..2 {
                reporter.exit_error(&error).await.unwrap();
            }
        };
        let waiting = tokio::select! {
            event = client.next_event() => panic!("{event:?}"),
            (next, ()) = async { tokio::join!(platform, reports) } => next,
        };
        waiting.invoke("1");
        client.next_event().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn new_connection_lost_beside_waiting_next_is_an_error_at_once() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let reporter = client.error_reporter();
        let error = ErrorRequest::new("Extension.Test", "test");
        let waiting = tokio::select! {
            event = client.next_event() => panic!("{event:?}"),
            request = fake.expect(fake::NEXT) => request,
        };
        let platform = async { drop(fake.expect(fake::EXIT_ERROR).await) };
        let refused = tokio::join!(reporter.exit_error(&error), platform).0;
        let refused = refused.unwrap_err();
        assert!(
            matches!(
                refused,
                ClientError::Unreachable {
                    call: "exit error",
                    ..
                }
            ),
            "{refused}"
        );
        waiting.invoke("1");
        client.next_event().await.unwrap();
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn first_connection_closed_without_response_is_an_error_at_once() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = client(fake.runtime_api());
        let platform = async { drop(fake.request().await) };
        let error = tokio::join!(client.register(&[]), platform).0.unwrap_err();
        assert!(
            matches!(
                error,
                ClientError::Unreachable {
                    call: "register",
                    ..
                }
            ),
            "{error}"
        );
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn address_without_listener_is_an_error_that_names_it() {
    // Bound and not listening: refused for as long as the socket lives.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let error = bounded(client(&address).register(&[])).await.unwrap_err();
    let expected = format!("register: the call to http://{address}/ failed: Connection refused");
    assert!(error.to_string().starts_with(&expected), "{error}");
}
