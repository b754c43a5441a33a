//! The interface between the event loop and telemetry.

use std::convert::Infallible;

use tokio::time::Instant;

use crate::client::{Client, RegisteredClient};
use crate::error::{ClientError, RunError};
use crate::event::{InvokeEvent, ShutdownEvent};
use crate::handler::Config;
use crate::settings::TelemetrySettings;
use crate::telemetry::{Item, Receipt};

/// The telemetry of a run. A type parameter and no option of one type, so that an extension without
/// telemetry carries no listener.
pub(super) trait TelemetrySource: Sized {
    /// Binds the listener. Returns `None` if nothing can come.
    fn open(
        client: &Client,
        config: Config,
        settings: &TelemetrySettings,
    ) -> Result<Option<Self>, RunError>;

    /// Subscribes.
    async fn subscribe(&mut self, client: &RegisteredClient) -> Result<(), ClientError>;

    /// INVOKE has just come.
    fn begin_invocation(&self, event: &InvokeEvent);

    /// SHUTDOWN has come.
    fn begin_shutdown(&self, event: &ShutdownEvent);

    /// Waits until `next` may be requested: the end of the running invocation is handled, or is not expected
    /// in time. Cancel safe.
    async fn invocation_handled(&self);

    /// `next` waits for no end any more, because there is no handler.
    fn stop_holding(&self);

    /// Takes the next item for the handler. Cancel safe.
    async fn take(&self) -> Item;

    /// Takes the next item at SHUTDOWN. Returns `None` if nothing more is expected until `deadline`.
    async fn take_last(&self, deadline: Instant) -> Option<Item>;

    /// The handler has returned from an item.
    fn handled(&self, receipt: Receipt);

    /// The handler was cancelled in an item.
    fn cancelled(&self, receipt: &Receipt);

    /// Closes the listener, and logs what was not delivered to the handler.
    fn close(&mut self);
}

/// An extension without telemetry: there is no such value.
impl TelemetrySource for Infallible {
    fn open(
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

    fn begin_invocation(&self, _: &InvokeEvent) {
        match *self {}
    }

    fn begin_shutdown(&self, _: &ShutdownEvent) {
        match *self {}
    }

    async fn invocation_handled(&self) {
        match *self {}
    }

    fn stop_holding(&self) {
        match *self {}
    }

    async fn take(&self) -> Item {
        match *self {}
    }

    async fn take_last(&self, _: Instant) -> Option<Item> {
        match *self {}
    }

    fn handled(&self, _: Receipt) {
        match *self {}
    }

    fn cancelled(&self, _: &Receipt) {
        match *self {}
    }

    fn close(&mut self) {
        match *self {}
    }
}
