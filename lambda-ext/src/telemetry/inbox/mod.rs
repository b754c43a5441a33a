//! What was received and is not handed over yet.

mod ends;
mod lasts;
mod queue;
mod recent;
mod spare;
#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)] // how a test fails
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

pub(in crate::telemetry) use self::ends::End;
use self::ends::EndScanner;
use self::lasts::Delivery;
use self::queue::{Queue, whole};
use self::spare::Spare;
use super::batch::Framing;
use super::{Dropped, RuntimeDone, TelemetryBatch};
use crate::budget;

/// What a batch takes of the queue's room beside its text, so that many empty ones are bounded too.
const OVERHEAD: usize = 256;

/// Shared by the listener, which puts, and the event loop, which takes.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    shared: Arc<Shared>,
    /// By which of the listener's connections it is put into.
    connection: usize,
}

/// What an inbox is for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// The handler gets the batches. Otherwise they are only looked into.
    pub(crate) batches: bool,
    /// The end of each invocation is an item of its own.
    pub(crate) runtime_done: bool,
    /// It is asked for which invocations there is a report.
    pub(crate) reports: bool,
}

/// What the event loop hands over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Batch(TelemetryBatch),
    RuntimeDone(Box<RuntimeDone>),
}

impl Item {
    fn is_batch(&self) -> bool {
        matches!(self, Self::Batch(_))
    }

    /// The batch that it is, if it is one.
    pub(crate) fn batch(&self) -> Option<TelemetryBatch> {
        match self {
            Self::Batch(batch) => Some(batch.clone()),
            Self::RuntimeDone(_) => None,
        }
    }
}

#[derive(Debug)]
struct Shared {
    scanner: EndScanner,
    queue: Mutex<Queue>,
    spare: Spare,
    /// The bytes that are left in the queue. Who waits for some gets them in order.
    room: Semaphore,
    came: Notify,
    /// How much is being received.
    receiving: AtomicUsize,
    /// How many connections there have been.
    connections: AtomicUsize,
}

