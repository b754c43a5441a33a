//! A platform that delivers byte by byte, and what the listener makes of it.

mod accept;
mod body;
mod chunks;
mod crowded;
mod head;
mod held;
mod hostile;
mod http;
mod refused;
mod tcp;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{advance, pause};

use super::{Listener, Protocol, Serving};
use crate::telemetry::{Inbox, Interest, Item};

const WANTED: Interest = Interest {
    batches: true,
    runtime_done: false,
    reports: true,
};

/// An address whose port is any that is free.
const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A listener that serves, and what it puts into.
struct Served {
    port: u16,
    inbox: Inbox,
    serving: Serving,
}

impl Served {
    fn by(protocol: Protocol) -> Self {
        let listener = Listener::bind(LOCAL, protocol).unwrap();
        let inbox = Inbox::new(WANTED);
        Self {
            port: listener.port(),
            serving: listener.serve(inbox.clone()),
            inbox,
        }
    }

    async fn connect(&self) -> Connection {
        Connection::to(self.port).await
    }

    /// The text of the next batch.
    async fn next(&self) -> String {
        text(&self.inbox.take().await)
    }

    /// The texts of the batches that are there. Complete for what was answered.
    fn queued(&self) -> Vec<String> {
        std::iter::from_fn(|| self.inbox.try_take())
            .map(|item| text(&item))
            .collect()
    }
}

fn text(item: &Item) -> String {
    match item {
        Item::Batch(batch) => batch.as_str().to_owned(),
        Item::RuntimeDone(done) => panic!("a batch, not {done:?}"),
    }
}

/// The platform's end of a connection.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn to(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
        Self(BufReader::new(stream.unwrap()))
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a batch, and returns the status of the answer.
    async fn post(&mut self, body: impl AsRef<[u8]>) -> u16 {
        self.send(post(body)).await;
        self.answer().await
    }

    /// Reads an answer, which must have no body; returns its status.
    async fn answer(&mut self) -> u16 {
        let head = self.head().await;
        let is_empty = head.iter().any(|line| line == "content-length: 0");
        assert!(is_empty, "{head:?}");
        head[0].split(' ').nth(1).unwrap().parse().unwrap()
    }

    async fn head(&mut self) -> Vec<String> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            match line.strip_suffix("\r\n") {
                Some("") => return head,
                Some(line) => head.push(line.to_owned()),
                None => panic!("the connection ended: {head:?} {line:?}"),
            }
        }
    }

    /// Reads an answer, which must be the last; returns its status.
    async fn last_answer(&mut self) -> u16 {
        let head = self.head().await;
        let closes = head.iter().any(|line| line == "connection: close");
        assert!(closes, "{head:?}");
        assert_eq!(self.ended().await, "");
        head[0].split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Waits until the listener ends the connection, which it may do while there is something on
    /// its way; returns what is still to be read.
    async fn ended(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }
}

/// From here on only [`pass`] moves the clock. One that is merely paused jumps to the next deadline
/// at whatever a socket brings.
fn stop_clock() {
    pause();
    tokio::spawn(async {
        loop {
            yield_now().await;
        }
    });
}

/// Lets time pass, in steps, and at each of them happen what is to happen.
async fn pass(time: Duration) {
    for _ in 0..20 {
        advance(time / 20).await;
        settle().await;
    }
}

/// Lets everything happen that needs no time.
async fn settle() {
    for _ in 0..1000 {
        yield_now().await;
    }
}

/// A delivery, as the platform sends it.
fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = head("POST", &format!("Content-Length: {}", body.len()));
    [head.as_bytes(), body].concat()
}

fn head(method: &str, header: &str) -> String {
    format!(
        "{method} / HTTP/1.1\r\nHost: sandbox.localdomain:80\r\n\
         Content-Type: application/json\r\n{header}\r\n\r\n"
    )
}
