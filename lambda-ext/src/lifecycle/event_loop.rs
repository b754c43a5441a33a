//! The event loop: one task, which calls one method of the handler at a time.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout, timeout_at};

use super::action::{Action, EVENT_WAITS, next_action, thaw};
use super::freeze_detector::FreezeDetector;
use super::guard::until_signal;
use super::handler_slot::{HandlerSlot, RunOutcome};
use super::telemetry_source::TelemetrySource;
use super::ticker::Ticker;
use crate::budget::{self, ShutdownBudget};
use crate::client::{RegisteredClient, ReportKind};
use crate::diagnostics::{self, InvocationSpan, lifecycle_event};
use crate::error::{ClientError, RunError};
use crate::event::{Event, InvokeEvent, ShutdownEvent, ShutdownReason, millis_ahead};
use crate::handler::Handler;
use crate::method::Method;
use crate::process::Process;
use crate::tasks::Supervisor;

/// The reason for which methods are cancelled at SHUTDOWN.
const SHUTDOWN_ENDS: &str = "the extension must exit before the deadline";

/// An extension that has registered, subscribed and made its handler, and has not requested an event yet.
pub(super) struct Started<H, T> {
    pub(super) client: RegisteredClient,
    pub(super) process: Process,
    pub(super) tasks: Supervisor,
    pub(super) handler: HandlerSlot<H>,
    pub(super) telemetry: Option<T>,
    pub(super) ticker: Option<Ticker>,
    pub(super) freezes: Option<FreezeDetector>,
}

impl<H: Handler, T: TelemetrySource> Started<H, T> {
    /// Handles events until SHUTDOWN. Failures here are exit errors.
    pub(super) async fn run(mut self) -> Result<RunOutcome<H>, RunError> {
        let reporter = self.client.error_reporter();
        self.process.report_panics(&reporter, ReportKind::ExitError);
        lifecycle_event!(debug, extension = self.client.name(), "initialised");
        let mut outcome = self.handle_events().await;
        self.handler.close();
        if let Err(error) = outcome {
            let error = self.process.failed(error);
            self.telemetry.as_mut().map(T::close);
            let _ = reporter
                .report(ReportKind::ExitError, &error.report())
                .await;
            outcome = Err(error);
        }
        let handler = self.handler.into_outcome();
        outcome.map(|()| handler)
    }

