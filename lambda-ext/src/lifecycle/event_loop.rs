//! The event loop: one task, which calls one method of the handler at a time.

use std::pin::pin;
use std::time::SystemTime;

use futures_util::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout, timeout_at};

use super::guard::{attend, guard};
use super::hold::Hold;
use super::telemetry::Telemetry;
use crate::budget::{self, ShutdownBudget};
use crate::event::millis_ahead;
use crate::process::Process;
use crate::telemetry::Item;
use crate::{
    ClientError, Event, Handler, InvokeEvent, Method, RegisteredClient, RunError, ShutdownEvent,
    ShutdownReason, stderr,
};

pub(super) struct EventLoop<'a, T, H> {
    pub(super) client: &'a mut RegisteredClient,
    pub(super) process: &'a mut Process,
    pub(super) handler: &'a mut H,
    pub(super) feed: &'a mut Option<T>,
}

impl<T: Telemetry, H: Handler> EventLoop<'_, T, H> {
    /// Until SHUTDOWN, after which no event is asked for.
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let mut hold = None;
        loop {
            match self.wait(hold.take()).await? {
                Ok(Next::Invoke(event)) => hold = self.invoke(event).await?,
                Ok(Next::Shutdown(event, budget)) => return self.shutdown(event, budget).await,
                // The platform adds things; that we do not know this one is no reason to fail.
                Err(unknown @ ClientError::UnknownEvent(_)) => {
                    stderr::line(self.client.name(), format_args!("{unknown}, skipped"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the next event, once nothing holds it back, and hands over telemetry meanwhile.
    async fn wait(&mut self, hold: Option<Hold>) -> Result<Result<Next, ClientError>, RunError> {
        let Self {
            client,
            process,
            handler,
            feed,
        } = self;
        let hold = hold.as_ref();
        let mut coming = pin!(next(client, process, hold));
        let Some(feed) = feed else {
            return Ok(coming.await);
        };
        let event = loop {
            let item = match select(coming.as_mut(), pin!(feed.take())).await {
                Either::Left((event, _)) => break event,
                Either::Right((item, _)) => item,
            };
            if let (Some(hold), Item::RuntimeDone(done)) = (hold, &item) {
                hold.saw_end_of(done.request_id());
            }
            let batch = item.batch();
            let began = Instant::now();
            let work = pin!(hand_over(*handler, item));
            match select(work, coming.as_mut()).await {
                Either::Left((result, _)) => result?,
                Either::Right((event, work)) => {
                    let deadline = event.as_ref().ok().map(Next::deadline);
                    let budget = budget::after_event(deadline);
                    match timeout(budget, work).await {
                        Ok(result) => result?,
                        Err(_) => feed.cut(batch, began.elapsed()),
                    }
                    break event;
                }
            }
            if let Some(hold) = hold {
                hold.handled();
            }
            // What is queued keeps this task busy: the connections have their turns in between.
            yield_now().await;
        };
        if let (Some(hold), Ok(Next::Invoke(_))) = (hold, &event) {
            feed.check_end_of(hold);
        }
        Ok(event)
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<Option<Hold>, RunError> {
        let hold = self.feed.as_mut().and_then(|feed| feed.begin(&event));
        let work = pin!(guard(Method::Invoke, || self.handler.invoke(event)));
        // A signal that cut it is still there: the loop meets it before the next event.
        if let Ok(result) = attend(self.process, Method::Invoke, work).await {
            result?;
        }
        Ok(hold)
    }

    async fn shutdown(
        &mut self,
        event: ShutdownEvent,
        budget: ShutdownBudget,
    ) -> Result<(), RunError> {
        self.drain(budget.telemetry).await?;
        let began = Instant::now();
        let work = guard(Method::Shutdown, || self.handler.shutdown(event));
        timeout_at(budget.handler, work).await.unwrap_or_else(|_| {
            let after = began.elapsed().as_millis();
            stderr::line(
                self.client.name(),
                format_args!("`shutdown` was cut after {after} ms, to leave before the deadline"),
            );
            Ok(())
        })
    }

    /// Hands over what has come and what still comes.
    async fn drain(&mut self, end: Instant) -> Result<(), RunError> {
        let Some(feed) = self.feed else {
            return Ok(());
        };
        while let Some(item) = feed.take_last(end).await {
            let batch = item.batch();
            let began = Instant::now();
            let work = timeout_at(end, hand_over(&mut *self.handler, item));
            let Ok(result) = work.await else {
                feed.cut(batch, began.elapsed());
                break;
            };
            result?;
            yield_now().await;
        }
        feed.close();
        Ok(())
    }
}

async fn hand_over<H: Handler>(handler: &mut H, item: Item) -> Result<(), RunError> {
    match item {
        Item::Batch(batch) => guard(Method::Telemetry, || handler.telemetry(batch)).await,
        Item::RuntimeDone(done) => guard(Method::RuntimeDone, || handler.runtime_done(*done)).await,
    }
}

/// What comes next.
enum Next {
    Invoke(InvokeEvent),
    /// With what it leaves time for, from when it came.
    Shutdown(ShutdownEvent, ShutdownBudget),
}

impl Next {
    fn deadline(&self) -> SystemTime {
        match self {
            Self::Invoke(event) => event.deadline(),
            Self::Shutdown(event, _) => event.deadline(),
        }
    }
}

/// The next event; a signal that has come stands for SHUTDOWN.
async fn next(
    client: &mut RegisteredClient,
    process: &mut Process,
    hold: Option<&Hold>,
) -> Result<Next, ClientError> {
    let event = pin!(async {
        if let Some(hold) = hold {
            hold.over().await;
        }
        client.next_event().await
    });
    let event = match process.stopped() {
        Some(signal) => Ok(Event::Shutdown(after(signal))),
        None => match select(event, pin!(process.signal())).await {
            Either::Left((event, _)) => event,
            Either::Right((signal, _)) => Ok(Event::Shutdown(after(signal))),
        },
    };
    Ok(match event? {
        Event::Invoke(event) => Next::Invoke(event),
        Event::Shutdown(event) => {
            let budget = ShutdownBudget::of(&event);
            // From here on, because a method that runs may block the thread.
            process.watch(budget.watchdog);
            Next::Shutdown(event, budget)
        }
    })
}

/// The SHUTDOWN that a signal stands for.
fn after(signal: &str) -> ShutdownEvent {
    ShutdownEvent {
        shutdown_reason: ShutdownReason::Other(signal.to_owned()),
        deadline_ms: millis_ahead(budget::SHUTDOWN_PHASE),
    }
}
