//! What waits for one subscriber, and when it goes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::subscription::Buffering;

/// The pauses before a batch that was not taken is sent again; the last is repeated.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_secs(1),
];

#[derive(Debug, Default)]
pub(super) struct Queue {
    events: VecDeque<Waiting>,
    bytes: usize,
    /// Bodies of choice, which go first.
    bodies: VecDeque<Vec<u8>>,
    in_flight: bool,
    /// A batch that is to be sent again, and when: nothing overtakes it.
    again: Option<(Instant, Batch)>,
    repeat: bool,
    /// Not yet told to the subscriber, and not yet in the record.
    untold: Drops,
    unreported: Drops,
}

/// An event that waits.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    text: String,
    /// What was dropped if this is: the event itself, or what it tells about.
    stands_for: Drops,
    /// It is news of what was dropped.
    news: bool,
}

/// What was dropped.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Drops {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

impl Drops {
    pub(super) fn one(bytes: usize) -> Self {
        Self {
            records: 1,
            bytes: bytes as u64,
        }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.records += more.records;
        self.bytes += more.bytes;
    }

    fn take(&mut self) -> Option<Self> {
        let taken = std::mem::take(self);
        (taken.records > 0).then_some(taken)
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
    /// How long the subscriber is to have needed.
    pub(in super::super) takes: Duration,
    pub(in super::super) twice: bool,
    refusals: usize,
    stands_for: Drops,
    /// Of that, the events.
    own: Drops,
}

impl Queue {
    /// Adds an event, or drops it where there is no room.
    pub(super) fn push(&mut self, text: String, now: Instant, longest: usize) {
        let one = Drops::one(text.len());
        if self.bytes + text.len() > longest {
            self.lose(one);
            return;
        }
        self.add(Waiting {
            since: now,
            text,
            stands_for: one,
            news: false,
        });
    }

    /// Adds news of what was dropped, for which there is always room.
    pub(super) fn tell(&mut self, text: String, of: Drops) {
        self.add(Waiting {
            since: Instant::now(),
            text,
            stands_for: of,
            news: true,
        });
    }

    fn add(&mut self, event: Waiting) {
        self.bytes += event.text.len();
        self.events.push_back(event);
    }

    /// Counts what never was here.
    pub(super) fn lose(&mut self, drops: Drops) {
        self.untold.add(drops);
        self.unreported.add(drops);
    }

    pub(super) fn insert(&mut self, body: Vec<u8>) {
        self.bodies.push_back(body);
    }

    pub(super) fn repeat(&mut self) {
        self.repeat = true;
    }

    pub(super) fn untold(&mut self) -> Option<Drops> {
        self.untold.take()
    }

    pub(super) fn unreported(&mut self) -> Option<Drops> {
        self.unreported.take()
    }

    pub(super) fn is_idle(&self) -> bool {
        let nothing = self.events.is_empty() && self.bodies.is_empty() && self.again.is_none();
        nothing && !self.in_flight
    }

    /// A batch closes by its items, its bytes, or the time since its first event. One at a time is
    /// under way.
    pub(super) fn turn(&mut self, buffering: &Buffering, at_once: bool) -> Turn {
        if self.in_flight {
            return Turn::Wait;
        }
        let now = Instant::now();
        if let Some((due, batch)) = self.again.take() {
            if due > now {
                self.again = Some((due, batch));
                return Turn::Until(due);
            }
            self.in_flight = true;
            return Turn::Deliver(batch);
        }
        if let Some(body) = self.bodies.pop_front() {
            self.in_flight = true;
            return Turn::Deliver(Batch {
                body: Some(body),
                ..Batch::default()
            });
        }
        let Some(first) = self.events.front() else {
            return Turn::Wait;
        };
        let due = first.since + buffering.timeout;
        let full = self.events.len() >= buffering.max_items || self.bytes >= buffering.max_bytes;
        if !full && !at_once && due > now {
            return Turn::Until(due);
        }
        self.in_flight = true;
        Turn::Deliver(self.batch(buffering))
    }

    fn batch(&mut self, buffering: &Buffering) -> Batch {
        let mut bytes = 0;
        let mut batch = Batch {
            twice: std::mem::take(&mut self.repeat),
            ..Batch::default()
        };
        while batch.events.len() < buffering.max_items && bytes < buffering.max_bytes {
            let Some(event) = self.events.pop_front() else {
                break;
            };
            bytes += event.text.len();
            batch.stands_for.add(event.stands_for);
            if !event.news {
                batch.own.add(event.stands_for);
            }
            batch.events.push(event.text);
        }
        self.bytes -= bytes;
        batch
    }

    /// A batch has been sent. Whether there is something to tell of what was dropped: if news were
    /// followed by the news that they were dropped, there would be no end.
    pub(super) fn settled(&mut self, mut batch: Batch, taken: bool, redeliver: bool) -> bool {
        self.in_flight = false;
        if taken && !batch.twice {
            return true;
        }
        if taken {
            batch.twice = false;
            self.again = Some((Instant::now(), batch));
        } else if redeliver {
            let pause = PAUSES[batch.refusals.min(PAUSES.len() - 1)];
            batch.refusals += 1;
            self.again = Some((Instant::now() + pause, batch));
        } else {
            self.untold.add(batch.stands_for);
            self.unreported.add(batch.own);
            return batch.own.records > 0;
        }
        false
    }
}
