//! Telemetry that was received, and is not delivered to the handler yet.

mod buffer_pool;
mod dedup;
mod end_scanner;
mod expectation;
mod invocations;
mod item;
mod queue;
#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)] // how a test fails
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use self::buffer_pool::BufferPool;
use self::dedup::Fingerprint;
use self::end_scanner::EndScanner;
pub(in crate::telemetry) use self::end_scanner::Ends;
pub(crate) use self::expectation::Missed;
pub(crate) use self::invocations::MissedEnd;
pub(crate) use self::item::{Interest, Item, Receipt};
use self::queue::{Queue, whole};
use super::batch::{Dropped, TelemetryBatch};
use crate::budget;
use crate::event::{InvokeEvent, ShutdownEvent};

/// The capacity that a batch takes beside its text, so that many empty ones are bounded, too.
const OVERHEAD: usize = 256;

/// Shared by the listener, which puts, and the event loop, which takes.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    shared: Arc<Shared>,
    /// The number of the listener's connection that puts into this clone.
    connection: usize,
}

#[derive(Debug)]
struct Shared {
    scanner: EndScanner,
    queue: Mutex<Queue>,
    buffers: BufferPool,
    /// The bytes that are free in the queue. Waiting batches get them in order.
    capacity: Semaphore,
    arrived: Notify,
    /// The running invocation's end is handled, or `next` waits for it no more.
    released: Notify,
    /// The deliveries that are being received.
    receiving: AtomicUsize,
    /// The connections that there have been.
    connections: AtomicUsize,
}

