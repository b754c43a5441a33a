//! The Telemetry API of one generation: its subscribers, and the events of init for later ones.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use tokio::net::TcpStream;
use tokio::time::Instant;
use uuid::Uuid;

use super::event::{Category, EmittedEvent};
use super::phase_events::subscribed;
use super::queue::{Batch, DropCount, NextDelivery};
use super::subscriber::Subscriber;
use super::subscription::{DeliveryTarget, SubscriptionRequest};
use crate::emulator::fault::TelemetryFault;
use crate::emulator::incoming::IncomingRequest;
use crate::emulator::record::StepKind;
use crate::emulator::reply::{Reply, json};
use crate::emulator::settings::{EnvironmentSettings, TelemetrySchema};

/// The policy for the delivery of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryMode {
    /// Never, because nothing runs between invocations.
    Frozen,
    /// At the limits of each subscription.
    Buffered,
    /// At once, because the environment ends.
    AtOnce,
}

#[derive(Debug)]
pub(crate) struct TelemetryService {
    subscribers: BTreeMap<Uuid, Subscriber>,
    /// The events since the start of init, for later subscribers.
    early: EarlyEvents,
    /// True once init is over.
    closed: bool,
    mode: DeliveryMode,
    managed: bool,
    schemas: RangeInclusive<TelemetrySchema>,
    queue_limit: usize,
    redeliver: bool,
    instance_id: String,
}

#[derive(Debug, Default)]
struct EarlyEvents {
    events: Vec<EmittedEvent>,
    bytes: usize,
    /// Events for which there was no room.
    dropped: BTreeMap<Category, DropCount>,
}

impl TelemetryService {
    pub(crate) fn new(settings: &EnvironmentSettings) -> Self {
        let id = Uuid::new_v4().simple();
        let version = &settings.function.function_version;
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let today = today[..10].replace('-', "/");
        Self {
            subscribers: BTreeMap::new(),
            early: EarlyEvents::default(),
            closed: false,
            mode: DeliveryMode::Buffered,
            managed: settings.managed(),
            schemas: settings.schemas(),
            queue_limit: settings.telemetry_queue,
            redeliver: settings.redeliver,
            instance_id: format!("{today}/[{version}]{id}"),
        }
    }

    /// The environment's name for itself.
    pub(crate) fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// Queues an event for every subscriber that takes it, now or, during init, later.
    pub(crate) fn emit(&mut self, event: EmittedEvent) {
        let now = Instant::now();
        for subscriber in self.subscribers.values_mut() {
            subscriber.push(&event, now, self.queue_limit);
        }
        if !self.closed {
            self.early.push(event, self.queue_limit);
        }
    }

    /// Subscribes an extension, or refuses it.
    pub(crate) fn subscribe(
        &mut self,
        id: Uuid,
        name: String,
        request: &mut IncomingRequest,
    ) -> Result<Reply, Reply> {
        let subscription = SubscriptionRequest::read(&request.body, &self.schemas)
            .map_err(|message| validation_error(&message))?;
        let stream = request.connected.take().transpose();
        let stream = stream.map_err(|message| validation_error(&message))?;
        if self.closed {
            return Err(Reply::forbidden(
                "Telemetry.SubscriptionClosed",
                if self.managed {
                    "Telemetry API subscription is closed"
                } else {
                    "Telemetry API subscription is closed already"
                },
            ));
        }
        if self.subscribers.contains_key(&id) {
            return Err(Reply::internal_error());
        }
        let types = subscription.types.iter();
        let types: Vec<_> = types.map(|category| json(&category.as_str())).collect();
        let event = subscribed(&name, &types);
        self.add(id, Subscriber::new(name, subscription, stream));
        self.emit(event);
        Ok(Reply::text(200, "\"OK\""))
    }

