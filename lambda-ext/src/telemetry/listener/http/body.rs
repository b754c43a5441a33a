//! The body of a delivery, which is bounded: in bytes, in pieces, in time, and together with others.

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::chunks::Chunks;
use super::incoming::{Ended, Incoming};
use super::{Inbox, Place, Status};
use crate::budget;

/// The most pieces that a body may come in: chunks of a byte each would take seconds to read.
pub(super) const PIECES: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) bytes: Vec<u8>,
    /// What it takes of the room of all, if it is large.
    pub(super) room: Option<SemaphorePermit<'a>>,
}

impl<'a> Body<'a> {
    /// Reads a body of this length straight into what is going to be the batch.
    pub(super) async fn read(
        length: usize,
        incoming: &mut Incoming,
        inbox: &Inbox,
        place: &Place,
        bodies: &'a Semaphore,
    ) -> Result<Self, Status> {
        let room = if length > budget::SMALL_DELIVERY {
            // One that does not begin takes no room.
            if incoming.unread().is_empty() {
                in_time(place, async { incoming.more().await.map_err(broken) }).await?;
            }
            Some(room(place, bodies, length).await?)
        } else {
            None
        };
        let mut bytes = inbox.buffer(length + 1);
        incoming.move_to(&mut bytes, length);
        if bytes.len() < length {
            in_time(place, rest(incoming, &mut bytes, length)).await?;
        }
        Ok(Self { bytes, room })
    }

    /// Reads a body of unknown length: as much as a small one has before it takes room.
    pub(super) async fn read_chunks(
        incoming: &mut Incoming,
        place: &Place,
        bodies: &'a Semaphore,
    ) -> Result<Self, Status> {
        let mut bytes = Vec::new();
        let mut chunks = Chunks::default();
        let small = chunks.read(incoming, &mut bytes, budget::SMALL_DELIVERY);
        let mut held = None;
        if !in_time(place, small).await? {
            held = Some(room(place, bodies, budget::DELIVERY).await?);
            let large = chunks.read(incoming, &mut bytes, budget::DELIVERY);
            if !in_time(place, large).await? {
                return Err(Status::TOO_LARGE);
            }
        }
        bytes.shrink_to_fit();
        Ok(Self { bytes, room: held })
    }
}

async fn rest(incoming: &mut Incoming, bytes: &mut Vec<u8>, length: usize) -> Result<(), Status> {
    for _ in 0..PIECES {
        if bytes.len() >= length {
            return Ok(());
        }
        incoming.more_to(bytes, length).await.map_err(broken)?;
    }
    Err(Status::BAD_REQUEST)
}

/// Reads for as long as a body may take, which is less where others wait for it.
async fn in_time<T>(
    place: &Place,
    read: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match select(pin!(read), pin!(place.late())).await {
        Either::Left((read, _)) => read,
        Either::Right(_) => Err(Status::TIMEOUT),
    }
}

/// Takes room for a delivery; who waits for it is in the way of those that are read.
async fn room<'a>(
    place: &Place,
    bodies: &'a Semaphore,
    most: usize,
) -> Result<SemaphorePermit<'a>, Status> {
    let mut room = pin!(bodies.acquire_many(u32::try_from(most).unwrap_or(u32::MAX)));
    let room = if let Some(room) = room.as_mut().now_or_never() {
        room
    } else {
        let _waiting = place.waiting();
        room.await
    };
    room.map_err(|_| Status::UNAVAILABLE)
}

/// A body that does not come to its end is none.
pub(super) fn broken(_: Ended) -> Status {
    Status::BAD_REQUEST
}