/// The inbox accepts nothing more.
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
    pub(crate) fn new(interest: Interest) -> Self {
        let shared = Shared {
            scanner: EndScanner::new(interest),
            queue: Mutex::default(),
            buffers: BufferPool::default(),
            capacity: Semaphore::new(budget::QUEUE),
            arrived: Notify::new(),
            released: Notify::new(),
            receiving: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        };
        Self {
            shared: Arc::new(shared),
            connection: 0,
        }
    }

    /// Returns the same inbox, for another connection to put into.
    pub(super) fn of_connection(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            connection: 1 + self.shared.connections.fetch_add(1, Ordering::Relaxed),
        }
    }

    pub(crate) fn interest(&self) -> Interest {
        self.shared.scanner.interest
    }

    /// Queues a batch, unless it is repeated. Waits for capacity; after a timeout the batch is dropped, and
    /// the next one tells the handler. The ends of invocations do not wait.
    ///
    /// A batch counts as received once it is queued: if this is cancelled before, because the platform's
    /// connection is gone, its retry is no repetition.
    ///
    /// # Errors
    /// The inbox is closed.
    pub(crate) async fn put(&self, batch: TelemetryBatch) -> Result<(), Closed> {
        let ends = self.find_ends(&batch).await;
        self.queue(batch, ends).await
    }

    /// Finds the ends that [`queue`](Self::queue) needs.
    pub(super) async fn find_ends(&self, batch: &TelemetryBatch) -> Ends {
        let running = self.state().invocations.running().map(str::to_owned);
        self.shared.scanner.find(batch, running.as_deref()).await
    }

    /// The second half of [`put`](Self::put), which waits for capacity.
    pub(super) async fn queue(&self, batch: TelemetryBatch, ends: Ends) -> Result<(), Closed> {
        let mut delivery = Fingerprint::of(&batch, self.connection);
        let Some(batch) = self.put_now(batch, &mut delivery, ends)? else {
            return Ok(());
        };
        let capacity = self.shared.capacity.acquire_many(capacity_for(&batch));
        let capacity = budget::in_time(budget::QUEUE_CAPACITY, capacity).await;
        let capacity = capacity.ok().and_then(Result::ok);
        // Counted before the lock is taken, because that reads all of the batch.
        let dropped = capacity.is_none().then(|| whole(&batch));
        let mut queue = self.state();
        if self.shared.capacity.is_closed() {
            return Err(Closed);
        }
        if queue.is_repeated(delivery.as_ref()) {
            return Ok(());
        }
        if let Some(capacity) = capacity {
            capacity.forget();
            queue.received(delivery);
            queue.push(batch);
            self.shared.arrived.notify_one();
        }
        queue.add_dropped(dropped.unwrap_or_default());
        Ok(())
    }

    /// Queues what needs no waiting. Returns the batch if it must wait.
    fn put_now(
        &self,
        batch: TelemetryBatch,
        delivery: &mut Option<Fingerprint>,
        ends: Ends,
    ) -> Result<Option<TelemetryBatch>, Closed> {
        let mut queue = self.state();
        if self.shared.capacity.is_closed() {
            return Err(Closed);
        }
        if queue.is_repeated(delivery.as_ref()) {
            return Ok(None);
        }
        let mut waiting = None;
        if !self.interest().batches {
            queue.received(delivery.take());
            self.recycle(batch);
        } else if !is_blank(&batch) {
            match self.shared.capacity.try_acquire_many(capacity_for(&batch)) {
                Ok(capacity) => {
                    capacity.forget();
                    queue.received(delivery.take());
                    queue.push(batch);
                }
                Err(_) => waiting = Some(batch),
            }
        }
        // Behind its batch, if that is queued already.
        queue.push_ends(ends);
        self.shared.arrived.notify_one();
        Ok(waiting)
    }

    /// Takes the item that is due next, in the order of arrival. An end is due once its INVOKE has been
    /// received. Cancel safe.
    pub(crate) async fn take(&self) -> Item {
        loop {
            if let Some(item) = self.try_take() {
                return item;
            }
            self.shared.arrived.notified().await;
        }
    }

    /// Takes the item that is due next, if there is one.
    pub(crate) fn try_take(&self) -> Option<Item> {
        let item = self.state().pop()?;
        if let Item::Batch(batch) = &item {
            let capacity = capacity_for(batch) as usize;
            self.shared.capacity.add_permits(capacity);
        }
        Some(item)
    }

    /// The handler has returned from an item.
    pub(crate) fn handled(&self, receipt: Receipt) {
        match receipt {
            Receipt::Batch(batch) => self.recycle(batch),
            Receipt::RuntimeDone => {
                self.state().invocations.handled();
                self.shared.released.notify_one();
            }
        }
    }

    /// The handler was cancelled in an item: a batch is counted as dropped.
    pub(crate) fn cancelled(&self, receipt: &Receipt) {
        if let Receipt::Batch(batch) = receipt {
            self.add_dropped(whole(batch));
        }
    }

    /// Returns a buffer for a delivery of this length. It has to grow if the delivery is large and the pool has
    /// no buffer for it.
    pub(super) fn buffer(&self, length: usize) -> Vec<u8> {
        let pooled = self.shared.buffers.take(length);
        pooled.unwrap_or_else(|| Vec::with_capacity(length.min(budget::SMALL_DELIVERY)))
    }

    /// Keeps the memory of a batch for the next one, unless the handler has kept the batch.
    fn recycle(&self, batch: TelemetryBatch) {
        if let Some(buffer) = batch.into_buffer() {
            self.shared.buffers.put(buffer);
        }
    }

    /// Counts what the handler does not receive.
    pub(crate) fn add_dropped(&self, dropped: Dropped) {
        if self.interest().batches {
            self.state().add_dropped(dropped);
        }
    }

    /// Accepts nothing more. Returns what the handler has not received and was not told of, and how many ends of
    /// invocations.
    pub(crate) fn close(&self) -> (Dropped, u64) {
        self.shared.capacity.close();
        (self.undelivered(), self.state().undelivered_ends())
    }

    /// Returns what the handler has not received and was not told of.
    pub(in crate::telemetry) fn undelivered(&self) -> Dropped {
        self.state().undelivered()
    }

    /// Counts a delivery as being received until the value is dropped.
    pub(super) fn receiving(&self) -> Receiving<'_> {
        self.shared.receiving.fetch_add(1, Ordering::Relaxed);
        Receiving(&self.shared.receiving)
    }

    /// Tells whether a delivery is being received, and not queued yet.
    pub(crate) fn is_receiving(&self) -> bool {
        self.shared.receiving.load(Ordering::Relaxed) > 0
    }

    /// The platform has confirmed that it sends the ends of invocations.
    pub(crate) fn expect_ends(&self) {
        self.state().invocations.expect_ends();
    }

    /// INVOKE has just come. Returns the end that was missing until now, if the operator must know it.
    pub(crate) fn begin_invocation(&self, event: &InvokeEvent) -> Option<MissedEnd> {
        self.state().invocations.begin(event)
    }

    /// SHUTDOWN has come: every end is due.
    pub(crate) fn begin_shutdown(&self, event: &ShutdownEvent) {
        self.state().invocations.shut_down(event);
    }

    /// Waits until `runtime_done` has handled the end of the running invocation, if it is expected in time.
    /// Cancel safe.
    pub(crate) async fn invocation_handled(&self) {
        let Some(until) = self.held_until() else {
            return;
        };
        let handled = async {
            while self.held_until().is_some() {
                self.shared.released.notified().await;
            }
        };
        // After a timeout the end may still come before the next event.
        let _ = timeout_at(until, handled).await;
    }

    fn held_until(&self) -> Option<Instant> {
        self.state().invocations.held_until()
    }

    /// Waits for no end any more, because there is no handler.
    pub(crate) fn stop_holding(&self) {
        self.state().invocations.stop_holding();
        self.shared.released.notify_one();
    }

    /// Tells whether everything that is expected at SHUTDOWN has arrived.
    pub(crate) fn is_complete(&self) -> bool {
        let queue = self.state();
        if self.interest().batches {
            queue.invocations.has_last_report()
        } else {
            queue.invocations.have_all_ended()
        }
    }

    fn state(&self) -> MutexGuard<'_, Queue> {
        self.shared
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the capacity that a batch takes. A batch that is larger than the queue takes all.
fn capacity_for(batch: &TelemetryBatch) -> u32 {
    let capacity = (batch.as_str().len() + OVERHEAD).min(budget::QUEUE);
    u32::try_from(capacity).unwrap_or(u32::MAX)
}

/// Tells whether a batch has no event.
fn is_blank(batch: &TelemetryBatch) -> bool {
    let is_empty = |char: char| char.is_ascii_whitespace() || matches!(char, '[' | ']');
    batch.as_str().trim_start_matches(is_empty).is_empty() && batch.iter().next().is_none()
}
