//! Deliveries by HTTP: a request for each batch, answered once that is queued.

mod body;
mod chunks;
mod head;
mod incoming;
mod status;

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use self::body::Body;
use self::head::{Head, Length};
use self::incoming::{Ended, Incoming};
use self::status::Status;
use super::{Closed, Inbox, Place};
use crate::budget;
use crate::telemetry::TelemetryBatch;
use crate::telemetry::batch::Framing;

/// Serves a connection to its end, which is also when it is idle and to give way. That it breaks is
/// the platform's to know: what was not answered it sends again.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, place: Place, bodies: Arc<Semaphore>) {
    let mut connection = Connection {
        incoming: Incoming::new(stream),
        inbox: &inbox,
        place: &place,
        bodies: &bodies,
    };
    select(pin!(place.told()), pin!(connection.serve())).await;
}

struct Connection<'a> {
    incoming: Incoming,
    inbox: &'a Inbox,
    place: &'a Place,
    bodies: &'a Semaphore,
}

/// Why a request is not answered 200.
enum Unheard {
    /// By this answer.
    Refused(Status),
    /// Nobody is there any more for one.
    Ended,
}

impl From<Status> for Unheard {
    fn from(status: Status) -> Self {
        Self::Refused(status)
    }
}

impl Connection<'_> {
    async fn serve(&mut self) -> Result<(), Ended> {
        while let Some(head) = head::next(&mut self.incoming).await {
            let (status, is_last) = match head {
                Ok(head) => self.request(head).await?,
                Err(status) => (status, true),
            };
            let answer = status.answer(is_last);
            self.incoming.write(answer.as_bytes()).await?;
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Returns what is answered, and whether it is the last answer.
    async fn request(&mut self, head: Head) -> Result<(Status, bool), Ended> {
        self.place.begin();
        let (status, is_read) = match self.receive(head).await {
            Ok(()) => (Status::OK, true),
            Err(Unheard::Refused(Status::METHOD_NOT_ALLOWED)) => {
                (Status::METHOD_NOT_ALLOWED, self.skip(head.length))
            }
            // What is left of the body is not read.
            Err(Unheard::Refused(status)) => (status, false),
            Err(Unheard::Ended) => return Err(Ended),
        };
        let leaves = self.place.end();
        Ok((status, head.is_last || leaves || !is_read))
    }

    /// Receives a batch. What it says is no reason to refuse it: it would come again, and again.
    ///
    /// What is refused is not counted as dropped: the platform knows from its answer, sends it
    /// again, which would be counted again, and tells itself what it gives up.
    async fn receive(&mut self, head: Head) -> Result<(), Unheard> {
        if !head.is_delivery {
            return Err(Status::METHOD_NOT_ALLOWED.into());
        }
        if matches!(head.length, Length::Known(length) if length > budget::DELIVERY) {
            return Err(Status::TOO_LARGE.into());
        }
        let Self {
            incoming,
            inbox,
            place,
            bodies,
        } = self;
        let _receiving = inbox.receiving();
        if head.expects_continue && incoming.unread().is_empty() {
            let go_on = incoming.write(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            go_on.map_err(|Ended| Unheard::Ended)?;
        }
        // Its room is kept until the batch is queued, or dropped.
        let Body { bytes, room: _room } = match head.length {
            Length::Known(length) => Body::read(length, incoming, inbox, place, bodies).await?,
            Length::Chunked => Body::read_chunks(incoming, place, bodies).await?,
        };
        let batch = TelemetryBatch::new(super::text(bytes), Framing::Array);
        match select(pin!(inbox.put(batch)), pin!(incoming.ended())).await {
            Either::Left((Ok(()), _)) => Ok(()),
            Either::Left((Err(Closed), _)) => Err(Status::UNAVAILABLE.into()),
            Either::Right(_) => Err(Unheard::Ended),
        }
    }

    /// Passes over a body, if all of it has come.
    fn skip(&mut self, length: Length) -> bool {
        match length {
            Length::Known(length) if length <= self.incoming.unread().len() => {
                self.incoming.skip(length);
                true
            }
            _ => false,
        }
    }
}