/// The inbox takes nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// See [`Inbox::receiving`].
#[derive(Debug)]
pub(super) struct Receiving<'a>(&'a AtomicUsize);

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inbox {
    pub(crate) fn new(wanted: Wanted) -> Self {
        let shared = Shared {
            scanner: EndScanner::new(wanted),
            queue: Mutex::default(),
            spare: Spare::default(),
            room: Semaphore::new(budget::QUEUE),
            came: Notify::new(),
            receiving: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        };
        Self {
            shared: Arc::new(shared),
            connection: 0,
        }
    }

    /// The same, for another connection to put into.
    pub(super) fn of_connection(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            connection: 1 + self.shared.connections.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Queues a batch, unless it is a repeat. Waits for room, for a while; then the batch is
    /// dropped, and the handler is told with the next. The ends of invocations do not wait.
    ///
    /// A batch counts as received only once it is queued: where this is given up before, because
    /// the platform is not there any more for the answer, its repeat is none.
    ///
    /// # Errors
    /// The inbox is closed.
    pub(crate) async fn put(&self, batch: TelemetryBatch) -> Result<(), Closed> {
        let ends = self.find_ends(&batch).await;
        self.queue(batch, ends).await
    }

    /// Finds what [`queue`](Self::queue) is to know of a batch.
    pub(super) async fn find_ends(&self, batch: &TelemetryBatch) -> VecDeque<End> {
        let begun = self.state().ends.begun();
        self.shared.scanner.find(batch, begun.as_deref()).await
    }

    /// The second half of [`put`](Self::put), and the one that waits for room.
    pub(super) async fn queue(
        &self,
        batch: TelemetryBatch,
        ends: VecDeque<End>,
    ) -> Result<(), Closed> {
        let mut delivery = Delivery::of(&batch, self.connection);
        let Some(batch) = self.put_now(batch, &mut delivery, ends)? else {
            return Ok(());
        };
        let room = self.shared.room.acquire_many(room_for(&batch));
        let room = budget::in_time(budget::ROOM, room).await;
        let room = room.ok().and_then(Result::ok);
        // Counted before the lock is taken, because all of the batch is read for it.
        let dropped = room.is_none().then(|| whole(&batch));
        let mut queue = self.state();
        if self.shared.room.is_closed() {
            return Err(Closed);
        }
        if queue.is_repeated(delivery.as_ref()) {
            return Ok(());
        }
        if let Some(room) = room {
            room.forget();
            queue.note(delivery);
            queue.push(batch);
            self.shared.came.notify_one();
        }
        queue.add_dropped(dropped.unwrap_or_default());
        Ok(())
    }

    /// Queues what needs no waiting; gives the batch back if it does.
    fn put_now(
        &self,
        batch: TelemetryBatch,
        delivery: &mut Option<Delivery>,
        ends: VecDeque<End>,
    ) -> Result<Option<TelemetryBatch>, Closed> {
        let mut queue = self.state();
        if self.shared.room.is_closed() {
            return Err(Closed);
        }
        if queue.is_repeated(delivery.as_ref()) {
            return Ok(None);
        }
        let mut waiting = None;
        if !self.shared.scanner.wanted.batches {
            queue.note(delivery.take());
            self.done_with(batch);
        } else if !is_blank(&batch) {
            match self.shared.room.try_acquire_many(room_for(&batch)) {
                Ok(room) => {
                    room.forget();
                    queue.note(delivery.take());
                    queue.push(batch);
                }
                Err(_) => waiting = Some(batch),
            }
        }
        // Behind its batch, if that is queued already.
        let ends = queue.ends.note(ends);
        queue.push_ends(ends);
        self.shared.came.notify_one();
        Ok(waiting)
    }

    /// Takes the next item, in the order in which they came. Cancel safe.
    pub(crate) async fn take(&self) -> Item {
        loop {
            if let Some(item) = self.try_take() {
                return item;
            }
            self.shared.came.notified().await;
        }
    }

    /// Takes the next item, if there is one.
    pub(crate) fn try_take(&self) -> Option<Item> {
        let item = self.state().pop()?;
        if let Item::Batch(batch) = &item {
            self.shared.room.add_permits(room_for(batch) as usize);
        }
        Some(item)
    }

    /// A buffer for a delivery of this length, which has to grow if the delivery is large and no buffer
    /// is spare.
    pub(super) fn buffer(&self, length: usize) -> Vec<u8> {
        let spare = self.shared.spare.take(length);
        spare.unwrap_or_else(|| Vec::with_capacity(length.min(budget::SMALL_DELIVERY)))
    }

    /// The handler is done with a batch, whose memory is the next one's unless it keeps it.
    pub(crate) fn done_with(&self, batch: TelemetryBatch) {
        if let Some(buffer) = batch.into_buffer() {
            self.shared.spare.put(buffer);
        }
    }

    /// Counts a batch that the handler has not got, or not to its end.
    pub(crate) fn drop_batch(&self, batch: &TelemetryBatch) {
        self.add_dropped(whole(batch));
    }

    /// Counts what the handler does not get.
    pub(crate) fn add_dropped(&self, dropped: Dropped) {
        if self.shared.scanner.wanted.batches {
            self.state().add_dropped(dropped);
        }
    }

    /// Takes nothing more; returns what the handler has not got and was not told of, and how many
    /// ends of invocations.
    pub(crate) fn close(&self) -> (Dropped, usize) {
        self.shared.room.close();
        (self.undelivered(), self.state().ends_left())
    }

    /// What the handler has not got and was not told of.
    pub(in crate::telemetry) fn undelivered(&self) -> Dropped {
        self.state().undelivered()
    }

    /// Says that something is being received, until the value is dropped.
    pub(super) fn receiving(&self) -> Receiving<'_> {
        self.shared.receiving.fetch_add(1, Ordering::Relaxed);
        Receiving(&self.shared.receiving)
    }

    /// Whether something is being received, and not queued yet.
    pub(crate) fn is_receiving(&self) -> bool {
        self.shared.receiving.load(Ordering::Relaxed) > 0
    }

    /// This invocation has begun: an end and a report of it that have come are those of an earlier
    /// attempt.
    pub(crate) fn begin(&self, request_id: &str) {
        self.state().ends.begin(request_id);
    }

    /// Whether the platform's report of this invocation has come since it began.
    pub(crate) fn has_report_of(&self, request_id: &str) -> bool {
        self.state().ends.has_report_of(request_id)
    }

    /// Whether the end of this invocation has come since it began.
    pub(crate) fn has_end_of(&self, request_id: &str) -> bool {
        self.state().ends.has_end_of(request_id)
    }

    fn state(&self) -> MutexGuard<'_, Queue> {
        self.shared
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a batch takes of the queue's room; one that is larger than the queue takes all.
fn room_for(batch: &TelemetryBatch) -> u32 {
    let room = (batch.as_str().len() + OVERHEAD).min(budget::QUEUE);
    u32::try_from(room).unwrap_or(u32::MAX)
}

/// Whether there is nothing in it to hand over.
fn is_blank(batch: &TelemetryBatch) -> bool {
    let is_empty = |char: char| char.is_ascii_whitespace() || matches!(char, '[' | ']');
    batch.as_str().trim_start_matches(is_empty).is_empty() && batch.iter().next().is_none()
}
