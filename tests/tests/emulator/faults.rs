//! Faults that the emulator injects into calls, to the byte.

use std::time::Duration;

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Call, Emulator, Fault, Invocation};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{Raw, answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::environment;

/// An environment that expects the external extension `ext`, which the test itself plays.
/// A connection whose bytes the test sees.
struct Connection(TcpStream);

impl Connection {
    async fn to(emulator: &Emulator) -> Self {
        Self(TcpStream::connect(emulator.runtime_api()).await.unwrap())
    }

    /// Asks for something.
    async fn send(&mut self, call: Call, headers: &str, body: &str) {
        let path = call.path().replace("{request_id}", "1");
        let (method, length) = (call.method(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    async fn register(&mut self) {
        self.send(Call::Register, "Lambda-Extension-Name: ext\r\n", "{}")
            .await;
    }

    /// Everything until the connection is closed, in whatever way.
    async fn until_closed(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.0.read_to_end(&mut bytes).await;
        bytes
    }

    /// The head of an answer with its body, on a connection that stays.
    async fn answer(&mut self) -> String {
        let (mut text, mut part) = (String::new(), vec![0; 4096]);
        loop {
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .unwrap();
                if body.len() == length.parse::<usize>().unwrap() {
                    return text;
                }
            }
            let read = self.0.read(&mut part).await.unwrap();
            assert!(read > 0, "closed after {text}");
            text += std::str::from_utf8(&part[..read]).unwrap();
        }
    }

    /// Registers without a fault, whoever did before is told by the status.
    async fn status_of_register(&mut self) -> String {
        self.register().await;
        let answer = self.answer().await;
        answer.split(' ').nth(1).unwrap().to_owned()
    }
}

#[tokio::test]
async fn every_call_can_get_another_response() {
    bounded(async {
        let (emulator, _) = environment().await;
        let mut connection = Connection::to(&emulator).await;
        for &call in Call::ALL {
            for (status, body) in [(200, ""), (503, "{\"errorType\":\"x\"}"), (418, "<html>")] {
                let body = body.to_owned();
                emulator.inject(
                    call,
                    Fault::Reply {
                        status,
                        body: body.clone(),
                    },
                );
                connection.send(call, "", "").await;
                let answer = connection.answer().await;
                assert!(
                    answer.starts_with(&format!("HTTP/1.1 {status} ")),
                    "{answer}"
                );
                assert!(
                    answer.contains("content-type: application/json\r\n"),
                    "{answer}"
                );
                assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
            }
        }
        // None of them was made.
        let faults = |what: &StepKind| matches!(what, StepKind::Faulted { .. });
        let record = emulator.record();
        assert!(
            record.steps.iter().all(|step| faults(&step.kind)),
            "{record}"
        );
        assert_eq!(record.steps.len(), 3 * Call::ALL.len());
    })
    .await;
}

#[tokio::test]
async fn every_call_can_be_closed_without_response() {
    bounded(async {
        let (emulator, _) = environment().await;
        for &call in Call::ALL {
            emulator.inject(call, Fault::Close);
            let mut connection = Connection::to(&emulator).await;
            connection
                .send(call, "Lambda-Extension-Name: ext\r\n", "{}")
                .await;
            assert_eq!(connection.until_closed().await, b"", "{call}");
        }
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(
            connection.status_of_register().await,
            "200",
            "none was made"
        );
    })
    .await;
}

#[tokio::test]
async fn every_call_can_get_raw_bytes() {
    bounded(async {
        let long: Vec<u8> = (0..10_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let (emulator, _) = environment().await;
        for &call in Call::ALL {
            for bytes in [b"".to_vec(), b"\0nonsense\r\n\r\n".to_vec(), long.clone()] {
                emulator.inject(call, Fault::Raw(bytes.clone()));
                let mut connection = Connection::to(&emulator).await;
                connection
                    .send(call, "Lambda-Extension-Name: ext\r\n", "{}")
                    .await;
                let found = connection.until_closed().await;
                assert!(found == bytes, "{call}: {} bytes", found.len());
            }
        }
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(
            connection.status_of_register().await,
            "200",
            "none was made"
        );
    })
    .await;
}

#[tokio::test]
async fn call_with_lost_response_has_its_effect() {
    bounded(async {
        let (emulator, _) = environment().await;
        emulator.inject(Call::Register, Fault::LoseReply);
        let mut connection = Connection::to(&emulator).await;
        connection.register().await;
        assert_eq!(connection.until_closed().await, b"");
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(connection.status_of_register().await, "403");
    })
    .await;
}

#[tokio::test]
async fn response_can_be_truncated_anywhere() {
    bounded(async {
        let (emulator, _) = environment().await;
        let mut connection = Connection::to(&emulator).await;
        connection.register().await;
        let whole = connection.answer().await.len();
        let head = whole - "{}".len();
        for bytes in [0, 1, 17, head, whole - 1] {
            let (emulator, _) = environment().await;
            emulator.inject(Call::Register, Fault::TruncateReply(bytes));
            let mut connection = Connection::to(&emulator).await;
            connection.register().await;
            let found = connection.until_closed().await;
            assert_eq!(found.len(), bytes);
            assert!(b"HTTP/1.1 200 OK\r\n".starts_with(&found[..bytes.min(17)]));
            let mut connection = Connection::to(&emulator).await;
            assert_eq!(connection.status_of_register().await, "403", "it was made");
        }
    })
    .await;
}

#[tokio::test]
async fn response_shorter_than_truncation_arrives_whole() {
    bounded(async {
        let (emulator, _) = environment().await;
        emulator.inject(Call::Register, Fault::TruncateReply(500));
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(connection.status_of_register().await, "200");
        // The rest of the 500 bytes does not count for the next response.
        for _ in 0..10 {
            assert_eq!(connection.status_of_register().await, "403");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn delayed_call_has_its_effect_after_the_delay() {
    bounded(async {
        const DELAY: Duration = Duration::from_secs(60);
        let (emulator, _) = environment().await;
        emulator.inject(Call::Register, Fault::Delay(DELAY));
        let (mut late, mut other) = (
            Connection::to(&emulator).await,
            Connection::to(&emulator).await,
        );
        let begin = Instant::now();
        late.register().await;
        let (late, other) = tokio::join!(late.answer(), async {
            sleep(DELAY / 2).await;
            other.status_of_register().await
        });
        assert_eq!(begin.elapsed(), DELAY);
        assert_eq!(other, "200");
        assert!(late.starts_with("HTTP/1.1 403 "), "{late}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn response_can_arrive_byte_by_byte() {
    bounded(async {
        const PAUSE: Duration = Duration::from_secs(1);
        let (emulator, _) = environment().await;
        emulator.inject(Call::Register, Fault::Slow(PAUSE));
        let mut connection = Connection::to(&emulator).await;
        connection.register().await;
        let (mut answer, mut byte) = (Vec::new(), [0; 16]);
        while !answer.ends_with(b"}\n") {
            let before = Instant::now();
            assert_eq!(connection.0.read(&mut byte).await.unwrap(), 1);
            assert!(before.elapsed() >= PAUSE);
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
        // The fault is that answer's only.
        let before = Instant::now();
        assert_eq!(connection.status_of_register().await, "403");
        assert_eq!(before.elapsed(), Duration::ZERO);
    })
    .await;
}

#[tokio::test]
async fn faults_apply_in_order_and_to_their_call_only() {
    bounded(async {
        let (emulator, _) = environment().await;
        let raw = Raw::of(&emulator);
        let reply = |status| Fault::Reply {
            status,
            body: String::new(),
        };
        emulator.inject(Call::Register, reply(500));
        emulator.inject(Call::Next, reply(504));
        emulator.inject(Call::Register, Fault::Close);
        emulator.inject(Call::Register, reply(502));
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(connection.status_of_register().await, "500");
        connection.register().await;
        assert_eq!(connection.until_closed().await, b"");
        let mut connection = Connection::to(&emulator).await;
        assert_eq!(connection.status_of_register().await, "502");
        assert_eq!(raw.next("").await.status(), 504);
        assert_eq!(connection.status_of_register().await, "200");
        assert_eq!(answer(raw.next("").await).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn event_with_lost_response_is_not_sent_again() {
    bounded(async {
        for fault in [Fault::LoseReply, Fault::TruncateReply(40)] {
            let (emulator, _) = environment().await;
            let raw = Raw::of(&emulator);
            let id = raw.registered("ext", r#"["INVOKE"]"#).await;
            let header = format!("Lambda-Extension-Identifier: {id}\r\n");
            emulator.inject(Call::Next, fault.clone());
            let mut connection = Connection::to(&emulator).await;
            connection.send(Call::Next, &header, "").await;
            let extension = async {
                let seen = connection.until_closed().await;
                // The platform takes that for the end of its work.
                let again = raw.next(&id);
                (seen.len(), again.await)
            };
            let scenario = async {
                emulator.init().await.unwrap();
                emulator.invoke(Invocation::default()).await.unwrap();
            };
            tokio::select! {
                (seen, again) = extension => panic!("{seen} {again:?}"),
                () = scenario => {}
            }
            let record = emulator.record();
            let received = |what: &StepKind| matches!(what, StepKind::Receives { .. });
            let received = record.steps.iter().filter(|step| received(&step.kind));
            assert_eq!(received.count(), 1, "{record}");
        }
    })
    .await;
}

#[tokio::test]
async fn invocation_lost_on_the_way_to_the_runtime_times_out() {
    bounded(async {
        let builder = Emulator::builder().attached_runtime();
        let emulator = builder.start().await.unwrap();
        emulator.inject(Call::RuntimeNext, Fault::LoseReply);
        let mut runtime = Connection::to(&emulator).await;
        runtime.send(Call::RuntimeNext, "", "").await;
        let invocation = Invocation::default().timeout(Duration::from_millis(50));
        let (seen, invoked) = tokio::join!(runtime.until_closed(), emulator.invoke(invocation));
        assert_eq!(seen, b"");
        assert_eq!(invoked.unwrap().response, None);
    })
    .await;
}
