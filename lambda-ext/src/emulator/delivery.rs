//! Sends telemetry to its subscribers, each by a task of its own.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::platform::Platform;
use super::record::What;
use super::shared::Shared;
use super::telemetry::{Batch, Destination, Turn, tcp_port};
use crate::client::connection::{Connection, ExchangeError};

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
        port: u16,
        path: Uri,
        host: HeaderValue,
        connection: Option<Connection>,
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
            Destination::Http { port, path, host } => Self::Http {
                port,
                path,
                host,
                connection: None,
            },
            Destination::Tcp { port } => Self::Tcp { port, stream },
        })
    }

    /// Who has lost an answer comes again by another connection.
    fn lose_answer(&mut self) {
        if let Self::Http { connection, .. } = self {
            *connection = None;
        }
    }

    async fn send(&mut self, batch: &Batch) -> Sent {
        match self {
            Self::Http {
                port,
                path,
                host,
                connection,
            } => {
                let body = match &batch.body {
                    Some(body) => body.clone(),
                    None => format!("[{}]", batch.events.join(",")).into_bytes(),
                };
                let bytes = body.len();
                let mut request = Request::new(Full::from(body));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = path.clone();
                let headers = request.headers_mut();
                headers.insert(HOST, host.clone());
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                match post(*port, connection, request).await {
                    Ok(status) => Sent {
                        bytes,
                        status: Some(status.as_u16()),
                        error: (status.as_u16() >= 400).then(|| format!("answered {status}")),
                    },
                    Err(error) => Sent {
                        bytes,
                        status: None,
                        error: Some(error.to_string()),
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

/// Sends a request by the connection that is there, if it is still open, or by a new one.
async fn post(
    port: u16,
    kept: &mut Option<Connection>,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, ExchangeError> {
    let open = match kept.take() {
        Some(connection) => connection.if_open().await,
        None => None,
    };
    let mut connection = match open {
        Some(connection) => connection,
        None => Connection::open("127.0.0.1", port).await?,
    };
    // The status is the whole answer: the platform does not look at the body.
    let status = connection.send(request).await?.status();
    *kept = Some(connection);
    Ok(status)
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
