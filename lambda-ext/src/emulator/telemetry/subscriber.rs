//! One subscriber of telemetry, and the events that wait for it.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::event::{Category, EmittedEvent};
use super::queue::{Batch, DropCount, NextDelivery, Queue};
use super::subscription::{DeliveryTarget, SubscriptionRequest};
use crate::emulator::fault::TelemetryFault;

#[derive(Debug)]
pub(super) struct Subscriber {
    extension: String,
    subscription: SubscriptionRequest,
    queue: Queue,
    /// True once a task delivers to it.
    served: bool,
    /// Over TCP, the connection that was opened for the subscription.
    stream: Option<TcpStream>,
    /// The time that it pretends to need for each delivery.
    delay: Duration,
}

impl Subscriber {
    pub(super) fn new(
        extension: String,
        subscription: SubscriptionRequest,
        stream: Option<TcpStream>,
    ) -> Self {
        Self {
            extension,
            subscription,
            queue: Queue::default(),
            served: false,
            stream,
            delay: Duration::ZERO,
        }
    }

    pub(super) fn extension(&self) -> &str {
        &self.extension
    }

    pub(super) fn takes(&self, category: Category) -> bool {
        self.subscription.types.contains(&category)
    }

    /// Queues an event that it subscribes to, in at most `limit` bytes.
    pub(super) fn push(&mut self, event: &EmittedEvent, now: Instant, limit: usize) {
        if self.takes(event.category()) {
            let text = event.text(self.subscription.schema);
            self.queue.push(text, now, limit);
        }
    }

    /// Counts events that were dropped before it subscribed.
    pub(super) fn count_dropped(&mut self, dropped: DropCount) {
        self.queue.count_dropped(dropped);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    /// Marks it as served. Returns whether it was not before.
    pub(super) fn serve(&mut self) -> bool {
        !std::mem::replace(&mut self.served, true)
    }

    /// Its address, and over TCP the connection, if that is still unused.
    pub(super) fn target(&mut self) -> (DeliveryTarget, Option<TcpStream>) {
        (self.subscription.target.clone(), self.stream.take())
    }

    pub(super) fn next_delivery(&mut self, at_once: bool) -> NextDelivery {
        let limits = &self.subscription.limits;
        let mut next = self.queue.next_delivery(limits, at_once);
        if let NextDelivery::Deliver(batch) = &mut next {
            batch.set_delay(self.delay);
        }
        next
    }

    /// Ends a delivery. Once there is room again, a subscriber of `platform` gets a report of drops.
    pub(super) fn delivered(&mut self, batch: Batch, taken: bool, redeliver: bool) {
        if !self.queue.delivered(batch, taken, redeliver) {
            return;
        }
        let dropped = self.queue.take_unsent();
        if let Some(dropped) = dropped.filter(|_| self.takes(Category::Platform)) {
            let event = EmittedEvent::logs_dropped(dropped.records, dropped.bytes);
            let text = event.text(self.subscription.schema);
            self.queue.push_report(text, dropped);
        }
    }

    pub(super) fn inject(&mut self, fault: TelemetryFault) {
        match fault {
            TelemetryFault::Slow(delay) => self.delay = delay,
            TelemetryFault::Duplicate => self.queue.duplicate_next(),
            TelemetryFault::Batch(body) => self.queue.insert_body(body),
        }
    }

    /// The drops that the record lacks.
    pub(super) fn take_unrecorded(&mut self) -> Option<DropCount> {
        self.queue.take_unrecorded()
    }
}
