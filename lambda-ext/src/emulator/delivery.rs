//! Delivers telemetry to its subscribers, each by a task of its own.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::seam::Connection;
use super::shared::Shared;
use super::telemetry::{Batch, DeliveryResult, DeliveryTarget, NextDelivery, tcp_port};

/// Opens the connection that a subscription over TCP asks for. On Lambda that is part of it.
pub(super) async fn connect(body: &[u8]) -> Option<Result<TcpStream, String>> {
    let port = tcp_port(body)?;
    let address = format!("127.0.0.1:{port}");
    let connected = TcpStream::connect(&address).await;
    Some(connected.map_err(|error| {
        // The operating system's message, without its number.
        let text = error.to_string().to_lowercase();
        let text = text.split(" (os error").next().unwrap_or_default();
        format!(
            "Invalid destination: could not TCP dial provided address {address}: dial tcp \
             {address}: connect: {text}"
        )
    }))
}

/// Starts tasks for new subscribers.
pub(super) fn serve(shared: &Shared) {
    for id in shared.change_silently(|platform| platform.telemetry().take_unserved()) {
        tokio::spawn(deliver(shared.clone(), id));
    }
}

async fn deliver(shared: Shared, id: Uuid) {
    let target = shared.change_silently(|platform| platform.telemetry().target(id));
    let Some((target, stream)) = target else {
        return;
    };
    let mut link = Link::new(target, stream);
    let mut changes = shared.changes();
    loop {
        // A change from here on ends the waits below.
        changes.mark_unchanged();
        let next = shared.change_silently(|platform| platform.telemetry().next_delivery(id));
        match next {
            None => return,
            Some(NextDelivery::Wait) => {
                if changes.changed().await.is_err() {
                    return;
                }
            }
            Some(NextDelivery::Until(due)) => {
                tokio::select! {
                    _ = changes.changed() => {}
                    () = sleep_until(due) => {}
                }
            }
            Some(NextDelivery::Deliver(batch)) => {
                let sent = async {
                    let sent = link.send(&batch).await;
                    if batch.is_sent_twice() {
                        link.disconnect();
                    }
                    sleep(batch.delay()).await;
                    sent
                };
                let sent = tokio::select! {
                    sent = sent => sent,
                    () = unsubscribed(&shared, id) => return,
                };
                shared.change(|platform| platform.delivered(id, batch, sent));
            }
        }
    }
}

/// Waits until the subscription has ended.
async fn unsubscribed(shared: &Shared, id: Uuid) {
    let mut changes = shared.changes();
    while shared.look(|platform| platform.is_subscribed(id)) {
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// The connection to one subscriber.
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
    fn new(target: DeliveryTarget, stream: Option<TcpStream>) -> Self {
        match target {
            DeliveryTarget::Http { port, path, host } => Self::Http {
                port,
                path,
                host,
                connection: None,
            },
            DeliveryTarget::Tcp { port } => Self::Tcp { port, stream },
        }
    }

    /// Closes an HTTP connection: a client that has lost a response retries on a new one.
    fn disconnect(&mut self) {
        if let Self::Http { connection, .. } = self {
            *connection = None;
        }
    }

    async fn send(&mut self, batch: &Batch) -> DeliveryResult {
        match self {
            Self::Http {
                port,
                path,
                host,
                connection,
            } => {
                let body = batch.array();
                let bytes = body.len();
                let mut request = Request::new(Full::from(body));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = path.clone();
                let headers = request.headers_mut();
                headers.insert(HOST, host.clone());
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let posted = post(*port, connection, request).await;
                let (status, error) = match posted {
                    Ok(status) if status.as_u16() >= 400 => {
                        (Some(status), Some(format!("answered {status}")))
                    }
                    Ok(status) => (Some(status), None),
                    Err(error) => (None, Some(error)),
                };
                DeliveryResult {
                    bytes,
                    status: status.map(|status| status.as_u16()),
                    error,
                }
            }
            Self::Tcp { port, stream } => {
                let body = batch.lines();
                let written = write(*port, stream, &body).await;
                DeliveryResult {
                    bytes: body.len(),
                    status: None,
                    error: written.err().map(|error| error.to_string()),
                }
            }
        }
    }
}

/// Posts on the kept connection if it is still open, otherwise on a new one.
async fn post(
    port: u16,
    kept: &mut Option<Connection>,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, String> {
    let open = match kept.take() {
        Some(connection) => connection.if_open().await,
        None => None,
    };
    let mut connection = match open {
        Some(connection) => connection,
        None => Connection::open("127.0.0.1", port)
            .await
            .map_err(|error| error.to_string())?,
    };
    let response = connection.send(request).await;
    // The platform looks at the status only, not at the body.
    let status = response.map_err(|error| error.to_string())?.status();
    *kept = Some(connection);
    Ok(status)
}

/// Writes to the connection, which is kept until it fails.
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
