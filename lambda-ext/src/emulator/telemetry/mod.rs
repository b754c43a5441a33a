//! Telemetry: what the platform tells its subscribers.

mod ending;
mod event;
mod events;
mod invocation;
mod queue;
mod subscribe;
mod subscription;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;
use uuid::Uuid;

pub(super) use self::ending::Ending;
pub(super) use self::event::{Category, Event};
pub(super) use self::queue::{Batch, Turn};
use self::queue::{Drops, Queue};
pub(super) use self::subscription::{Destination, Subscription, tcp_port};
use super::fault::TelemetryFault;
use super::settings::Settings;

/// How what is told goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Not at all: nothing runs between invocations.
    Frozen,
    /// As each subscription wants it.
    Buffered,
    /// Without waiting for more: the environment ends.
    AtOnce,
}

/// One generation's subscribers, and what waits for them.
#[derive(Debug)]
pub(super) struct Telemetry {
    subscribers: BTreeMap<Uuid, Subscriber>,
    /// What was told since the start of init, for those that subscribe later.
    early: Early,
    /// Init is over.
    closed: bool,
    pace: Pace,
    longest_queue: usize,
    redeliver: bool,
    /// The environment's name for itself.
    pub(super) instance_id: String,
}

#[derive(Debug, Default)]
struct Early {
    events: Vec<Event>,
    bytes: usize,
    /// What there was no room for.
    lost: BTreeMap<Category, Drops>,
}

#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) extension: String,
    pub(super) subscription: Subscription,
    queue: Queue,
    served: bool,
    /// Over TCP, the connection that was made when it subscribed.
    stream: Option<TcpStream>,
    /// How long each delivery takes, on demand.
    slow: Duration,
}

impl Telemetry {
    pub(super) fn new(settings: &Settings) -> Self {
        let id = Uuid::new_v4().simple();
        let version = &settings.function.function_version;
        let today = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
        let today = today[..10].replace('-', "/");
        Self {
            subscribers: BTreeMap::new(),
            early: Early::default(),
            closed: false,
            pace: Pace::Buffered,
            longest_queue: settings.telemetry_queue,
            redeliver: settings.redeliver,
            instance_id: format!("{today}/[{version}]{id}"),
        }
    }

    /// A new environment: the subscriptions are gone.
    pub(super) fn renew(&mut self, settings: &Settings) {
        *self = Self::new(settings);
    }

    /// Tells every subscriber that wants it, now and, during init, later.
    pub(super) fn tell(&mut self, event: Event) {
        let now = Instant::now();
        for subscriber in self.subscribers.values_mut() {
            subscriber.take(&event, now, self.longest_queue);
        }
        if !self.closed {
            self.early.push(event, self.longest_queue);
        }
    }

    fn add(
        &mut self,
        id: Uuid,
        extension: String,
        subscription: Subscription,
        stream: Option<TcpStream>,
    ) {
        let mut subscriber = Subscriber {
            extension,
            subscription,
            queue: Queue::default(),
            served: false,
            stream,
            slow: Duration::ZERO,
        };
        let now = Instant::now();
        for event in &self.early.events {
            subscriber.take(event, now, self.longest_queue);
        }
        for (category, lost) in &self.early.lost {
            if subscriber.subscription.types.contains(category) {
                subscriber.queue.lose(*lost);
            }
        }
        self.subscribers.insert(id, subscriber);
    }

    /// Its subscription ends with an extension.
    pub(super) fn unsubscribe(&mut self, extension: &str) {
        self.subscribers
            .retain(|_, subscriber| subscriber.extension != extension);
    }

    /// All subscriptions end.
    pub(super) fn end(&mut self) {
        self.subscribers.clear();
        self.close();
    }