    async fn handle_events(&mut self) -> Result<(), RunError> {
        loop {
            // The failure of a task until now does not belong to the next invocation.
            self.check_tasks()?;
            match self.wait().await? {
                Ok(Next::Invoke(event)) => self.invoke(event).await?,
                Ok(Next::Shutdown(event, budget)) => {
                    self.shutdown(event, budget).await?;
                    return self.check_tasks();
                }
                // The platform may add types of events.
                Err(unknown @ ClientError::UnknownEvent(_)) => {
                    diagnostics::warn(self.client.name(), format_args!("{unknown}, skipped"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the next event, and runs actions meanwhile.
    async fn wait(&mut self) -> Result<Result<Next, ClientError>, RunError> {
        let Self {
            client,
            process,
            tasks,
            handler,
            telemetry,
            ticker,
            freezes,
        } = self;
        let (telemetry, freezes) = (telemetry.as_ref(), freezes.as_ref());
        let mut next = pin!(next(client, process, telemetry, freezes));
        loop {
            if handler.is_retired() {
                // Telemetry is still received, because the platform would go on sending it.
                telemetry.inspect(|telemetry| telemetry.stop_holding());
                *ticker = None;
            }
            let action = {
                let action = pin!(next_action(freezes, ticker.as_ref(), telemetry, tasks));
                match select(next.as_mut(), action).await {
                    Either::Left((event, _)) => return Ok(event),
                    Either::Right((action, _)) => action,
                }
            };
            let is_tick = matches!(action, Action::Tick);
            if is_tick {
                ticker.as_mut().map(Ticker::begin);
            }
            let receipt = telemetry.zip(action.receipt());
            let (event, outcome) = {
                let running = pin!(action.run(handler));
                match select(running, next.as_mut()).await {
                    Either::Left((result, _)) => (None, Ok(result)),
                    Either::Right((event, running)) => {
                        let deadline = event.as_ref().ok().map(Next::deadline);
                        let limit = budget::after_event(deadline);
                        (Some(event), timeout(limit, running).await)
                    }
                }
            };
            if let Ok(result) = outcome {
                result?;
                if let Some((telemetry, receipt)) = receipt {
                    telemetry.handled(receipt);
                }
            } else {
                if let Some((telemetry, receipt)) = receipt {
                    telemetry.cancelled(&receipt);
                }
                handler.cancelled(EVENT_WAITS)?;
            }
            if is_tick {
                ticker.as_mut().map(Ticker::end);
            }
            if let Some(event) = event {
                return Ok(event);
            }
            // Queued actions keep this task busy: connections have their turns in between.
            yield_now().await;
        }
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), RunError> {
        let Self {
            process,
            handler,
            telemetry,
            freezes,
            ..
        } = self;
        if let Some(telemetry) = telemetry {
            if handler.is_retired() {
                telemetry.stop_holding();
            }
            telemetry.begin_invocation(&event);
        }
        lifecycle_event!(
            debug,
            extension = self.client.name(),
            requestId = event.request_id,
            timeout = ?event.timeout(),
            "INVOKE"
        );
        let deadline = budget::invoke(&event);
        let calls = async |handler: &mut HandlerSlot<H>| {
            thaw(handler, freezes.as_ref(), event.deadline()).await?;
            let span = InvocationSpan::invoke(&event);
            let invoke = async |handler: &mut H| span.instrument(handler.invoke(event)).await;
            handler.call(Method::Invoke, invoke).await
        };
        let outcome = {
            let invoking = pin!(handler.call_until(deadline, "its deadline is near", calls));
            until_signal(process, Method::Invoke, invoking).await
        };
        match outcome {
            Ok(outcome) => outcome,
            // The signal is still there: the loop handles it before the next event.
            Err(_) => handler.cancelled("a signal ends the extension"),
        }
    }

    async fn shutdown(
        &mut self,
        event: ShutdownEvent,
        budget: ShutdownBudget,
    ) -> Result<(), RunError> {
        lifecycle_event!(
            debug,
            extension = self.client.name(),
            reason = %event.shutdown_reason,
            timeout = ?event.timeout(),
            "SHUTDOWN"
        );
        let freezes = self.freezes.as_ref();
        thaw(&mut self.handler, freezes, event.deadline()).await?;
        self.drain(&event, budget.telemetry).await?;
        let call = async |handler: &mut HandlerSlot<H>| {
            let shutdown = async |handler: &mut H| handler.shutdown(event).await;
            handler.call(Method::Shutdown, shutdown).await
        };
        let deadline = Some(budget.handler);
        self.handler.call_until(deadline, SHUTDOWN_ENDS, call).await
    }

    /// Delivers the telemetry that has arrived and that still arrives.
    async fn drain(&mut self, event: &ShutdownEvent, deadline: Instant) -> Result<(), RunError> {
        let Some(telemetry) = &mut self.telemetry else {
            return Ok(());
        };
        telemetry.begin_shutdown(event);
        while !self.handler.is_retired() {
            let Some(item) = telemetry.take_last(deadline).await else {
                break;
            };
            let receipt = item.receipt();
            let running = Action::Deliver(item).run(&mut self.handler);
            let Ok(result) = timeout_at(deadline, running).await else {
                telemetry.cancelled(&receipt);
                self.handler.cancelled(SHUTDOWN_ENDS)?;
                break;
            };
            result?;
            telemetry.handled(receipt);
            yield_now().await;
        }
        telemetry.close();
        lifecycle_event!(debug, extension = self.client.name(), "telemetry drained");
        Ok(())
    }

    fn check_tasks(&mut self) -> Result<(), RunError> {
        self.tasks.drain(|error| self.handler.task_failed(error))
    }
}

/// The next event.
enum Next {
    Invoke(InvokeEvent),
    /// With its time limits, which count from its arrival.
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

/// Waits for the next event. A signal stands for SHUTDOWN.
async fn next<T: TelemetrySource>(
    client: &mut RegisteredClient,
    process: &mut Process,
    telemetry: Option<&T>,
    freezes: Option<&FreezeDetector>,
) -> Result<Next, ClientError> {
    let event = pin!(async {
        if let Some(telemetry) = telemetry {
            telemetry.invocation_handled().await;
        }
        lifecycle_event!(
            trace,
            extension = client.name(),
            "requesting the next event"
        );
        let Some(freezes) = freezes else {
            return client.next_event().await;
        };
        // Once all extensions have requested their next event, the environment may be frozen.
        freezes.begin();
        let next = pin!(client.next_event());
        let event = match select(next, pin!(freezes.run())).await {
            Either::Left((event, _)) => event,
            Either::Right((never, _)) => match never {},
        };
        freezes.end();
        event
    });
    let limit = process.signal_budget().shutdown;
    let event = match process.received_signal() {
        Some(signal) => Ok(Event::Shutdown(shutdown_after(signal, limit))),
        None => match select(event, pin!(process.signal())).await {
            Either::Left((event, _)) => event,
            Either::Right((signal, _)) => Ok(Event::Shutdown(shutdown_after(signal, limit))),
        },
    };
    Ok(match event? {
        Event::Invoke(event) => Next::Invoke(event),
        Event::Shutdown(event) => {
            let budget = ShutdownBudget::of(&event);
            // From here on, because the method that runs may block the thread.
            process.watch(budget.watchdog);
            Next::Shutdown(event, budget)
        }
    })
}

/// Returns the SHUTDOWN that a signal stands for.
fn shutdown_after(signal: &str, limit: Duration) -> ShutdownEvent {
    ShutdownEvent {
        shutdown_reason: ShutdownReason::Other(signal.to_owned()),
        deadline_ms: millis_ahead(limit),
    }
}
