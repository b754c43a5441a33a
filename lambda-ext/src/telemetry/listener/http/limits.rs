//! Limits that hyper lacks: of the time of a head and of the last response, and of the reads in one poll.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use crate::budget;

#[cfg(test)]
mod tests;

/// The most reads in one poll. hyper reads on where it finds no piece of a body, as in a long line of
/// zeros before the size of a chunk, and meanwhile no timer is looked at.
const READS: u8 = 8;

/// Between requests. An idle connection has no time limit: it may be frozen for hours.
const IDLE: u8 = 0;
/// The first byte of a head has come.
const HEAD: u8 = 1;
/// A request is being answered, which has its own limits.
const REQUEST: u8 = 2;
/// The last response is being written.
const CLOSING: u8 = 3;

/// The limits of one connection.
#[derive(Debug, Default)]
pub(super) struct Limits {
    phase: AtomicU8,
    /// The rest of [`READS`].
    reads: AtomicU8,
}

impl Limits {
    /// The head is complete, and its request begins.
    pub(super) fn begin_request(&self) {
        self.phase.store(REQUEST, Ordering::Relaxed);
    }

    /// The request has its response, which may be the last.
    pub(super) fn end_request(&self, is_last: bool) {
        let phase = if is_last { CLOSING } else { IDLE };
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// Serves the connection to its end, or until a head or the last response takes too long.
    pub(super) async fn apply(&self, connection: impl Future) {
        let mut connection = pin!(connection);
        let mut timeout = None;
        poll_fn(|context| {
            self.reads.store(READS, Ordering::Relaxed);
            // First, because what has come meanwhile counts even after a pause of the process.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let Some(limit) = self.time_limit() else {
                timeout = None;
                return Poll::Pending;
            };
            let timeout =
                timeout.get_or_insert_with(|| Box::pin(budget::in_time(limit, pending::<()>())));
            timeout.as_mut().poll(context).map(drop)
        })
        .await;
    }

    fn time_limit(&self) -> Option<Duration> {
        match self.phase.load(Ordering::Relaxed) {
            HEAD => Some(budget::DELIVERY_HEAD),
            CLOSING => Some(budget::CONTENDED_DELIVERY),
            _ => None,
        }
    }

    /// Takes one of the reads of this poll.
    fn take_read(&self) -> bool {
        let left = self.reads.load(Ordering::Relaxed);
        self.reads.store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    /// Bytes have come, which begin a head if the connection is idle.
    fn note_read(&self) {
        let _ = self
            .phase
            .compare_exchange(IDLE, HEAD, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// The half of a connection that is read, within the limits.
pub(super) struct LimitedReader<'a> {
    pub(super) stream: OwnedReadHalf,
    pub(super) limits: &'a Limits,
}

impl AsyncRead for LimitedReader<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.limits.take_read() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            self.limits.note_read();
        }
        read
    }
}
