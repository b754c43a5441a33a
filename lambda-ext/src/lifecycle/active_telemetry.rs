//! The telemetry of an extension that subscribes to it.

use tokio::time::{Instant, timeout_at};

use super::telemetry_source::TelemetrySource;
use crate::budget;
use crate::client::{Client, RegisteredClient};
use crate::diagnostics::{self, lifecycle_event};
use crate::error::{ClientError, RunError};
use crate::event::{InvokeEvent, ShutdownEvent};
use crate::handler::Config;
use crate::settings::TelemetrySettings;
use crate::telemetry::{
    Inbox, Interest, Item, Listener, Missed, Receipt, Serving, Subscribed, Subscription,
    TelemetryType,
};

#[derive(Debug)]
pub(super) struct ActiveTelemetry {
    name: String,
    subscription: Subscription,
    inbox: Inbox,
    /// True if the platform sends telemetry.
    is_subscribed: bool,
    /// `None` once it is closed.
    serving: Option<Serving>,
}

impl TelemetrySource for ActiveTelemetry {
    fn open(
        client: &Client,
        config: Config,
        settings: &TelemetrySettings,
    ) -> Result<Option<Self>, RunError> {
        let name = client.name().to_owned();
        let runtime_done = config.runtime_done && !client.is_managed();
        if config.runtime_done && !runtime_done {
            let text = "Managed Instances do not report the end of invocations: `runtime_done` is not \
                        called";
            diagnostics::warn(&name, text);
        }
        let batches = !config.telemetry.is_empty();
        if !batches && !runtime_done {
            return Ok(None);
        }
        let types = settings.types(config)?;
        let address = settings.address;
        let listener = Listener::bind(address, settings.protocol)
            .map_err(|source| RunError::Listener { address, source })?;
        let inbox = Inbox::new(Interest {
            batches,
            runtime_done,
            reports: batches && types.contains(&TelemetryType::Platform),
        });
        Ok(Some(Self {
            name,
            subscription: Subscription::new(&types, settings.destination(listener.port()))
                .buffering(settings.buffering(config, runtime_done)),
            is_subscribed: false,
            serving: Some(listener.serve(inbox.clone())),
            inbox,
        }))
    }

    /// A platform without telemetry, as most local ones are, is no failure.
    async fn subscribe(&mut self, client: &RegisteredClient) -> Result<(), ClientError> {
        let subscribed = client.subscribe(&self.subscription).await?;
        self.is_subscribed = subscribed != Subscribed::NotSupported;
        let runtime_done = self.inbox.interest().runtime_done;
        let platform = match subscribed {
            Subscribed::Confirmed => {
                if runtime_done {
                    self.inbox.expect_ends();
                }
                lifecycle_event!(
                    debug,
                    extension = self.name,
                    subscription = ?self.subscription,
                    "subscribed to telemetry"
                );
                return Ok(());
            }
            Subscribed::Unconfirmed => "accepted the telemetry subscription without confirmation",
            Subscribed::NotSupported => "does not support telemetry",
        };
        let hold = if runtime_done {
            ", and `next` does not wait for `runtime_done`"
        } else {
            ""
        };
        let text = format!("this platform {platform}: no telemetry is expected{hold}");
        diagnostics::warn(&self.name, text);
        Ok(())
    }

    fn begin_invocation(&self, event: &InvokeEvent) {
        let Some(end) = self.inbox.begin_invocation(event) else {
            return;
        };
        let waits = match end.missed {
            Missed::Once => "`next` does not wait for it until one arrives",
            Missed::Twice => "`next` waits for it no more",
        };
        let request_id = end.request_id;
        let text = format!("no platform.runtimeDone of {request_id} arrived in time: {waits}");
        diagnostics::warn(&self.name, text);
    }

    fn begin_shutdown(&self, event: &ShutdownEvent) {
        self.inbox.begin_shutdown(event);
    }

    async fn invocation_handled(&self) {
        self.inbox.invocation_handled().await;
    }

    fn stop_holding(&self) {
        self.inbox.stop_holding();
    }

    async fn take(&self) -> Item {
        self.inbox.take().await
    }

    async fn take_last(&self, deadline: Instant) -> Option<Item> {
        while Instant::now() < deadline {
            let mut item = self.inbox.try_take();
            if item.is_none() {
                if !self.is_subscribed || self.inbox.is_complete() {
                    return None;
                }
                let quiet = budget::in_time(budget::QUIET, self.inbox.take());
                item = timeout_at(deadline, quiet).await.ok()?.ok();
            }
            // While a batch is being received it is not quiet.
            if item.is_some() || !self.inbox.is_receiving() {
                return item;
            }
        }
        None
    }

    fn handled(&self, receipt: Receipt) {
        self.inbox.handled(receipt);
    }

    fn cancelled(&self, receipt: &Receipt) {
        self.inbox.cancelled(receipt);
    }

    fn close(&mut self) {
        if self.serving.take().is_none() {
            return;
        }
        let (dropped, ends) = self.inbox.close();
        if dropped.records > 0 {
            let text = format!(
                "{} telemetry events ({} bytes) were not delivered to the handler",
                dropped.records, dropped.bytes
            );
            diagnostics::warn(&self.name, text);
        }
        if ends > 0 {
            let text = format!("{ends} ends of invocations were not delivered to the handler");
            diagnostics::warn(&self.name, text);
        }
    }
}
