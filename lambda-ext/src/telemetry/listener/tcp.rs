//! Deliveries by TCP: a line for each event, and no answer.

use std::pin::pin;

use futures_util::future::{Either, select};
use memchr::{memchr, memrchr};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::limiter::Slot;
use super::memory::{Buffer, DeliveryMemory, Exhausted};
use crate::budget;
use crate::telemetry::batch::{Dropped, TelemetryBatch};
use crate::telemetry::framing::Framing;
use crate::telemetry::inbox::{Closed, Inbox};

/// The most of a read, in bytes. So much takes no memory of others.
const READ: usize = budget::SMALL_DELIVERY;

/// Serves a connection until it ends, is evicted, or a line takes too long. The last line is handed over
/// as far as it has come. Bytes that are on their way are lost, because TCP knows no responses.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, slot: Slot, memory: &DeliveryMemory) {
    let mut connection = Connection {
        stream,
        inbox: &inbox,
        slot: &slot,
        lines: Lines {
            rest: Buffer::new(Vec::new(), budget::DELIVERY, memory),
            skipping: false,
        },
    };
    if connection.serve().await == Ok(()) {
        let rest = connection.lines.rest;
        // At the end it does not matter that the inbox is closed.
        let _ = put(&inbox, rest).await;
    }
}

struct Connection<'a> {
    stream: TcpStream,
    inbox: &'a Inbox,
    slot: &'a Slot,
    lines: Lines<'a>,
}

impl Connection<'_> {
    async fn serve(&mut self) -> Result<(), Closed> {
        let slot = self.slot;
        let mut overdue = pin!(slot.overdue());
        loop {
            let is_idle = self.lines.are_complete();
            let ends = async {
                if is_idle {
                    slot.evicted().await;
                } else {
                    overdue.as_mut().await;
                }
            };
            // In this order, since there may always be something to read.
            let received = match select(pin!(ends), pin!(self.receive())).await {
                Either::Left(_) => return Ok(()),
                Either::Right((received, _)) => received,
            };
            match received {
                Ok(true) => slot.begin_delivery(),
                Ok(false) => return Ok(()),
                Err(Exhausted) => {
                    if !self.wait_for_memory().await {
                        return Ok(());
                    }
                    overdue.set(slot.overdue());
                    continue;
                }
            }
            let complete = self.lines.take_complete(self.inbox);
            let has_lines = complete.is_some();
            if let Some(complete) = complete {
                put(self.inbox, complete).await?;
            }
            if has_lines || self.lines.are_complete() {
                if slot.end_delivery() {
                    return Ok(());
                }
                // The time of a line begins when all before it is queued.
                overdue.set(slot.overdue());
                if !self.lines.are_complete() {
                    slot.begin_delivery();
                }
            }
        }
    }

    /// Reads bytes. Returns false at the end, and where the connection broke. Cancel safe.
    ///
    /// # Errors
    /// The line needs memory that others hold.
    async fn receive(&mut self) -> Result<bool, Exhausted> {
        // An idle connection keeps no buffer.
        if self.stream.readable().await.is_err() {
            return Ok(false);
        }
        if !self.lines.grow_now() {
            return Err(Exhausted);
        }
        let mut stream = (&mut self.stream).take(READ as u64);
        let read = stream.read_buf(&mut self.lines.rest.bytes).await;
        Ok(matches!(read, Ok(1..)))
    }

    /// Waits for memory. A line that gets none is dropped. Returns false if the connection is evicted
    /// meanwhile.
    async fn wait_for_memory(&mut self) -> bool {
        let line = &mut self.lines.rest;
        let grown = line.grow(1, self.slot, budget::MEMORY);
        let is_exhausted = match select(pin!(self.slot.evicted()), pin!(grown)).await {
            Either::Left(_) => return false,
            Either::Right((grown, _)) => grown.is_err(),
        };
        if is_exhausted {
            self.lines.skip(self.inbox);
        }
        true
    }
}

async fn put(inbox: &Inbox, lines: Buffer<'_>) -> Result<(), Closed> {
    if lines.bytes.is_empty() {
        return Ok(());
    }
    let (text, _taken) = lines.into_text();
    inbox.put(TelemetryBatch::new(text, Framing::Lines)).await
}

/// Lines, as pieces of them come. As bytes, because a piece may end within a character.
#[derive(Debug)]
struct Lines<'a> {
    /// The beginning of a line that is not complete.
    rest: Buffer<'a>,
    /// That line is dropped already.
    skipping: bool,
}

impl<'a> Lines<'a> {
    /// Tells whether no line is being received.
    fn are_complete(&self) -> bool {
        self.rest.bytes.is_empty() && !self.skipping
    }

    /// Makes room for the next read, if there is memory. Returns whether there is.
    fn grow_now(&mut self) -> bool {
        let bytes = &mut self.rest.bytes;
        if bytes.len() < READ {
            bytes.reserve_exact(READ - bytes.len());
        }
        self.rest.grow_now(1)
    }

    /// Takes the lines that are complete, and drops one that is too long.
    fn take_complete(&mut self, inbox: &Inbox) -> Option<Buffer<'a>> {
        if self.skipping {
            let bytes = &mut self.rest.bytes;
            let end = memchr(b'\n', bytes).map(|end| end + 1);
            self.skipping = end.is_none();
            let skipped = bytes.drain(..end.unwrap_or(bytes.len())).len() as u64;
            inbox.add_dropped(Dropped {
                records: 0,
                bytes: skipped,
            });
        }
        let Some(end) = memrchr(b'\n', &self.rest.bytes) else {
            if self.rest.bytes.len() >= budget::DELIVERY {
                self.skip(inbox);
            }
            return None;
        };
        Some(self.rest.split_to(end + 1))
    }

    /// Drops the line that is being received.
    fn skip(&mut self, inbox: &Inbox) {
        let dropped = self.rest.split_to(self.rest.bytes.len());
        self.skipping = true;
        inbox.add_dropped(Dropped {
            records: 1,
            bytes: dropped.bytes.len() as u64,
        });
    }
}
