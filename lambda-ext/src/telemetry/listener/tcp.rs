//! Deliveries by TCP: a line for each event, and no answer.

use std::mem;
use std::pin::pin;

use futures_util::future::{Either, select};
use tokio::net::TcpStream;

use super::{Closed, Inbox, Place};
use crate::budget;
use crate::telemetry::batch::Framing;
use crate::telemetry::{Dropped, TelemetryBatch};

/// The connections that are served at once. The platform has one; each may keep as much of a line
/// as a delivery may have.
pub(super) const CONNECTIONS: usize = budget::DELIVERIES / budget::DELIVERY;

/// What is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Serves a connection to its end, which is also when it is to give way. What its last line has by
/// then is all there is going to be; what is still on its way is not known here, nor acknowledged.
pub(super) async fn serve(stream: TcpStream, inbox: Inbox, place: Place) {
    let mut lines = Lines::default();
    let mut chunk = vec![0; CHUNK];
    let mut overdue = pin!(place.overdue());
    loop {
        let between = lines.are_complete();
        let gives_way = async {
            if between {
                place.told().await;
            } else {
                overdue.as_mut().await;
            }
        };
        // In this order, since there may always be something to read.
        let read = match select(pin!(gives_way), pin!(read(&stream, &mut chunk))).await {
            Either::Left(_) | Either::Right((0, _)) => break,
            Either::Right((read, _)) => read,
        };
        place.begin();
        let read = lines.read(chunk.get(..read).unwrap_or_default());
        if read.dropped != Dropped::default() {
            inbox.add_dropped(read.dropped);
        }
        let has_lines = !read.complete.is_empty();
        if put(&inbox, read.complete).await.is_err() {
            return;
        }
        // The time of a line begins when all before it is queued.
        if has_lines || lines.are_complete() {
            overdue.set(place.overdue());
        }
        if lines.are_complete() && place.end() {
            break;
        }
    }
    // That it is closed is no news at the end.
    let _ = put(&inbox, lines.rest).await;
}

/// Reads what there is: nothing at the end, and where the connection broke.
async fn read(stream: &TcpStream, chunk: &mut [u8]) -> usize {
    loop {
        if stream.readable().await.is_err() {
            return 0;
        }
        match stream.try_read(chunk) {
            Ok(read) => return read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return 0,
        }
    }
}

async fn put(inbox: &Inbox, lines: Vec<u8>) -> Result<(), Closed> {
    if lines.is_empty() {
        return Ok(());
    }
    let text = super::text(lines);
    inbox.put(TelemetryBatch::new(text, Framing::Lines)).await
}

/// Lines, as pieces of them come. As bytes: a piece may end amid a character.
#[derive(Debug, Default)]
struct Lines {
    /// What has come of a line that is not complete.
    rest: Vec<u8>,
    /// Whether the line that comes is too long, and its beginning dropped already.
    skipping: bool,
}

/// What a piece brought.
#[derive(Debug, Default)]
struct Read {
    /// The lines that it completed, each with its end.
    complete: Vec<u8>,
    dropped: Dropped,
}

impl Lines {
    /// Whether none is under way.
    fn are_complete(&self) -> bool {
        self.rest.is_empty() && !self.skipping
    }

    fn read(&mut self, mut piece: &[u8]) -> Read {
        let mut read = Read::default();
        if self.skipping {
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (skipped, left) = piece.split_at(end.map_or(piece.len(), |end| end + 1));
            self.skipping = end.is_none();
            read.dropped.bytes += skipped.len() as u64;
            piece = left;
        }
        if let Some(end) = piece.iter().rposition(|byte| *byte == b'\n') {
            let (complete, left) = piece.split_at(end + 1);
            self.rest.extend_from_slice(complete);
            read.complete = mem::take(&mut self.rest);
            piece = left;
        }
        self.rest.extend_from_slice(piece);
        if self.rest.len() > budget::DELIVERY {
            read.dropped.records += 1;
            read.dropped.bytes += mem::take(&mut self.rest).len() as u64;
            self.skipping = true;
        }
        read
    }
}
