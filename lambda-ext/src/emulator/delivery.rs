//! Sends telemetry to its subscribers, each by a task of its own.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::record::What;
use super::shared::Shared;
use super::telemetry::{Batch, Destination, Turn, tcp_port};

/// The pauses before a batch that was not taken is sent again; the last is repeated.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_secs(1),
];

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
                let again = usize::from(batch.twice);
                let mut taken = false;
                for _ in 0..=again {
                    taken = send(&shared, id, &mut link, &batch).await;
                }
                shared.change(|platform| {
                    platform.telemetry.settled(id, &batch, taken);
                    platform.note_drops();
                });
            }
        }
    }
}

/// Sends a batch until it is taken, unchanged each time.
async fn send(shared: &Shared, id: Uuid, link: &mut Link, batch: &Batch) -> bool {
    let mut pauses = PAUSES
        .iter()
        .chain(std::iter::repeat(&PAUSES[PAUSES.len() - 1]));
    loop {
        let sent = link.send(batch).await;
        sleep(batch.takes).await;
        let (taken, goes_on) = shared.change(|platform| {
            let Some(subscriber) = platform.telemetry.subscriber(id) else {
                return (false, false);
            };
            let what = What::Delivered {
                extension: subscriber.extension.clone(),
                records: batch.events.len(),
                bytes: sent.bytes,
                status: sent.status,
                error: sent.error.clone(),
            };
            platform.note(what);
            (sent.error.is_none(), platform.telemetry.redelivers())
        });
        if taken || !goes_on {
            return taken;
        }
        if let Some(pause) = pauses.next() {
            sleep(*pause).await;
        }
    }
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
                client: reqwest::Client::builder().no_proxy().build().ok()?,
                url,
                host,
            },
            Destination::Tcp { port } => Self::Tcp { port, stream },
        })
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
