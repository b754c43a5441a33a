//! Deliveries by HTTP/1: a request for each batch, answered once the batch is queued.

mod body;
mod limits;

use std::convert::Infallible;
use std::pin::pin;

use futures_util::future::select;
use http_body_util::Empty;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::join;
use tokio::net::TcpStream;

use self::limits::{LimitedReader, Limits};
use super::limiter::Slot;
use super::memory::DeliveryMemory;
use crate::telemetry::batch::TelemetryBatch;
use crate::telemetry::framing::Framing;
use crate::telemetry::inbox::{Closed, Inbox};

/// The most of a head and of a read, in bytes.
const READ: usize = 32 << 10;

/// Serves a connection until it ends or is evicted. An error of the connection is not reported: the
/// platform sends again what was not answered.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, slot: Slot, memory: &DeliveryMemory) {
    let limits = Limits::default();
    let receiver = Receiver {
        inbox: &inbox,
        slot: &slot,
        memory,
        limits: &limits,
    };
    let (reader, writer) = stream.into_split();
    let reader = LimitedReader {
        stream: reader,
        limits: &limits,
    };
    let connection = http1::Builder::new()
        .auto_date_header(false)
        // It would end idle connections, too: its time begins with the wait for a head.
        .header_read_timeout(None)
        .max_buf_size(READ)
        .serve_connection(
            TokioIo::new(join(reader, writer)),
            service_fn(|request| receiver.answer(request)),
        );
    let served = limits.apply(connection);
    select(pin!(slot.evicted()), pin!(served)).await;
}

/// Receives the deliveries of a connection.
struct Receiver<'a> {
    inbox: &'a Inbox,
    slot: &'a Slot,
    memory: &'a DeliveryMemory,
    limits: &'a Limits,
}

impl Receiver<'_> {
    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        self.limits.begin_request();
        self.slot.begin_delivery();
        let has_body = !request.body().is_end_stream();
        let received = self.receive(request).await;
        let status = received.err().unwrap_or(StatusCode::OK);
        // The rest of a body that is refused is not read.
        let closes = if has_body && status != StatusCode::OK {
            self.slot.close();
            true
        } else {
            self.slot.end_delivery()
        };
        self.limits.end_request(closes);
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        if closes {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let methods = HeaderValue::from_static("POST, PUT");
            response.headers_mut().insert(ALLOW, methods);
        }
        Ok(response)
    }

    /// Receives a batch and ignores its content: the platform would retry a refused one again and again.
    ///
    /// A refused delivery does not count as dropped: the platform knows from the answer, and sends it
    /// again or reports the loss itself.
    async fn receive(&self, request: Request<Incoming>) -> Result<(), StatusCode> {
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let _receiving = self.inbox.receiving();
        let buffer = body::read(request.into_body(), self.inbox, self.slot, self.memory).await?;
        let (text, _reserved) = buffer.into_text();
        let batch = TelemetryBatch::new(text, Framing::Array);
        let ends = self.inbox.find_ends(&batch).await;
        let queued = self.slot.while_waiting(self.inbox.queue(batch, ends)).await;
        queued.map_err(|Closed| StatusCode::SERVICE_UNAVAILABLE)
    }
}
