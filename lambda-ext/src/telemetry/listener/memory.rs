//! The memory that deliveries take while they are received.

use std::mem;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::limiter::Slot;
use crate::budget;

/// The memory of all large deliveries that are received or wait for the queue.
#[derive(Debug)]
pub(super) struct DeliveryMemory(Semaphore);

/// No memory became free in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exhausted;

impl DeliveryMemory {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(budget::DELIVERIES))
    }
}

/// The bytes of a delivery, and the memory that they take: by what has come of the delivery, not by what
/// it announces. Up to [`budget::SMALL_DELIVERY`] they take none.
#[derive(Debug)]
pub(super) struct Buffer<'a> {
    pub(super) bytes: Vec<u8>,
    /// The most bytes that it may hold.
    longest: usize,
    memory: &'a DeliveryMemory,
    taken: Option<SemaphorePermit<'a>>,
}

impl<'a> Buffer<'a> {
    /// Starts with bytes that take no memory, and holds `longest` at most.
    pub(super) fn new(bytes: Vec<u8>, longest: usize, memory: &'a DeliveryMemory) -> Self {
        Self {
            bytes,
            longest,
            memory,
            taken: None,
        }
    }

    /// Reserves `more` bytes, if there is memory. Returns whether there is.
    #[must_use]
    pub(super) fn grow_now(&mut self, more: usize) -> bool {
        if self.bytes.capacity() - self.bytes.len() >= more {
            return true;
        }
        let capacity = self.capacity_for(more);
        let permit = self.memory.0.try_acquire_many(self.missing(capacity));
        let Ok(permit) = permit else {
            return false;
        };
        self.enlarge(capacity, permit);
        true
    }

    /// Reserves `more` bytes, and waits for memory. Meanwhile the connection can be evicted, and connections whose
    /// delivery is overdue are closed.
    pub(super) async fn grow(
        &mut self,
        more: usize,
        slot: &Slot,
        time_left: Duration,
    ) -> Result<(), Exhausted> {
        let capacity = self.capacity_for(more);
        let permit = self.memory.0.acquire_many(self.missing(capacity));
        let permit = budget::in_time(budget::MEMORY.min(time_left), permit);
        let _contention = slot.contend();
        let Ok(Ok(permit)) = slot.while_waiting(permit).await else {
            return Err(Exhausted);
        };
        self.enlarge(capacity, permit);
        Ok(())
    }

    /// At least twice what there is, because each growth may copy all bytes.
    fn capacity_for(&self, more: usize) -> usize {
        let needed = self.bytes.len() + more;
        needed.max(self.longest.min(2 * self.bytes.capacity()))
    }

    /// The bytes that are still to be taken for this capacity.
    fn missing(&self, capacity: usize) -> u32 {
        if capacity <= budget::SMALL_DELIVERY {
            return 0;
        }
        let taken = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        u32::try_from(capacity - taken).unwrap_or(u32::MAX)
    }

    fn enlarge(&mut self, capacity: usize, permit: SemaphorePermit<'a>) {
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            None => self.taken = Some(permit),
        }
        self.bytes.reserve_exact(capacity - self.bytes.len());
    }

    /// Takes the first bytes, with all of the memory. The rest must be small.
    pub(super) fn split_to(&mut self, end: usize) -> Self {
        let rest = self.bytes.split_off(end);
        let mut first = mem::replace(self, Self::new(rest, self.longest, self.memory));
        first.bytes.shrink_to_fit();
        first
    }

    /// The text, and its memory, which is kept until the batch is queued.
    ///
    /// JSON is UTF-8. Each byte that is not is replaced by one, so that no text is longer than its
    /// delivery.
    pub(super) fn into_text(self) -> (String, Option<SemaphorePermit<'a>>) {
        (text(self.bytes), self.taken)
    }
}

fn text(mut bytes: Vec<u8>) -> String {
    let mut valid = 0;
    while let Some(rest) = bytes.get_mut(valid..) {
        let Err(error) = std::str::from_utf8(rest) else {
            break;
        };
        let start = error.valid_up_to();
        let end = error
            .error_len()
            .map_or(rest.len(), |length| start + length);
        if let Some(invalid) = rest.get_mut(start..end) {
            invalid.fill(b'?');
        }
        valid += end;
    }
    String::from_utf8(bytes).unwrap_or_default()
}
