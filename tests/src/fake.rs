//! A platform that a test scripts to the byte, for what no real one can be made to do.
//!
//! Requests come one by one, and wait until the test answers them.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use lambda_ext::{Client, EventType, RegisteredClient};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// The identifier that [`Request::registered`] hands out, in the case it is to be echoed in.
pub const IDENTIFIER: &str = "5F0D3C1E-8a34-4d0e-9d7d-2b8a3c9be001";
/// The path of register.
pub const REGISTER: &str = "/2020-01-01/extension/register";
/// The path of next.
pub const NEXT: &str = "/2020-01-01/extension/event/next";
/// The path of the telemetry subscription.
pub const TELEMETRY: &str = "/2022-07-01/telemetry";
/// The path of init error.
pub const INIT_ERROR: &str = "/2020-01-01/extension/init/error";
/// The path of exit error.
pub const EXIT_ERROR: &str = "/2020-01-01/extension/exit/error";

/// A bound on every test, far beyond what any needs.
const BOUND: Duration = Duration::from_secs(60);

/// Ends a test that hangs. By a clock of its own: tests move tokio's.
///
/// # Panics
/// When the time is over.
pub async fn bounded<F: Future>(test: F) -> F::Output {
    let (over, is_over) = oneshot::channel();
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if is_done.recv_timeout(BOUND) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            let _ = over.send(());
        }
    });
    let outcome = tokio::select! {
        outcome = test => outcome,
        Ok(()) = is_over => panic!("the test hangs"),
    };
    drop(done);
    outcome
}

/// The scripted platform.
#[derive(Debug)]
pub struct Fake {
    runtime_api: String,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Fake {
    /// Listens on 127.0.0.1, at a port that is free.
    ///
    /// # Panics
    /// There is none.
    pub async fn start() -> Self {
        Self::at(([127, 0, 0, 1], 0).into()).await
    }

    /// Listens at this address.
    ///
    /// # Panics
    /// It is taken.
    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let runtime_api = listener.local_addr().expect("an address").to_string();
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                tokio::spawn(serve(stream, connection, sender.clone()));
            }
        });
        Self {
            runtime_api,
            requests,
        }
    }

    /// `127.0.0.1:` and the port.
    #[must_use]
    pub fn runtime_api(&self) -> &str {
        &self.runtime_api
    }

    /// A client that has registered here.
    ///
    /// # Panics
    /// It cannot.
    pub async fn registered_client(&mut self) -> RegisteredClient {
        let client = Client::with(Some("ext"), Some(self.runtime_api())).expect("a client");
        let platform = async { self.expect(REGISTER).await.registered() };
        let registered = tokio::join!(client.register(&[EventType::Invoke]), platform).0;
        registered.expect("a registration")
    }

    /// The next request, when it comes.
    ///
    /// # Panics
    /// None comes.
    pub async fn request(&mut self) -> Request {
        self.requests.recv().await.expect("a request")
    }

    /// The next request, which must be for `path`.
    ///
    /// # Panics
    /// It is for another.
    pub async fn expect(&mut self, path: &str) -> Request {
        let request = self.request().await;
        assert_eq!(request.path, path, "{request:#?}");
        request
    }

    /// A request that has come and was not asked for. Complete for what was sent before the
    /// answer to a later request.
    pub fn unasked(&mut self) -> Option<Request> {
        self.requests.try_recv().ok()
    }
}

/// A request that waits for its answer. Dropping it closes the connection without one.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The target of the request line.
    pub path: String,
    /// `HTTP/1.1`.
    pub version: String,
    /// By name, in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, as text; bytes that are none are replaced.
    pub body: String,
    /// Which connection it came by, counted from 1.
    pub connection: u32,
    answer: oneshot::Sender<Bytes>,
}

#[derive(Debug)]
struct Bytes {
    bytes: Vec<u8>,
    close: bool,
}

impl Request {
    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// A header's value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Answers with a status, headers and a body.
    pub fn reply(self, status: u16, headers: &str, body: &str) {
        self.bytes(response(status, headers, body).into_bytes(), false);
    }

