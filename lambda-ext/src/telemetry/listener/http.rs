//! Deliveries by HTTP: a request for each batch, answered once that is queued.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{Closed, Inbox};
use crate::budget;
use crate::telemetry::TelemetryBatch;
use crate::telemetry::batch::Framing;

/// The most that a connection keeps of what is not read yet, in bytes: the head of a request, and
/// a piece of its body.
const BUFFER: usize = 128 << 10;

/// Serves a connection to its end. That it breaks is the platform's to know: what was not answered
/// it sends again.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, bodies: Arc<Semaphore>) {
    let service = service_fn(async |request| {
        let answer = answer(request, &inbox, &bodies).await;
        Ok::<_, Infallible>(answer.unwrap_or_else(refusal))
    });
    let _ = http1::Builder::new()
        .max_buf_size(BUFFER)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Receives a batch. What it says is no reason to refuse it: it would come again, and again.
async fn answer(
    request: Request<Incoming>,
    inbox: &Inbox,
    bodies: &Semaphore,
) -> Result<Response<String>, StatusCode> {
    if !matches!(*request.method(), Method::POST | Method::PUT) {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut body = request.into_body();
    let most = match body.size_hint().exact() {
        Some(length) => usize::try_from(length).unwrap_or(usize::MAX),
        None => budget::DELIVERY,
    };
    if most > budget::DELIVERY {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let _receiving = inbox.receiving();
    // Kept until the batch is queued, or dropped.
    let _room = bodies
        .acquire_many(u32::try_from(most).unwrap_or(u32::MAX))
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let bytes = budget::in_time(budget::DELIVERY_BODY, read(&mut body, most))
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))?;
    let batch = TelemetryBatch::new(super::text(bytes), Framing::Array);
    match inbox.put(batch).await {
        Ok(()) => Ok(Response::default()),
        Err(Closed) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn read(body: &mut Incoming, most: usize) -> Result<Vec<u8>, StatusCode> {
    let mut bytes = Vec::with_capacity(most);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > most - bytes.len() {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&data);
    }
    bytes.shrink_to_fit();
    Ok(bytes)
}

fn refusal(status: StatusCode) -> Response<String> {
    let mut response = Response::default();
    *response.status_mut() = status;
    let (name, value) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (ALLOW, "POST, PUT"),
        // What is left of the body is not read.
        _ => (CONNECTION, "close"),
    };
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}
