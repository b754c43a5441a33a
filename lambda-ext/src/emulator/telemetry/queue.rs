//! What waits for one subscriber, and when it goes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::subscription::Buffering;

#[derive(Debug, Default)]
pub(super) struct Queue {
    events: VecDeque<(Instant, String)>,
    bytes: usize,
    /// Bodies of choice, which go first.
    bodies: VecDeque<Vec<u8>>,
    in_flight: bool,
    repeat: bool,
    /// Not yet told to the subscriber, and not yet in the record.
    untold: Drops,
    unreported: Drops,
}

#[derive(Debug, Default, Clone, Copy)]
struct Drops {
    records: u64,
    bytes: u64,
}

impl Drops {
    fn add(&mut self, records: usize, bytes: usize) {
        self.records += records as u64;
        self.bytes += bytes as u64;
    }

    fn take(&mut self) -> Option<(u64, u64)> {
        let Self { records, bytes } = std::mem::take(self);
        (records > 0).then_some((records, bytes))
    }
}

/// What is to be done for a subscriber.
#[derive(Debug)]
pub(in super::super) enum Turn {
    /// Nothing until something happens.
    Wait,
    /// Nothing until then.
    Until(Instant),
    Deliver(Batch),
}

/// What is sent at once.
#[derive(Debug, Default)]
pub(in super::super) struct Batch {
    pub(in super::super) events: Vec<String>,
    /// In place of the events.
    pub(in super::super) body: Option<Vec<u8>>,
    pub(in super::super) twice: bool,
    /// How long the subscriber is to have needed.
    pub(in super::super) takes: Duration,
}

impl Batch {
    pub(in super::super) fn bytes(&self) -> usize {
        self.events.iter().map(String::len).sum()
    }
}

impl Queue {
    /// Adds an event, or drops it where there is no room.
    pub(super) fn push(&mut self, text: String, now: Instant, longest: usize) {
        if self.bytes + text.len() > longest {
            self.untold.add(1, text.len());
            self.unreported.add(1, text.len());
            return;
        }
        self.bytes += text.len();
        self.events.push_back((now, text));
    }

    pub(super) fn insert(&mut self, body: Vec<u8>) {
        self.bodies.push_back(body);
    }

    pub(super) fn repeat(&mut self) {
        self.repeat = true;
    }

    pub(super) fn untold(&mut self) -> Option<(u64, u64)> {
        self.untold.take()
    }

    pub(super) fn unreported(&mut self) -> Option<(u64, u64)> {
        self.unreported.take()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.events.is_empty() && self.bodies.is_empty() && !self.in_flight
    }

    /// A batch closes by its items, its bytes, or the time since its first event. One at a time is
    /// under way.
    pub(super) fn turn(&mut self, buffering: &Buffering, at_once: bool) -> Turn {
        if self.in_flight {
            return Turn::Wait;
        }
        if let Some(body) = self.bodies.pop_front() {
            self.in_flight = true;
            return Turn::Deliver(Batch {
                body: Some(body),
                ..Batch::default()
            });
        }
        let Some((first, _)) = self.events.front() else {
            return Turn::Wait;
        };
        let due = *first + buffering.timeout;
        let full = self.events.len() >= buffering.max_items || self.bytes >= buffering.max_bytes;
        if !full && !at_once && due > Instant::now() {
            return Turn::Until(due);
        }
        let mut bytes = 0;
        let mut events = Vec::new();
        while events.len() < buffering.max_items && bytes < buffering.max_bytes {
            let Some((_, text)) = self.events.pop_front() else {
                break;
            };
            bytes += text.len();
            events.push(text);
        }
        self.bytes -= bytes;
        self.in_flight = true;
        Turn::Deliver(Batch {
            events,
            twice: std::mem::take(&mut self.repeat),
            ..Batch::default()
        })
    }

    pub(super) fn settled(&mut self, batch: &Batch, taken: bool) {
        self.in_flight = false;
        if !taken {
            self.untold.add(batch.events.len(), batch.bytes());
            self.unreported.add(batch.events.len(), batch.bytes());
        }
    }
}
