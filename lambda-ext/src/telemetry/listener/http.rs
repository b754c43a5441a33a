//! Deliveries by HTTP: a request for each batch, answered once that is queued.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::socket::{Progress, Socket};
use super::{Closed, Inbox, Place};
use crate::budget;
use crate::telemetry::TelemetryBatch;
use crate::telemetry::batch::Framing;

/// The most that a connection keeps of what is not read yet, in bytes: the head of a request, and
/// a piece of its body. A head that is longer is refused.
const BUFFER: usize = 128 << 10;

/// The most pieces that a body may come in: chunks of a byte each would take seconds to read.
const PIECES: usize = 64 << 10;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Serves a connection to its end, which is also when it is idle and to give way. That it breaks is
/// the platform's to know: what was not answered it sends again.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, place: Place, bodies: Arc<Semaphore>) {
    let progress = Arc::new(Progress::default());
    let service = service_fn(async |request| {
        progress.begin();
        place.begin();
        let answer = answer(request, &inbox, &place, &bodies).await;
        let mut response = answer.unwrap_or_else(refusal);
        progress.end();
        if place.end() {
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        Ok::<_, Infallible>(response)
    });
    let socket = Socket::new(stream, Arc::clone(&progress));
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(socket), service);
    select(pin!(place.told()), pin!(progress.in_time(connection))).await;
}

/// Receives a batch. What it says is no reason to refuse it: it would come again, and again.
///
/// What is refused is not counted as dropped: the platform knows from its answer, sends it again,
/// which would be counted again, and tells itself what it gives up.
async fn answer(
    request: Request<Incoming>,
    inbox: &Inbox,
    place: &Place,
    bodies: &Semaphore,
) -> Result<Response<String>, StatusCode> {
    if !matches!(*request.method(), Method::POST | Method::PUT) {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut delivery = Delivery::new(request.into_body())?;
    let _receiving = inbox.receiving();
    let too_large = in_time(place, delivery.read(delivery.without_room)).await?;
    // Kept until the batch is queued, or dropped.
    let _room = match too_large {
        Some(piece) => {
            let room = room(place, bodies, delivery.most).await?;
            delivery.push(&piece, delivery.most);
            in_time(place, delivery.read(delivery.most)).await?;
            Some(room)
        }
        None => None,
    };
    let batch = TelemetryBatch::new(super::text(delivery.done()), Framing::Array);
    match inbox.put(batch).await {
        Ok(()) => Ok(Response::default()),
        Err(Closed) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// Reads for as long as a body may take, which is less where others wait for it.
async fn in_time<T>(
    place: &Place,
    read: impl Future<Output = Result<T, StatusCode>>,
) -> Result<T, StatusCode> {
    let read = budget::in_time(budget::DELIVERY_BODY, read);
    match select(pin!(read), pin!(place.overdue())).await {
        Either::Left((Ok(read), _)) => read,
        _ => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Takes room for a delivery; who waits for it is in the way of those that are read.
async fn room<'a>(
    place: &Place,
    bodies: &'a Semaphore,
    most: usize,
) -> Result<SemaphorePermit<'a>, StatusCode> {
    let mut room = pin!(bodies.acquire_many(u32::try_from(most).unwrap_or(u32::MAX)));
    let room = if let Some(room) = room.as_mut().now_or_never() {
        room
    } else {
        let _waiting = place.waiting();
        room.await
    };
    room.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

/// A body that is being read.
struct Delivery {
    body: Incoming,
    bytes: Vec<u8>,
    pieces: usize,
    most: usize,
    /// How much of it is read before it takes room: all of a small one; of a large one nothing, so
    /// that its bytes are moved once; of one whose length is unknown as much as of a small one.
    without_room: usize,
}

impl Delivery {
    fn new(body: Incoming) -> Result<Self, StatusCode> {
        let length = body.size_hint().exact();
        let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let most = length.unwrap_or(budget::DELIVERY);
        if most > budget::DELIVERY {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let is_large = length.is_some_and(|length| length > budget::SMALL_DELIVERY);
        Ok(Self {
            body,
            bytes: Vec::new(),
            pieces: 0,
            most,
            without_room: if is_large { 0 } else { budget::SMALL_DELIVERY },
        })
    }

    /// Reads to the end, or up to the piece with which it would have more than this.
    async fn read(&mut self, limit: usize) -> Result<Option<Bytes>, StatusCode> {
        while let Some(piece) = self.next().await? {
            if piece.len() > self.most - self.bytes.len() {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            if self.bytes.len() + piece.len() > limit {
                return Ok(Some(piece));
            }
            self.push(&piece, limit);
        }
        Ok(None)
    }

    /// The next piece, which may be empty.
    async fn next(&mut self) -> Result<Option<Bytes>, StatusCode> {
        self.pieces += 1;
        if self.pieces > PIECES {
            return Err(StatusCode::BAD_REQUEST);
        }
        let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context));
        match frame.await {
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(_)) => Err(StatusCode::BAD_REQUEST),
            None => Ok(None),
        }
    }

    fn push(&mut self, piece: &[u8], limit: usize) {
        let limit = limit.min(self.most);
        self.bytes.reserve_exact(limit - self.bytes.len());
        self.bytes.extend_from_slice(piece);
    }

    fn done(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes.shrink_to_fit();
        bytes
    }
}

fn refusal(status: StatusCode) -> Response<String> {
    let mut response = Response::default();
    *response.status_mut() = status;
    let (name, value) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (ALLOW, HeaderValue::from_static("POST, PUT")),
        // What is left of the body is not read.
        _ => (CONNECTION, CLOSE),
    };
    response.headers_mut().insert(name, value);
    response
}
