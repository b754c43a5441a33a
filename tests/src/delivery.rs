//! Telemetry as the platform delivers it, to a listener that an extension has subscribed.

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::fake::Request;

/// Where an extension wants its telemetry.
#[derive(Debug, Clone)]
pub struct Delivery {
    port: u16,
    client: Client,
}

impl Delivery {
    /// As this subscription says.
    ///
    /// # Panics
    /// It names no port.
    #[must_use]
    pub fn of(subscription: &Request) -> Self {
        Self {
            port: port_of(subscription),
            client: Client::builder().no_proxy().build().expect("a client"),
        }
    }

    /// The port that it listens at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection to it, to write what one likes.
    ///
    /// # Panics
    /// There is none.
    pub async fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(("127.0.0.1", self.port)).await;
        connection.expect("a connection")
    }

    /// Delivers a batch, and gives the answer's status.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn send(&self, events: &[Value]) -> u16 {
        self.try_send(events).await.expect("an answer")
    }

    /// Delivers a batch, and gives the answer's status, if there is an answer.
    pub async fn try_send(&self, events: &[Value]) -> Option<u16> {
        self.try_send_text(&json!(events).to_string()).await
    }

    /// Delivers this text.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn send_text(&self, body: &str) -> u16 {
        self.try_send_text(body).await.expect("an answer")
    }

    async fn try_send_text(&self, body: &str) -> Option<u16> {
        let url = format!("http://127.0.0.1:{}/", self.port);
        let request = self.client.post(url).body(body.to_owned());
        Some(request.send().await.ok()?.status().as_u16())
    }
}

/// The port of a subscription, by HTTP or by TCP.
///
/// # Panics
/// It names none.
#[must_use]
pub fn port_of(subscription: &Request) -> u16 {
    let destination = &subscription.json()["destination"];
    let port = match destination["URI"].as_str() {
        Some(uri) => uri
            .trim_end_matches('/')
            .rsplit(':')
            .next()
            .map(str::to_owned),
        None => Some(destination["port"].to_string()),
    };
    port.and_then(|port| port.parse().ok()).expect("a port")
}

/// A connection by which batches are delivered one after the other, as the platform does.
#[derive(Debug)]
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects to this port.
    ///
    /// # Panics
    /// Nobody listens.
    pub async fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        Self(BufReader::new(stream.expect("a connection")))
    }

    /// Delivers a batch, and waits for the answer.
    ///
    /// # Panics
    /// It is not taken.
    pub async fn post(&mut self, body: &str) {
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: sandbox.localdomain\r\nContent-Length: {length}\r\n\r\n"
        );
        let request = [&head, body].concat();
        let sent = self.0.write_all(request.as_bytes()).await;
        sent.expect("it is read");
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut answer).await.expect("an answer");
            assert_ne!(read, 0, "no more than {answer}");
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

/// An event.
#[must_use]
pub fn event(kind: &str, record: &Value) -> Value {
    json!({"time": "2026-03-04T09:15:00.642Z", "type": kind, "record": record})
}

/// A line of the function's.
#[must_use]
pub fn line(text: &str) -> Value {
    event("function", &json!(text))
}

/// The end of an invocation.
#[must_use]
pub fn runtime_done(request_id: &str) -> Value {
    let record = json!({"requestId": request_id, "status": "success"});
    event("platform.runtimeDone", &record)
}

/// The report of an invocation.
#[must_use]
pub fn report(request_id: &str) -> Value {
    let metrics = json!({
        "durationMs": 20.5, "billedDurationMs": 21, "memorySizeMB": 128, "maxMemoryUsedMB": 64,
    });
    let record = json!({"requestId": request_id, "status": "success", "metrics": metrics});
    event("platform.report", &record)
}

/// A batch as that of a busy function is: lines, and the platform's records of invocations.
#[must_use]
pub fn busy(number: usize, records: usize) -> String {
    let record = |at: usize| {
        let time = format!("2026-03-04T09:15:{:02}.{:03}Z", number % 60, at % 1000);
        let id = format!("{at:08}-4c51-9d6e-1f2e3d4c5b6a");
        let (kind, record) = match at % 20 {
            0 => (
                "platform.start",
                format!(r#"{{"requestId":"{id}","version":"7"}}"#),
            ),
            1 => (
                "platform.runtimeDone",
                format!(
                    r#"{{"requestId":"{id}","status":"success","metrics":{{"durationMs":140.5,"producedBytes":16}},"spans":[{{"name":"responseLatency","start":"{time}","durationMs":23.02}}]}}"#
                ),
            ),
            2 => (
                "platform.report",
                format!(
                    r#"{{"requestId":"{id}","status":"success","metrics":{{"durationMs":220.12,"billedDurationMs":300,"memorySizeMB":128,"maxMemoryUsedMB":90}}}}"#
                ),
            ),
            _ => (
                "function",
                format!(
                    r#""{time} {id} INFO handled user=\"u{at}\" path=/v1/orders/{at} status=200 {:x<100}\n""#,
                    ""
                ),
            ),
        };
        format!(r#"{{"time":"{time}","type":"{kind}","record":{record}}}"#)
    };
    let records: Vec<_> = (0..records).map(record).collect();
    format!("[{}]", records.join(","))
}
