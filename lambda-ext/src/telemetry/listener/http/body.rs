//! The body of a delivery, with the limits that hyper lacks: of its length, its pieces, its time, and
//! the memory of all bodies together.

use std::pin::pin;

use futures_util::future::{Either, select};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use tokio::time::Instant;

use super::super::limiter::Slot;
use super::super::memory::{Buffer, DeliveryMemory, Exhausted};
use crate::budget;
use crate::telemetry::inbox::Inbox;

/// The most pieces that a body may come in: chunks of one byte each would take seconds to read.
const PIECES: usize = 64 << 10;

/// Reads a body to its end.
pub(super) async fn read<'a>(
    mut body: Incoming,
    inbox: &Inbox,
    slot: &Slot,
    memory: &'a DeliveryMemory,
) -> Result<Buffer<'a>, StatusCode> {
    let length = body.size_hint().exact();
    let most = length.map_or(budget::DELIVERY, |length| {
        usize::try_from(length).unwrap_or(usize::MAX)
    });
    if most > budget::DELIVERY {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut buffer = Buffer::new(inbox.buffer(length.map_or(0, |_| most)), most, memory);
    let began = Instant::now();
    let mut overdue = pin!(slot.body_overdue(began));
    let mut pieces = 0;
    while !body.is_end_stream() {
        let frame = match select(body.frame(), overdue.as_mut()).await {
            Either::Left((Some(Ok(frame)), _)) => frame,
            Either::Left((None, _)) => break,
            Either::Left((Some(Err(_)), _)) => return Err(StatusCode::BAD_REQUEST),
            Either::Right(_) => return Err(StatusCode::REQUEST_TIMEOUT),
        };
        pieces += 1;
        // Trailers are no part of the batch.
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        if pieces > PIECES {
            return Err(StatusCode::BAD_REQUEST);
        }
        if buffer.bytes.len() + piece.len() > most {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if !buffer.grow_now(piece.len()) {
            let left = budget::DELIVERY_BODY.saturating_sub(began.elapsed());
            let grown = buffer.grow(piece.len(), slot, left).await;
            grown.map_err(|Exhausted| StatusCode::SERVICE_UNAVAILABLE)?;
            // It could not be read meanwhile.
            overdue.set(slot.body_overdue(began));
        }
        buffer.bytes.extend_from_slice(&piece);
    }
    if length.is_none() {
        buffer.bytes.shrink_to_fit();
    }
    Ok(buffer)
}