    /// Answers, and closes the connection without having announced it.
    pub fn reply_and_close(self, status: u16, headers: &str, body: &str) {
        self.bytes(response(status, headers, body).into_bytes(), true);
    }

    /// Answers with these bytes, whatever they are, and closes the connection.
    pub fn raw(self, bytes: impl Into<Vec<u8>>) {
        self.bytes(bytes.into(), true);
    }

    /// Waits until the client closes the connection instead of waiting for the answer.
    pub async fn hung_up(mut self) {
        self.answer.closed().await;
    }

    fn bytes(self, bytes: Vec<u8>, close: bool) {
        // A client that hung up is no failure of the fake.
        let _ = self.answer.send(Bytes { bytes, close });
    }

    /// Answers a registration.
    pub fn registered(self) {
        let headers = format!("Lambda-Extension-Identifier: {IDENTIFIER}\r\n");
        let body = r#"{"functionName":"orders","functionVersion":"7","handler":"index.handler"}"#;
        self.reply(200, &headers, body);
    }

    /// Answers a `next` with INVOKE.
    pub fn invoke(self, request_id: &str) {
        let body = format!(r#"{{"eventType":"INVOKE","deadlineMs":1,"requestId":"{request_id}"}}"#);
        self.reply(200, "Content-Type: application/json\r\n", &body);
    }

    /// Answers a `next` with INVOKE, whose deadline is that far ahead.
    pub fn invoke_for(self, request_id: &str, left: Duration) {
        let deadline = millis_ahead(left);
        let body = format!(
            r#"{{"eventType":"INVOKE","deadlineMs":{deadline},"requestId":"{request_id}"}}"#
        );
        self.reply(200, "Content-Type: application/json\r\n", &body);
    }

    /// Answers a `next` with SHUTDOWN.
    pub fn shutdown(self) {
        let body = r#"{"eventType":"SHUTDOWN","deadlineMs":1,"shutdownReason":"spindown"}"#;
        self.reply(200, "Content-Type: text/plain; charset=utf-8\r\n", body);
    }

    /// Answers a `next` with SHUTDOWN, whose deadline is that far ahead.
    pub fn shutdown_in(self, left: Duration) {
        let deadline = millis_ahead(left);
        let body = format!(
            r#"{{"eventType":"SHUTDOWN","deadlineMs":{deadline},"shutdownReason":"timeout"}}"#
        );
        self.reply(200, "Content-Type: text/plain; charset=utf-8\r\n", &body);
    }

    /// Answers a subscription to telemetry.
    pub fn subscribed(self) {
        self.reply(200, "", "\"OK\"");
    }

    /// Answers an error report.
    pub fn accepted(self) {
        self.reply(
            202,
            "Content-Type: application/json\r\n",
            "{\"status\":\"OK\"}\n",
        );
    }
}

/// The time that far ahead, as the platform tells it.
fn millis_ahead(left: Duration) -> u128 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    (now.expect("a clock that is right") + left).as_millis()
}

fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

async fn serve(stream: TcpStream, connection: u32, requests: mpsc::UnboundedSender<Request>) {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    loop {
        let (answer, answered) = oneshot::channel();
        let Some(request) = read(&mut reading, connection, answer).await else {
            return;
        };
        if requests.send(request).is_err() {
            return;
        }
        let answer = tokio::select! {
            biased;
            answer = answered => answer,
            // While it waits, a client can only hang up.
            _ = reading.fill_buf() => return,
        };
        let Ok(answer) = answer else { return };
        if writing.write_all(&answer.bytes).await.is_err() || answer.close {
            return;
        }
    }
}

async fn read(
    reading: &mut BufReader<OwnedReadHalf>,
    connection: u32,
    answer: oneshot::Sender<Bytes>,
) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reading.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let headers: BTreeMap<_, _> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(Ok(0), |length| length.parse())
        .ok()?;
    let mut body = vec![0; length];
    reading.read_exact(&mut body).await.ok()?;
    Some(Request {
        method: words.next()?,
        path: words.next()?,
        version: words.next()?,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        connection,
        answer,
    })
}
