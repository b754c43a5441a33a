//! The events that wait for one subscriber, and the batches that they form.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::subscription::BatchLimits;

/// The pauses before retries of a batch. The last one is repeated.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_secs(1),
];

#[derive(Debug, Default)]
pub(super) struct Queue {
    events: VecDeque<QueuedEvent>,
    bytes: usize,
    /// Injected bodies, which go first.
    bodies: VecDeque<Vec<u8>>,
    in_flight: bool,
    /// A batch to retry, and when. No other batch overtakes it.
    retry: Option<(Instant, Batch)>,
    /// True if the next batch is to be sent twice.
    duplicate: bool,
    /// Drops that the subscriber has not been sent.
    unsent: DropCount,
    /// Drops that the record lacks.
    unrecorded: DropCount,
}

/// An event in the queue.
#[derive(Debug)]
struct QueuedEvent {
    since: Instant,
    text: String,
    /// The drops to count if this event is dropped: itself, or those that it reports.
    stands_for: DropCount,
    /// True if it reports drops.
    is_report: bool,
}

/// A number of dropped events, and their size.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct DropCount {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

impl DropCount {
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

/// The next action for a subscriber.
#[derive(Debug)]
pub(crate) enum NextDelivery {
    /// Wait for a change.
    Wait,
    /// Wait for a change until then.
    Until(Instant),
    Deliver(Batch),
}

/// The events of one delivery.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    events: Vec<String>,
    /// An injected body, in place of the events.
    body: Option<Vec<u8>>,
    /// The time that the subscriber pretends to need for it.
    delay: Duration,
    /// True if it is to be sent twice.
    twice: bool,
    failures: usize,
    stands_for: DropCount,
    /// The part of it that events make up, without reports of drops.
    own: DropCount,
}

/// The result of one delivery.
#[derive(Debug)]
pub(crate) struct DeliveryResult {
    pub(crate) bytes: usize,
    /// The status of the response, over HTTP.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    pub(crate) fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    pub(crate) fn is_sent_twice(&self) -> bool {
        self.twice
    }

    /// The body over HTTP: a JSON array.
    pub(crate) fn array(&self) -> Vec<u8> {
        let array = || format!("[{}]", self.events.join(",")).into_bytes();
        self.body.clone().unwrap_or_else(array)
    }

    /// The bytes over TCP: one event a line.
    pub(crate) fn lines(&self) -> Vec<u8> {
        let lines = || (self.events.join("\n") + "\n").into_bytes();
        self.body.clone().unwrap_or_else(lines)
    }
}

impl Queue {
    /// Adds an event, or drops it if there is no room.
    pub(super) fn push(&mut self, text: String, now: Instant, longest: usize) {
        let one = DropCount::one(text.len());
        if self.bytes + text.len() > longest {
            self.count_dropped(one);
            return;
        }
        self.add(QueuedEvent {
            since: now,
            text,
            stands_for: one,
            is_report: false,
        });
    }

    /// Adds a report of drops, for which there is always room.
    pub(super) fn push_report(&mut self, text: String, of: DropCount) {
        self.add(QueuedEvent {
            since: Instant::now(),
            text,
            stands_for: of,
            is_report: true,
        });
    }

    fn add(&mut self, event: QueuedEvent) {
        self.bytes += event.text.len();
        self.events.push_back(event);
    }

    /// Counts events that never entered the queue.
    pub(super) fn count_dropped(&mut self, drops: DropCount) {
        self.unsent.add(drops);
        self.unrecorded.add(drops);
    }

    pub(super) fn insert_body(&mut self, body: Vec<u8>) {
        self.bodies.push_back(body);
    }

    pub(super) fn duplicate_next(&mut self) {
        self.duplicate = true;
    }

    pub(super) fn take_unsent(&mut self) -> Option<DropCount> {
        self.unsent.take()
    }

    pub(super) fn take_unrecorded(&mut self) -> Option<DropCount> {
        self.unrecorded.take()
    }

    pub(super) fn is_idle(&self) -> bool {
        let nothing = self.events.is_empty() && self.bodies.is_empty() && self.retry.is_none();
        nothing && !self.in_flight
    }

    /// Returns the next action. A batch closes by its items, its bytes, or the time since its first
    /// event. Only one is in flight.
    pub(super) fn next_delivery(&mut self, buffering: &BatchLimits, at_once: bool) -> NextDelivery {
        if self.in_flight {
            return NextDelivery::Wait;
        }
        let now = Instant::now();
        if let Some((due, batch)) = self.retry.take() {
            if due > now {
                self.retry = Some((due, batch));
                return NextDelivery::Until(due);
            }
            self.in_flight = true;
            return NextDelivery::Deliver(batch);
        }
        if let Some(body) = self.bodies.pop_front() {
            self.in_flight = true;
            return NextDelivery::Deliver(Batch {
                body: Some(body),
                ..Batch::default()
            });
        }
        let Some(first) = self.events.front() else {
            return NextDelivery::Wait;
        };
        let due = first.since + buffering.timeout;
        let full = self.events.len() >= buffering.max_items || self.bytes >= buffering.max_bytes;
        if !full && !at_once && due > now {
            return NextDelivery::Until(due);
        }
        self.in_flight = true;
        NextDelivery::Deliver(self.batch(buffering))
    }

    fn batch(&mut self, buffering: &BatchLimits) -> Batch {
        let mut bytes = 0;
        let mut batch = Batch {
            twice: std::mem::take(&mut self.duplicate),
            ..Batch::default()
        };
        while batch.events.len() < buffering.max_items && bytes < buffering.max_bytes {
            let Some(event) = self.events.pop_front() else {
                break;
            };
            bytes += event.text.len();
            batch.stands_for.add(event.stands_for);
            if !event.is_report {
                batch.own.add(event.stands_for);
            }
            batch.events.push(event.text);
        }
        self.bytes -= bytes;
        batch
    }

    /// Ends a delivery. Returns whether to report drops to the subscriber: not if only reports were
    /// dropped, or the reports would never end.
    pub(super) fn delivered(&mut self, mut batch: Batch, taken: bool, redeliver: bool) -> bool {
        self.in_flight = false;
        if taken && !batch.twice {
            return true;
        }
        if taken {
            batch.twice = false;
            self.retry = Some((Instant::now(), batch));
        } else if redeliver {
            let pause = PAUSES[batch.failures.min(PAUSES.len() - 1)];
            batch.failures += 1;
            self.retry = Some((Instant::now() + pause, batch));
        } else {
            self.unsent.add(batch.stands_for);
            self.unrecorded.add(batch.own);
            return batch.own.records > 0;
        }
        false
    }
}
