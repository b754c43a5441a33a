//! The event loop: one task, which calls one method of the handler at a time.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout, timeout_at};

use super::guard::attend;
use super::handling::Handling;
use super::hold::Hold;
use super::pulse::Pulse;
use super::telemetry::Telemetry;
use super::ticker::Ticker;
use super::work::{WAITS, Work, next_work, thaw};
use crate::budget::{self, ShutdownBudget};
use crate::event::millis_ahead;
use crate::process::Process;
use crate::say::{Span, story};
use crate::tasks::Supervisor;
use crate::telemetry::Item;
use crate::{
    ClientError, Event, Handler, InvokeEvent, Method, RegisteredClient, RunError, ShutdownEvent,
    ShutdownReason, say,
};

/// Why methods are cut at SHUTDOWN.
const LEAVE: &str = "to leave before the deadline";

pub(super) struct EventLoop<'a, 'p, T, H> {
    pub(super) client: &'a mut RegisteredClient,
    pub(super) process: &'a mut Process,
    pub(super) tasks: &'a mut Supervisor,
    pub(super) handling: &'a mut Handling<'p, H>,
    pub(super) feed: &'a mut Option<T>,
    pub(super) ticker: Option<Ticker>,
    pub(super) pulse: Option<Pulse>,
}

impl<T: Telemetry, H: Handler> EventLoop<'_, '_, T, H> {
    /// Until SHUTDOWN, after which no event is asked for.
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let mut hold = None;
        loop {
            // What has failed during an invocation is not the next one's.
            self.tell_of_tasks()?;
            match self.wait(hold.take()).await? {
                Ok(Next::Invoke(event)) => hold = self.invoke(event).await?,
                Ok(Next::Shutdown(event, budget)) => {
                    self.shutdown(event, budget).await?;
                    return self.tell_of_tasks();
                }
                // The platform adds things; that we do not know this one is no reason to fail.
                Err(unknown @ ClientError::UnknownEvent(_)) => {
                    say::warn(self.client.name(), format_args!("{unknown}, skipped"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the next event, once nothing holds it back, and meanwhile does what else there is.
    async fn wait(&mut self, hold: Option<Hold>) -> Result<Result<Next, ClientError>, RunError> {
        let Self {
            client,
            process,
            tasks,
            handling,
            feed,
            ticker,
            pulse,
        } = self;
        let (hold, pulse) = (hold.as_ref(), pulse.as_ref());
        let mut coming = pin!(next(client, process, hold, pulse));
        let event = loop {
            if handling.is_retired() {
                // Telemetry is still taken, because the platform would go on sending it.
                hold.inspect(|hold| hold.give_up());
                *ticker = None;
            }
            let work = {
                let work = pin!(next_work(pulse, ticker.as_ref(), feed.as_mut(), tasks));
                match select(coming.as_mut(), work).await {
                    Either::Left((event, _)) => break event,
                    Either::Right((work, _)) => work,
                }
            };
            let ticks = matches!(work, Work::Tick);
            match &work {
                Work::Item(Item::RuntimeDone(done)) => {
                    hold.inspect(|hold| hold.saw_end_of(done.request_id()));
                }
                Work::Tick => {
                    ticker.as_mut().map(Ticker::begin);
                }
                _ => {}
            }
            let batch = work.batch();
            let (event, done) = {
                let doing = pin!(work.run(handling));
                match select(doing, coming.as_mut()).await {
                    Either::Left((result, _)) => (None, Ok(result)),
                    Either::Right((event, doing)) => {
                        let deadline = event.as_ref().ok().map(Next::deadline);
                        let budget = budget::after_event(deadline);
                        (Some(event), timeout(budget, doing).await)
                    }
                }
            };
            let batch = feed.as_ref().zip(batch);
            if let Ok(result) = done {
                result?;
                if let Some((feed, batch)) = batch {
                    feed.done_with(batch);
                }
            } else {
                if let Some((feed, batch)) = batch {
                    feed.drop_batch(&batch);
                }
                handling.cut(WAITS)?;
            }
            if ticks {
                ticker.as_mut().map(Ticker::end);
            }
            if let Some(event) = event {
                break event;
            }
            if let Some(hold) = hold {
                hold.handled();
            }
            // What is queued keeps this task busy: the connections have their turns in between.
            yield_now().await;
        };
        match (feed, hold, &event) {
            (Some(feed), Some(hold), Ok(Next::Invoke(_))) if !handling.is_retired() => {
                feed.check_end_of(hold);
            }
            _ => {}
        }
        Ok(event)
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<Option<Hold>, RunError> {
        let hold = self.feed.as_mut().and_then(|feed| feed.begin(&event));
        story!(
            debug,
            extension = self.client.name(),
            requestId = event.request_id,
            timeout = ?event.timeout(),
            "INVOKE"
        );
        let until = budget::invoke(&event);
        let pulse = self.pulse.as_ref();
        let calls = async |handling: &mut Handling<'_, H>| {
            thaw(handling, pulse, event.deadline()).await?;
            let span = Span::invoke(&event);
            let invoke = async |handler: &mut H| span.around(handler.invoke(event)).await;
            handling.call(Method::Invoke, invoke).await
        };
        let why = "to be done before the deadline";
        let outcome = {
            let work = pin!(self.handling.until(until, why, calls));
            attend(self.process, Method::Invoke, work).await
        };
        match outcome {
            Ok(outcome) => outcome?,
            // The signal is still there: the loop meets it before the next event.
            Err(_) => self.handling.cut("for the signal")?,
        }
        Ok(hold)
    }

    async fn shutdown(
        &mut self,
        event: ShutdownEvent,
        budget: ShutdownBudget,
    ) -> Result<(), RunError> {
        story!(
            debug,
            extension = self.client.name(),
            reason = %event.shutdown_reason,
            timeout = ?event.timeout(),
            "SHUTDOWN"
        );
        let pulse = self.pulse.as_ref();
        thaw(self.handling, pulse, event.deadline()).await?;
        self.drain(&event, budget.telemetry).await?;
        let call = async |handling: &mut Handling<'_, H>| {
            let shutdown = async |handler: &mut H| handler.shutdown(event).await;
            handling.call(Method::Shutdown, shutdown).await
        };
        let until = Some(budget.handler);
        self.handling.until(until, LEAVE, call).await
    }

    /// Hands over what has come and what still comes.
    async fn drain(&mut self, event: &ShutdownEvent, end: Instant) -> Result<(), RunError> {
        let Some(feed) = self.feed else {
            return Ok(());
        };
        feed.end(event);
        while !self.handling.is_retired() {
            let Some(item) = feed.take_last(end).await else {
                break;
            };
            let work = Work::Item(item);
            let batch = work.batch();
            let doing = work.run(self.handling);
            let Ok(result) = timeout_at(end, doing).await else {
                if let Some(batch) = batch {
                    feed.drop_batch(&batch);
                }
                self.handling.cut(LEAVE)?;
                break;
            };
            result?;
            if let Some(batch) = batch {
                feed.done_with(batch);
            }
            yield_now().await;
        }
        feed.close();
        story!(
            debug,
            extension = self.client.name(),
            "telemetry is taken in"
        );
        Ok(())
    }

    fn tell_of_tasks(&mut self) -> Result<(), RunError> {
        self.tasks.tell(|error| self.handling.task_failed(error))
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
    pulse: Option<&Pulse>,
) -> Result<Next, ClientError> {
    let event = pin!(async {
        if let Some(hold) = hold {
            hold.over().await;
        }
        story!(trace, extension = client.name(), "asks for the next event");
        let Some(pulse) = pulse else {
            return client.next_event().await;
        };
        // Once all have asked for their next event, the environment may be frozen.
        pulse.begin();
        let next = pin!(client.next_event());
        let event = match select(next, pin!(pulse.beat())).await {
            Either::Left((event, _)) => event,
            Either::Right((never, _)) => match never {},
        };
        pulse.end();
        event
    });
    let budget = process.after_signal().shutdown;
    let event = match process.stopped() {
        Some(signal) => Ok(Event::Shutdown(after(signal, budget))),
        None => match select(event, pin!(process.signal())).await {
            Either::Left((event, _)) => event,
            Either::Right((signal, _)) => Ok(Event::Shutdown(after(signal, budget))),
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
fn after(signal: &str, budget: Duration) -> ShutdownEvent {
    ShutdownEvent {
        shutdown_reason: ShutdownReason::Other(signal.to_owned()),
        deadline_ms: millis_ahead(budget),
    }
}
