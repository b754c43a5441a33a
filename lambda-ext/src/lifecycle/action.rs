//! The work of the event loop between events.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use futures_util::future::select;
use tokio::time::Instant;

use super::freeze_detector::FreezeDetector;
use super::handler_slot::HandlerSlot;
use super::telemetry_source::TelemetrySource;
use super::ticker::Ticker;
use crate::budget;
use crate::diagnostics::{InvocationSpan, lifecycle_event};
use crate::error::RunError;
use crate::handler::Handler;
use crate::method::Method;
use crate::tasks::Supervisor;
use crate::telemetry::{Item, Receipt};

/// The reason for which an action is cancelled.
pub(super) const EVENT_WAITS: &str = "an event is waiting";

pub(super) enum Action {
    Deliver(Item),
    Tick,
    /// The environment was frozen for this time.
    Thawed(Duration),
    /// A task of the author's has failed.
    TaskFailed(RunError),
}

/// Waits for something to do. Cancel safe.
pub(super) async fn next_action<T: TelemetrySource>(
    freezes: Option<&FreezeDetector>,
    ticker: Option<&Ticker>,
    telemetry: Option<&T>,
    tasks: &mut Supervisor,
) -> Action {
    // Before the item or event that ended the freeze.
    let thaw = pin!(poll_fn(|_| {
        match freezes.and_then(FreezeDetector::take_freeze) {
            Some(frozen_for) => Poll::Ready(Action::Thawed(frozen_for)),
            None => Poll::Pending,
        }
    }));
    // Before telemetry, which may come without a pause, while ticks leave one.
    let tick = pin!(async {
        match ticker {
            Some(ticker) => ticker.due().await,
            None => pending().await,
        }
        Action::Tick
    });
    let item = pin!(async {
        match telemetry {
            Some(telemetry) => Action::Deliver(telemetry.take().await),
            None => pending().await,
        }
    });
    let failure = pin!(async { Action::TaskFailed(tasks.failure().await) });
    let timed = pin!(async { select(thaw, tick).await.factor_first().0 });
    let other = pin!(async { select(item, failure).await.factor_first().0 });
    select(timed, other).await.factor_first().0
}

impl Action {
    /// Returns what telemetry must know once the action is done.
    pub(super) fn receipt(&self) -> Option<Receipt> {
        match self {
            Self::Deliver(item) => Some(item.receipt()),
            Self::Thawed(_) | Self::Tick | Self::TaskFailed(_) => None,
        }
    }

    pub(super) async fn run<H: Handler>(
        self,
        handler: &mut HandlerSlot<H>,
    ) -> Result<(), RunError> {
        match self {
            Self::Deliver(Item::Batch(batch)) => {
                if !handler.feeds_back(Method::Telemetry) {
                    lifecycle_event!(trace, bytes = batch.as_str().len(), "delivering telemetry");
                }
                let call = async |handler: &mut H| handler.telemetry(batch).await;
                handler.call(Method::Telemetry, call).await
            }
            Self::Deliver(Item::RuntimeDone(done)) => {
                let span = InvocationSpan::runtime_done(done.request_id());
                let call =
                    async |handler: &mut H| span.instrument(handler.runtime_done(*done)).await;
                handler.call(Method::RuntimeDone, call).await
            }
            Self::Tick => handler.call(Method::Tick, H::tick).await,
            Self::Thawed(frozen_for) => {
                let call = async |handler: &mut H| handler.thawed(frozen_for).await;
                handler.call(Method::Thawed, call).await
            }
            Self::TaskFailed(error) => handler.task_failed(error),
        }
    }
}

/// Calls `thawed` if an event has ended a freeze.
pub(super) async fn thaw<H: Handler>(
    handler: &mut HandlerSlot<H>,
    freezes: Option<&FreezeDetector>,
    deadline: SystemTime,
) -> Result<(), RunError> {
    let Some(frozen_for) = freezes.and_then(FreezeDetector::take_freeze) else {
        return Ok(());
    };
    let thaw = async |handler: &mut HandlerSlot<H>| Action::Thawed(frozen_for).run(handler).await;
    let until = Instant::now() + budget::after_event(Some(deadline));
    handler.call_until(Some(until), EVENT_WAITS, thaw).await
}