    /// Init is over: nobody can subscribe any more.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.early = Early::default();
    }

    pub(super) fn goes(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// The subscribers that something still waits for.
    pub(super) fn waited_for(&self) -> Vec<String> {
        let waiting = self.subscribers.values();
        waiting
            .filter(|subscriber| !subscriber.queue.is_idle())
            .map(|subscriber| subscriber.extension.clone())
            .collect()
    }

    /// The subscribers that nobody delivers to yet.
    pub(super) fn unserved(&mut self) -> Vec<Uuid> {
        let subscribers = self.subscribers.iter_mut();
        subscribers
            .filter_map(|(id, subscriber)| {
                let served = std::mem::replace(&mut subscriber.served, true);
                (!served).then_some(*id)
            })
            .collect()
    }

    pub(super) fn subscriber(&self, id: Uuid) -> Option<&Subscriber> {
        self.subscribers.get(&id)
    }

    /// Where its batches go, and over TCP the connection that there is.
    pub(super) fn destination(&mut self, id: Uuid) -> Option<(Destination, Option<TcpStream>)> {
        let subscriber = self.subscribers.get_mut(&id)?;
        let destination = subscriber.subscription.destination.clone();
        Some((destination, subscriber.stream.take()))
    }

    /// What to do for a subscriber; none where it is gone.
    pub(super) fn turn(&mut self, id: Uuid) -> Option<Turn> {
        let subscriber = self.subscribers.get_mut(&id)?;
        let buffering = &subscriber.subscription.buffering;
        if self.pace == Pace::Frozen {
            return Some(Turn::Wait);
        }
        let at_once = self.pace == Pace::AtOnce;
        let mut turn = subscriber.queue.turn(buffering, at_once);
        if let Turn::Deliver(batch) = &mut turn {
            batch.takes = subscriber.slow;
        }
        Some(turn)
    }

    /// A batch has been sent.
    pub(super) fn settled(&mut self, id: Uuid, batch: Batch, taken: bool) {
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            if subscriber.queue.settled(batch, taken, self.redeliver) {
                subscriber.tell_of_drops();
            }
        }
    }

    pub(super) fn spoil(&mut self, extension: &str, fault: TelemetryFault) -> bool {
        let found = self.subscribers.values_mut();
        let mut found = found.filter(|subscriber| subscriber.extension == extension);
        let Some(subscriber) = found.next() else {
            return false;
        };
        match fault {
            TelemetryFault::Slow(takes) => subscriber.slow = takes,
            TelemetryFault::Repeat => subscriber.queue.repeat(),
            TelemetryFault::Batch(body) => subscriber.queue.insert(body),
        }
        true
    }

    /// What was dropped since the last time, by subscriber.
    pub(super) fn drops(&mut self) -> Vec<(String, u64, u64)> {
        let subscribers = self.subscribers.values_mut();
        subscribers
            .filter_map(|subscriber| {
                let Drops { records, bytes } = subscriber.queue.unreported()?;
                Some((subscriber.extension.clone(), records, bytes))
            })
            .collect()
    }
}

impl Early {
    fn push(&mut self, event: Event, longest: usize) {
        let bytes = event.bytes();
        if self.bytes + bytes > longest {
            let lost = self.lost.entry(event.category).or_default();
            lost.add(Drops::one(bytes));
            return;
        }
        self.bytes += bytes;
        self.events.push(event);
    }
}

impl Subscriber {
    fn take(&mut self, event: &Event, now: Instant, longest: usize) {
        if self.subscription.types.contains(&event.category) {
            let text = event.text(self.subscription.schema);
            self.queue.push(text, now, longest);
        }
    }

    /// Once there is room again, whoever wants to know is told what was dropped.
    fn tell_of_drops(&mut self) {
        let wants = self.subscription.types.contains(&Category::Platform);
        if let Some(drops) = self.queue.untold().filter(|_| wants) {
            let event = Event::logs_dropped(drops.records, drops.bytes);
            self.queue.tell(event.text(self.subscription.schema), drops);
        }
    }
}