    fn add(&mut self, id: Uuid, mut subscriber: Subscriber) {
        let now = Instant::now();
        for event in &self.early.events {
            subscriber.push(event, now, self.queue_limit);
        }
        for (category, dropped) in &self.early.dropped {
            if subscriber.takes(*category) {
                subscriber.count_dropped(*dropped);
            }
        }
        self.subscribers.insert(id, subscriber);
    }

    /// Ends the subscription of an extension.
    pub(crate) fn unsubscribe(&mut self, extension: &str) {
        self.subscribers
            .retain(|_, subscriber| subscriber.extension() != extension);
    }

    /// Ends all subscriptions.
    pub(crate) fn end(&mut self) {
        self.subscribers.clear();
        self.close();
    }

    /// Refuses further subscriptions, because init is over.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.early = EarlyEvents::default();
    }

    pub(crate) fn set_delivery_mode(&mut self, mode: DeliveryMode) {
        self.mode = mode;
    }

    /// The subscribers with undelivered events.
    pub(crate) fn undelivered(&self) -> Vec<String> {
        let subscribers = self.subscribers.values();
        subscribers
            .filter(|subscriber| !subscriber.is_idle())
            .map(|subscriber| subscriber.extension().to_owned())
            .collect()
    }

    /// The subscribers without a task that delivers to them. They count as served from then on.
    pub(crate) fn take_unserved(&mut self) -> Vec<Uuid> {
        let subscribers = self.subscribers.iter_mut();
        subscribers
            .filter_map(|(id, subscriber)| subscriber.serve().then_some(*id))
            .collect()
    }

    /// The name of a subscriber, if it is still subscribed.
    pub(crate) fn extension(&self, id: Uuid) -> Option<&str> {
        self.subscribers.get(&id).map(Subscriber::extension)
    }

    pub(crate) fn target(&mut self, id: Uuid) -> Option<(DeliveryTarget, Option<TcpStream>)> {
        self.subscribers.get_mut(&id).map(Subscriber::target)
    }

    /// The next action for a subscriber, if it is still subscribed.
    pub(crate) fn next_delivery(&mut self, id: Uuid) -> Option<NextDelivery> {
        let subscriber = self.subscribers.get_mut(&id)?;
        Some(match self.mode {
            DeliveryMode::Frozen => NextDelivery::Wait,
            mode => subscriber.next_delivery(mode == DeliveryMode::AtOnce),
        })
    }

    /// Ends a delivery.
    pub(crate) fn delivered(&mut self, id: Uuid, batch: Batch, taken: bool) {
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            subscriber.delivered(batch, taken, self.redeliver);
        }
    }

    /// Injects a fault. Returns whether the extension subscribes.
    pub(crate) fn inject(&mut self, extension: &str, fault: TelemetryFault) -> bool {
        let mut subscribers = self.subscribers.values_mut();
        let subscriber = subscribers.find(|subscriber| subscriber.extension() == extension);
        subscriber
            .map(|subscriber| subscriber.inject(fault))
            .is_some()
    }

    /// The drops since the last call, one step for each subscriber.
    pub(crate) fn take_drops(&mut self) -> Vec<StepKind> {
        let dropped = |subscriber: &mut Subscriber| {
            let DropCount { records, bytes } = subscriber.take_unrecorded()?;
            let extension = subscriber.extension().to_owned();
            Some(StepKind::Dropped {
                extension,
                records,
                bytes,
            })
        };
        self.subscribers.values_mut().filter_map(dropped).collect()
    }
}

impl EarlyEvents {
    fn push(&mut self, event: EmittedEvent, limit: usize) {
        let bytes = event.bytes();
        if self.bytes + bytes > limit {
            let dropped = self.dropped.entry(event.category()).or_default();
            dropped.add(DropCount::one(bytes));
            return;
        }
        self.bytes += bytes;
        self.events.push(event);
    }
}

fn validation_error(message: &str) -> Reply {
    // Lambda does not escape the message, so its body may not be JSON.
    let body = format!(
        r#"{{"errorType": "ValidationError", "errorMessage": {}}}"#,
        serde_json::Value::from(message)
    );
    Reply::text(400, body)
}
