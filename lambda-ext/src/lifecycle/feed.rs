//! The telemetry of a run: subscribed to, received, and given to the event loop in order.

use tokio::time::{Instant, timeout_at};

use super::hold::{Hold, Holding};
use super::joined::Joined;
use super::telemetry::Telemetry;
use crate::say::story;
use crate::telemetry::{
    Inbox, Item, Listener, RuntimeDone, Serving, Subscribed, Subscription, TelemetryBatch,
    TelemetrySettings, Wanted,
};
use crate::{
    Client, ClientError, Config, InvokeEvent, RegisteredClient, RunError, ShutdownEvent,
    TelemetryType, budget, say,
};

#[derive(Debug)]
pub(super) struct Feed {
    name: String,
    subscription: Subscription,
    inbox: Inbox,
    /// Whether the handler gets the batches, and not only the ends of invocations.
    delivers: bool,
    /// Where the handler gets those.
    joined: Option<Joined>,
    /// Whether `next` is held back for them.
    holding: Holding,
    /// Whether anything may come.
    subscribed: bool,
    /// The invocation that began last.
    last: Option<String>,
    /// The deadline of the event that came last.
    deadline_ms: u64,
    serving: Option<Serving>,
}

impl Telemetry for Feed {
    /// Listens; nothing where nothing could come.
    async fn open(
        client: &Client,
        config: Config,
        settings: &TelemetrySettings,
    ) -> Result<Option<Self>, RunError> {
        let name = client.name().to_owned();
        let joins = config.runtime_done && !client.is_managed();
        if config.runtime_done && !joins {
            let text = "Managed Instances tell no end of invocations: `runtime_done` is not called";
            say::warn(&name, text);
        }
        let delivers = !config.telemetry.is_empty();
        if !delivers && !joins {
            return Ok(None);
        }
        let types = settings.types(config)?;
        let address = settings.address;
        let listener = Listener::bind(address, settings.protocol)
            .map_err(|source| RunError::Listener { address, source })?;
        let inbox = Inbox::new(Wanted {
            batches: delivers,
            runtime_done: joins,
            reports: delivers && types.contains(&TelemetryType::Platform),
        });
        Ok(Some(Self {
            name,
            subscription: Subscription::new(&types, settings.destination(listener.port()))
                .buffering(settings.buffering(config, joins)),
            delivers,
            joined: joins.then(Joined::default),
            holding: Holding::default(),
            subscribed: false,
            last: None,
            deadline_ms: 0,
            serving: Some(listener.serve(inbox.clone())),
            inbox,
        }))
    }

    /// Subscribes. A platform without telemetry, which local ones are, is no failure.
    async fn subscribe(&mut self, client: &RegisteredClient) -> Result<(), ClientError> {
        let subscribed = client.subscribe(&self.subscription).await?;
        self.subscribed = subscribed != Subscribed::NotSupported;
        if self.joined.is_some() && subscribed == Subscribed::Confirmed {
            self.holding.begin();
        }
        let what = match subscribed {
            Subscribed::Confirmed => {
                story!(
                    debug,
                    extension = self.name,
                    subscription = ?self.subscription,
                    "subscribed to telemetry"
                );
                return Ok(());
            }
            Subscribed::Unconfirmed => "takes the telemetry subscription without a word",
            Subscribed::NotSupported => "has no telemetry",
        };
        let but = if self.joined.is_some() {
            ", and no event is held back for `runtime_done`"
        } else {
            ""
        };
        let text = format!("this platform {what}: none is expected{but}");
        say::warn(&self.name, text);
        Ok(())
    }

    /// An invocation has begun. Call it when its event has just come.
    fn begin(&mut self, event: &InvokeEvent) -> Option<Hold> {
        self.last = Some(event.request_id.clone());
        self.deadline_ms = event.deadline_ms;
        self.inbox.begin(&event.request_id);
        self.joined.as_mut()?.begin(&event.request_id);
        Hold::on(event).filter(|_| self.holding.is_on())
    }

    /// What is to be handed over next. The end of an invocation waits here until that has begun.
    /// Cancel safe.
    async fn take(&mut self) -> Item {
        if let Some(done) = self.joined.as_mut().and_then(Joined::due) {
            return self.due(done);
        }
        loop {
            match (self.inbox.take().await, &mut self.joined) {
                (Item::RuntimeDone(done), Some(joined)) => {
                    self.holding.end_came();
                    if let Some(done) = joined.end(done) {
                        return self.due(done);
                    }
                }
                (item, _) => return item,
            }
        }
    }

    /// What is to be handed over next at SHUTDOWN, until nothing more is expected.
    async fn take_last(&mut self, end: Instant) -> Option<Item> {
        if let Some(done) = self.joined.as_mut().and_then(Joined::left) {
            return Some(self.due(done));
        }
        while Instant::now() < end {
            let mut item = self.inbox.try_take();
            if item.is_none() {
                if self.is_complete() {
                    return None;
                }
                let quiet = budget::in_time(budget::QUIET, self.inbox.take());
                item = timeout_at(end, quiet).await.ok()?.ok();
            }
            if let (Some(Item::RuntimeDone(done)), Some(joined)) = (&item, &mut self.joined) {
                joined.close(done);
            }
            // While a batch is on its way it is not quiet.
            if item.is_some() || !self.inbox.is_receiving() {
                return Some(match item? {
                    Item::RuntimeDone(done) => self.due(done),
                    Item::Batch(batch) => Item::Batch(batch),
                });
            }
        }
        None
    }

    /// The next invocation has begun: if the end of the last one has not come, waiting for more may
    /// be in vain.
    fn check_end_of(&mut self, hold: &Hold) {
        let in_time = hold.has_seen_end() || self.inbox.has_end_of(&hold.request_id);
        if let Some(therefore) = self.holding.next_came(in_time) {
            let text = format!(
                "no runtimeDone of {} has come in time: {therefore}",
                hold.request_id
            );
            say::warn(&self.name, text);
        }
    }

    /// SHUTDOWN has come.
    fn end(&mut self, event: &ShutdownEvent) {
        self.deadline_ms = event.deadline_ms;
    }

    /// The batch has been handled: its memory is the next one's.
    fn done_with(&self, batch: TelemetryBatch) {
        self.inbox.done_with(batch);
    }

    /// The batch has not been handled to its end: the handler is told.
    fn drop_batch(&self, batch: &TelemetryBatch) {
        self.inbox.drop_batch(batch);
    }

    /// Receives nothing more, and says what the handler has not got and is not going to be told.
    fn close(&mut self) {
        if self.serving.take().is_none() {
            return;
        }
        let (lost, ends) = self.inbox.close();
        if lost.records > 0 {
            let text = format!(
                "{} events of telemetry ({} bytes) were not handed over",
                lost.records, lost.bytes
            );
            say::warn(&self.name, text);
        }
        if ends > 0 {
            let text = format!("{ends} ends of invocations were not handed over");
            say::warn(&self.name, text);
        }
    }
}

impl Feed {
    /// An end that is handed over now.
    fn due(&self, mut done: Box<RuntimeDone>) -> Item {
        done.deadline_ms = self.deadline_ms;
        Item::RuntimeDone(done)
    }

    /// Whether everything is in.
    fn is_complete(&self) -> bool {
        if !self.subscribed {
            return true;
        }
        if !self.delivers {
            return self.joined.as_ref().is_none_or(Joined::is_complete);
        }
        let last = self.last.as_ref();
        last.is_some_and(|request_id| self.inbox.has_report_of(request_id))
    }
}
