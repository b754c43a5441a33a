//! What the event loop asks of telemetry.

use std::convert::Infallible;

use tokio::time::Instant;

use super::hold::Hold;
use crate::telemetry::{Item, TelemetryBatch, TelemetrySettings};
use crate::{Client, ClientError, Config, InvokeEvent, RegisteredClient, RunError, ShutdownEvent};

/// The telemetry of a run, or that there is none.
pub(super) trait Telemetry: Sized {
    /// Listens; nothing where nothing could come.
    async fn open(
        client: &Client,
        config: Config,
        settings: &TelemetrySettings,
    ) -> Result<Option<Self>, RunError>;

    /// Subscribes.
    async fn subscribe(&mut self, client: &RegisteredClient) -> Result<(), ClientError>;

    /// An invocation has begun. Call it when its event has just come.
    fn begin(&mut self, event: &InvokeEvent) -> Option<Hold>;

    /// What is to be handed over next. Cancel safe.
    async fn take(&mut self) -> Item;

    /// What is to be handed over next at SHUTDOWN, until nothing more is expected.
    async fn take_last(&mut self, end: Instant) -> Option<Item>;

    /// The next invocation has begun: whether the end of the last one had come.
    fn check_end_of(&mut self, hold: &Hold);

    /// SHUTDOWN has come.
    fn end(&mut self, event: &ShutdownEvent);

    /// The batch has been handled.
    fn done_with(&self, batch: TelemetryBatch);

    /// The batch has not been handled to its end.
    fn drop_batch(&self, batch: &TelemetryBatch);

    /// Receives nothing more, and says what the handler has not got and is not going to be told.
    fn close(&mut self);
}

/// The telemetry of an extension that takes none: there is no such value.
impl Telemetry for Infallible {
    async fn open(
        _: &Client,
        config: Config,
        settings: &TelemetrySettings,
    ) -> Result<Option<Self>, RunError> {
        settings.check_handled(config)?;
        Ok(None)
    }

    async fn subscribe(&mut self, _: &RegisteredClient) -> Result<(), ClientError> {
        match *self {}
    }

    fn begin(&mut self, _: &InvokeEvent) -> Option<Hold> {
        match *self {}
    }

    async fn take(&mut self) -> Item {
        match *self {}
    }

    async fn take_last(&mut self, _: Instant) -> Option<Item> {
        match *self {}
    }

    fn check_end_of(&mut self, _: &Hold) {
        match *self {}
    }

    fn end(&mut self, _: &ShutdownEvent) {
        match *self {}
    }

    fn done_with(&self, _: TelemetryBatch) {
        match *self {}
    }

    fn drop_batch(&self, _: &TelemetryBatch) {
        match *self {}
    }

    fn close(&mut self) {
        match *self {}
    }
}
