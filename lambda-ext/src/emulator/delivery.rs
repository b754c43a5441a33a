//! Sends telemetry to its subscribers, each by a task of its own.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::platform::Platform;
use super::record::What;
use super::shared::Shared;
use super::telemetry::{Batch, Destination, Turn, tcp_port};

/// Connects to where a subscription over TCP wants its lines; on Lambda that is part of it.
pub(super) async fn dial(body: &[u8]) -> Option<Result<TcpStream, String>> {
    let port = tcp_port(body)?;
    let address = format!("127.0.0.1:{port}");
    let dialled = TcpStream::connect(&address).await;
    Some(dialled.map_err(|error| {
        // Of the operating system's words without its number.
        let text = error.to_string().to_lowercase();
        let text = text
            .split(" (os error")
            .next()
            .unwrap_or_default()
            .to_owned();
        format!(
            "Invalid destination: could not TCP dial provided address {address}: dial tcp \
             {address}: connect: {text}"
        )
    }))
}

/// Begins to deliver to whoever has just subscribed.
pub(super) fn serve(shared: &Shared) {
    for id in shared.with(|platform| platform.telemetry.unserved()) {
        tokio::spawn(deliver(shared.clone(), id));
    }
}

async fn deliver(shared: Shared, id: Uuid) {
    let Some(mut link) = Link::to(&shared, id) else {
        return;
    };
    let mut changes = shared.changes();
    loop {
        // The news of what happens from here on is not missed.
        changes.mark_unchanged();
        match shared.with(|platform| platform.telemetry.turn(id)) {
            None => return,
            Some(Turn::Wait) => {
                if changes.changed().await.is_err() {
                    return;
                }
            }
            Some(Turn::Until(due)) => {
                tokio::select! {
                    _ = changes.changed() => {}
                    () = sleep_until(due) => {}
                }
            }
            Some(Turn::Deliver(batch)) => {
                let sent = async {
                    let sent = link.send(&batch).await;
                    if batch.twice {
                        link.lose_answer();
                    }
                    sleep(batch.takes).await;
                    sent
                };
                let sent = tokio::select! {
                    sent = sent => sent,
                    () = gone(&shared, id) => return,
                };
                shared.change(|platform| settle(platform, id, batch, sent));
            }
        }
    }
}

/// Waits until there is no such subscriber any more.
async fn gone(shared: &Shared, id: Uuid) {
    let mut changes = shared.changes();
    while shared.look(|platform| platform.telemetry.subscriber(id).is_some()) {
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// A batch has been sent: to the record, and to be sent again where it was not taken.
fn settle(platform: &mut Platform, id: Uuid, batch: Batch, sent: Sent) {
    let Some(subscriber) = platform.telemetry.subscriber(id) else {
        return;
    };
    let taken = sent.error.is_none();
    let what = What::Delivered {
        extension: subscriber.extension.clone(),
        records: batch.events.len(),
        bytes: sent.bytes,
        status: sent.status,
        error: sent.error,
    };
    platform.note(what);
    platform.telemetry.settled(id, batch, taken);
    platform.note_drops();
}

/// What came of sending a batch.
struct Sent {
    bytes: usize,
    status: Option<u16>,
    error: Option<String>,
}

/// The way to one subscriber.
enum Link {
    Http {
        client: reqwest::Client,
        url: reqwest::Url,
        host: String,
    },
    Tcp {
        port: u16,
        stream: Option<TcpStream>,
    },
}

impl Link {
    fn to(shared: &Shared, id: Uuid) -> Option<Self> {
        let (destination, stream) = shared.with(|platform| platform.telemetry.destination(id))?;
        Some(match destination {
            Destination::Http { url, host } => Self::Http {
                client: client()?,
                url,
                host,
            },
            Destination::Tcp { port } => Self::Tcp { port, stream },
        })
    }

    /// Who has lost an answer comes again by another connection.
    fn lose_answer(&mut self) {
        if let (Self::Http { client, .. }, Some(other)) = (self, client()) {
            *client = other;
        }
    }

    async fn send(&mut self, batch: &Batch) -> Sent {
        match self {
            Self::Http { client, url, host } => {
                let body = match &batch.body {
                    Some(body) => body.clone(),
                    None => format!("[{}]", batch.events.join(",")).into_bytes(),
                };
                let bytes = body.len();
                let request = client
                    .post(url.clone())
                    .header("Host", host.as_str())
                    .header("Content-Type", "application/json")
                    .body(body);
                match request.send().await {
                    Ok(response) => {
                        let status = response.status();
                        Sent {
                            bytes,
                            status: Some(status.as_u16()),
                            error: (status.as_u16() >= 400).then(|| format!("answered {status}")),
                        }
                    }
                    Err(error) => Sent {
                        bytes,
                        status: None,
                        error: Some(innermost(&error)),
                    },
                }
            }
            Self::Tcp { port, stream } => {
                let body = match &batch.body {
                    Some(body) => body.clone(),
                    None => (batch.events.join("\n") + "\n").into_bytes(),
                };
                let written = write(*port, stream, &body).await;
                Sent {
                    bytes: body.len(),
                    status: None,
                    error: written.err().map(|error| error.to_string()),
                }
            }
        }
    }
}

/// A client with a connection of its own.
fn client() -> Option<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        // What is sent stays in the environment.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .ok()
}

/// One connection for as long as it holds.
async fn write(port: u16, stream: &mut Option<TcpStream>, bytes: &[u8]) -> std::io::Result<()> {
    let connection = match stream {
        Some(connection) => connection,
        None => stream.insert(TcpStream::connect(("127.0.0.1", port)).await?),
    };
    let written = connection.write_all(bytes).await;
    if written.is_err() {
        *stream = None;
    }
    written
}

/// The cause that says most: the outer ones repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
