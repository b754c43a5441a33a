//! Attacks on the telemetry port by another process of the environment: a genuine delivery still
//! arrives, and memory is bounded.
//!
//! `--nocapture` prints the figures.

use std::cell::Cell;
use std::time::{Duration, Instant};

use lambda_ext_tests::delivery::port_of;
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program::Program;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};

/// The most memory of an extension that does nothing with its telemetry, in KiB, as in SECURITY.md.
const MEMORY: u64 = 24 << 10;

const DELIVERY: usize = 4 << 20;

/// The connections that are served at once.
const SLOTS: usize = 64;

/// The figures that the extension prints at its end.
#[derive(Debug)]
struct Counted {
    events: u64,
    ends: u64,
    peak: u64,
}

/// The extension, and its port.
struct Attacked {
    fake: Fake,
    next: fake::Request,
    program: Program,
    port: u16,
}

impl Attacked {
    async fn start(protocol: &str) -> Self {
        Self::start_with(protocol, "exec \"$0\"").await
    }

    /// Starts it by a shell command.
    async fn start_with(protocol: &str, command: &str) -> Self {
        let mut fake = Fake::start().await;
        let environment = [
            ("AWS_LAMBDA_RUNTIME_API", fake.runtime_api()),
            ("PROTOCOL", protocol),
        ];
        let arguments = ["-c", command, env!("CARGO_BIN_EXE_attacked")];
        let program = Program::start_with("/bin/sh", arguments, environment);
        fake.expect(fake::REGISTER).await.registered();
        let request = fake.expect(fake::TELEMETRY).await;
        let port = port_of(&request);
        request.subscribed();
        let next = fake.expect(fake::NEXT).await;
        Self {
            fake,
            next,
            program,
            port,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// So many connections that have sent this.
    async fn connections(&self, count: usize, sent: &[u8]) -> Vec<TcpStream> {
        let mut connections = Vec::new();
        for _ in 0..count {
            let mut connection = self.connect().await;
            connection.write_all(sent).await.unwrap();
            connections.push(connection);
        }
        connections
    }

    /// Delivers a body by a connection of its own. Returns how long that took.
    async fn deliver(&self, body: &[u8]) -> Duration {
        let began = Instant::now();
        let answer = self.try_deliver(body).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        began.elapsed()
    }

    async fn try_deliver(&self, body: &[u8]) -> String {
        let mut connection = self.connect().await;
        let head = head(body.len());
        // The listener may end the connection before all is sent.
        let _ = connection.write_all(head.as_bytes()).await;
        let _ = connection.write_all(body).await;
        let mut answer = vec![0; 1000];
        let read = connection.read(&mut answer).await.unwrap_or_default();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    /// Ends the extension.
    async fn end(self) -> Counted {
        self.next.shutdown_in(Duration::from_secs(2));
        let ended = self.program.ended().await;
        drop(self.fake);
        // A flood can leave no time for some batches; they are counted.
        let is_counted =
            ended.stderr.is_empty() || ended.stderr.contains("not delivered to the handler");
        assert!(ended.code == Some(0) && is_counted, "{ended:?}");
        let words = ended.stdout.split([' ', ',']);
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let [events, _, ends, peak] = numbers[..] else {
            panic!("{}", ended.stdout);
        };
        Counted { events, ends, peak }
    }
}

async fn connect_and_send(port: u16, sent: String) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    connection.write_all(sent.as_bytes()).await.unwrap();
    connection
}

fn head(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: sandbox.localdomain\r\nContent-Length: {length}\r\n\r\n")
}

/// A genuine delivery of about this length.
fn lines(length: usize) -> Vec<u8> {
    let line = r#"{"time":"2026-03-04T09:15:00.501Z","type":"function","record":"genuine"}"#;
    let lines = vec![line; length / (line.len() + 1)];
    format!("[{}]", lines.join(",")).into_bytes()
}

/// This, again and again between the start and the end, up to the largest delivery.
fn repeated(start: &str, part: &str, end: &str) -> Vec<u8> {
    let count = (DELIVERY - start.len() - end.len() - 1) / (part.len() + 1);
    let parts = vec![part; count].join(",");
    [start, &parts, end].concat().into_bytes()
}

fn report(attack: &str, delay: Duration, counted: &Counted) {
    println!("{attack}: {delay:?}, {counted:?}");
    assert!(counted.peak < MEMORY, "{attack}: {counted:?}");
}

#[tokio::test]
async fn announced_bodies_delay_no_delivery() {
    for (count, length) in [(0, 200_000), (32, 200_000), (60, 200_000), (200, 20_000)] {
        bounded(async {
            let attacked = Attacked::start("HTTP").await;
            let head = head(DELIVERY).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
            let mut served = attacked
                .connections(count.min(SLOTS), head.as_bytes())
                .await;
            for connection in &mut served {
                // Its head is read.
                let mut answer = [0; 12];
                connection.read_exact(&mut answer).await.unwrap();
                assert_eq!(&answer, b"HTTP/1.1 100");
                connection.write_all(b"[").await.unwrap();
            }
            let sent = head + "[";
            // All at once: in the queue of the port there may be no place for them.
            let others =
                (served.len()..count).map(|_| connect_and_send(attacked.port, sent.clone()));
            let _others: JoinSet<_> = others.collect();
            yield_now().await;
            let delay = attacked.deliver(&lines(length)).await;
            report(
                &format!("{count} bodies of a byte"),
                delay,
                &attacked.end().await,
            );
        })
        .await;
    }
}

#[tokio::test]
async fn hostile_batches_take_bounded_memory() {
    let done = r#"{"type":"platform.runtimeDone","record":{"requestId":"1","status":"success"}}"#;
    let event =
        r#"{"time":"","type":"platform.extension","record":{"name":"","state":"","events":["#;
    let keys: Vec<_> = (0..300_000).map(|key| format!(r#""{key}":1"#)).collect();
    let keys = format!(r#"[{{"type":"platform.runtimeDone",{}}}]"#, keys.join(","));
    for (attack, body) in [
        ("valid lines", lines(DELIVERY - 100)),
        ("invalid UTF-8", vec![0xff; DELIVERY - 1]),
        ("tiny runtimeDone", repeated("[", done, "]")),
        ("one event with 300,000 keys", keys.into_bytes()),
        (
            "a list of short strings",
            repeated(&format!("[{event}"), "\"\"", "]}}]"),
        ),
        ("1,1,…", repeated("[\"platform.runtimeDone\",", "1", "]")),
        ("{},{},…", repeated("[\"platform.runtimeDone\",", "{}", "]")),
    ] {
        bounded(async {
            let attacked = Attacked::start("HTTP").await;
            // An identical body would be a retry.
            let other = [&*body, b" "].concat();
            let answered = Cell::new(false);
            let hostile = async {
                tokio::join!(attacked.try_deliver(&body), attacked.try_deliver(&other));
                answered.set(true);
            };
            // Beside them, and while the handler reads their events.
            let genuine = async {
                let mut delay = Duration::ZERO;
                while !answered.get() {
                    delay = delay.max(attacked.deliver(&lines(2_000)).await);
                }
                for _ in 0..10 {
                    delay = delay.max(attacked.deliver(&lines(2_000)).await);
                }
                delay
            };
            let ((), delay) = tokio::join!(hostile, genuine);
            report(attack, delay, &attacked.end().await);
        })
        .await;
    }
}

#[tokio::test]
async fn idle_connections_leave_files_for_a_delivery() {
    bounded(async {
        let attacked = Attacked::start_with("HTTP", "ulimit -n 64; exec \"$0\"").await;
        let _idle = attacked.connections(200, b"").await;
        let delay = attacked.deliver(&lines(2_000)).await;
        report(
            "64 files, 200 idle connections",
            delay,
            &attacked.end().await,
        );
    })
    .await;
}

/// TCP has no answers, so that the genuine line is counted at the end.
#[tokio::test]
async fn hostile_lines_by_tcp_take_bounded_memory_and_keep_no_line_out() {
    let done = r#"{"type":"platform.runtimeDone","record":{"requestId":"1","status":"success"}}"#;
    let dones = format!("{done}\n").repeat(DELIVERY / (done.len() + 1));
    let long = format!("[{}\n", "1,".repeat(DELIVERY / 2 - 1));
    for (attack, count, sent) in [
        ("begun lines", 200, b"{".to_vec()),
        ("silence", 200, Vec::new()),
        ("long lines that do not end", 60, vec![b'x'; 1 << 20]),
        (
            "invalid UTF-8",
            4,
            [vec![0xff; DELIVERY - 1], b"\n".to_vec()].concat(),
        ),
        ("tiny runtimeDone", 4, dones.into_bytes()),
        ("1,1,…", 4, long.into_bytes()),
    ] {
        bounded(async {
            let attacked = Attacked::start("TCP").await;
            let began = Instant::now();
            let mut strays = JoinSet::new();
            for _ in 0..count {
                let mut stray = attacked.connect().await;
                let sent = sent.clone();
                strays.spawn(async move {
                    let _ = stray.write_all(&sent).await;
                    stray
                });
            }
            let mut platform = attacked.connect().await;
            let line = r#"{"time":"","type":"platform.runtimeDone","record":{"requestId":"genuine","status":"success"}}"#;
            platform.write_all(format!("{line}\n").as_bytes()).await.unwrap();
            // It is closed only at the end.
            platform.shutdown().await.unwrap();
            let _ = platform.read(&mut [0]).await;
            let delay = began.elapsed();
            let counted = attacked.end().await;
            report(&format!("{attack} by TCP"), delay, &counted);
            assert!(counted.events > 0 && counted.ends > 0, "{attack}: {counted:?}");
        })
        .await;
    }
}
