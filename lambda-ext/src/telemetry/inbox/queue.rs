//! The items that wait for the handler, in the order of their arrival.

use std::collections::VecDeque;
use std::mem;

use super::dedup::{DeliveryDedup, Fingerprint};
use super::end_scanner::{Ends, MOST_ENDS};
use super::invocations::{InvocationTracker, Recorded};
use super::item::Item;
use crate::telemetry::batch::{Dropped, TelemetryBatch};

/// The inbox's state, under one lock.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    /// The losses that the next batch reports to the handler.
    dropped: Dropped,
    dropped_ends: u64,
    dedup: DeliveryDedup,
    pub(super) invocations: InvocationTracker,
}

impl Queue {
    /// Tells whether this delivery was received before.
    pub(super) fn is_repeated(&self, delivery: Option<&Fingerprint>) -> bool {
        delivery.is_some_and(|delivery| self.dedup.is_repeated(delivery))
    }

    /// Remembers a delivery that is received.
    pub(super) fn received(&mut self, delivery: Option<Fingerprint>) {
        if let Some(delivery) = delivery {
            self.dedup.record(delivery);
        }
    }

    pub(super) fn push(&mut self, batch: TelemetryBatch) {
        self.items.push_back(Item::Batch(batch));
    }

    /// Queues the ends that were not known. The oldest ones that are too many are dropped, never that of the
    /// running invocation.
    pub(super) fn push_ends(&mut self, found: Ends) {
        self.dropped_ends += found.dropped;
        if found.ends.is_empty() {
            return;
        }
        for end in found.ends {
            match self.invocations.record(end) {
                Recorded::New(done) => self.items.push_back(Item::RuntimeDone(done)),
                Recorded::Known => {}
                Recorded::Excess => self.dropped_ends += 1,
            }
        }
        let mut excess = self.queued_ends().saturating_sub(MOST_ENDS);
        if excess == 0 {
            return;
        }
        let (invocations, dropped) = (&mut self.invocations, &mut self.dropped_ends);
        self.items.retain(|item| match item {
            Item::RuntimeDone(done)
                if excess > 0 && invocations.running() != Some(done.request_id()) =>
            {
                excess -= 1;
                *dropped += 1;
                invocations.drop_end(done.request_id());
                false
            }
            _ => true,
        });
    }

    fn queued_ends(&self) -> usize {
        self.items.iter().filter(|item| !item.is_batch()).count()
    }

    /// Returns how many ends are queued, or were dropped.
    pub(super) fn undelivered_ends(&self) -> u64 {
        let queued = self.queued_ends() + usize::from(self.invocations.has_early_end());
        queued as u64 + self.dropped_ends
    }

    /// Takes the item that is due first. A batch tells what was dropped until now.
    pub(super) fn pop(&mut self) -> Option<Item> {
        if let Some(done) = self.invocations.take_due() {
            return Some(Item::RuntimeDone(done));
        }
        loop {
            match self.items.pop_front()? {
                Item::Batch(batch) => {
                    let dropped = mem::take(&mut self.dropped);
                    return Some(Item::Batch(batch.with_dropped(dropped)));
                }
                Item::RuntimeDone(done) => {
                    if let Some(done) = self.invocations.take(done) {
                        return Some(Item::RuntimeDone(done));
                    }
                }
            }
        }
    }

    pub(super) fn add_dropped(&mut self, dropped: Dropped) {
        add(&mut self.dropped, dropped);
    }

    /// Returns the unreported losses, and the queued batches.
    pub(super) fn undelivered(&self) -> Dropped {
        let mut undelivered = self.dropped;
        for item in &self.items {
            if let Item::Batch(batch) = item {
                add(&mut undelivered, whole(batch));
            }
        }
        undelivered
    }
}

/// Counts a batch that is dropped, with the losses that it was to tell.
pub(super) fn whole(batch: &TelemetryBatch) -> Dropped {
    let mut dropped = batch.dropped();
    let itself = Dropped {
        records: batch.iter().count() as u64,
        bytes: batch.as_str().len() as u64,
    };
    add(&mut dropped, itself);
    dropped
}

fn add(to: &mut Dropped, more: Dropped) {
    to.records += more.records;
    to.bytes += more.bytes;
}
