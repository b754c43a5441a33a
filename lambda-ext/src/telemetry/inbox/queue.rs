//! What waits to be taken, in the order in which it came.

use std::collections::VecDeque;
use std::mem;

use super::ends::Ends;
use super::lasts::{Delivery, Lasts};
use super::{Dropped, Item, TelemetryBatch};

/// The most ends of invocations that are queued: they take no room, so that a full queue does not
/// keep them out, and more come only from one who makes them up.
pub(super) const MOST_ENDS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    /// What the handler is to be told of with the next batch.
    dropped: Dropped,
    lasts: Lasts,
    pub(super) ends: Ends,
}

impl Queue {
    /// Whether this delivery was received before.
    pub(super) fn is_repeated(&self, delivery: Option<&Delivery>) -> bool {
        delivery.is_some_and(|delivery| self.lasts.has(delivery))
    }

    /// Remembers what was received.
    pub(super) fn note(&mut self, delivery: Option<Delivery>) {
        if let Some(delivery) = delivery {
            self.lasts.note(delivery);
        }
    }

    pub(super) fn push(&mut self, batch: TelemetryBatch) {
        self.items.push_back(Item::Batch(batch));
    }

    pub(super) fn push_ends(&mut self, ends: Vec<Item>) {
        if ends.is_empty() {
            return;
        }
        self.items.extend(ends);
        let mut too_many = self.ends_left().saturating_sub(MOST_ENDS);
        if too_many > 0 {
            self.items.retain(|item| {
                let goes = too_many > 0 && !item.is_batch();
                too_many -= usize::from(goes);
                !goes
            });
        }
    }

    /// How many ends are queued.
    pub(super) fn ends_left(&self) -> usize {
        self.items.iter().filter(|item| !item.is_batch()).count()
    }

    /// The first item; a batch tells what was dropped until now.
    pub(super) fn pop(&mut self) -> Option<Item> {
        Some(match self.items.pop_front()? {
            Item::Batch(batch) => Item::Batch(batch.with_dropped(mem::take(&mut self.dropped))),
            end @ Item::RuntimeDone(_) => end,
        })
    }

    pub(super) fn add_dropped(&mut self, dropped: Dropped) {
        add(&mut self.dropped, dropped);
    }

    /// What was dropped and not told yet, and what is queued.
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

/// All of a batch, as what is dropped, with what it was to tell of.
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
