//! What is done beside the events.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use futures_util::future::select;
use tokio::time::Instant;

use super::handling::Handling;
use super::pulse::Pulse;
use super::telemetry::Telemetry;
use super::ticker::Ticker;
use crate::say::{Span, story};
use crate::tasks::Supervisor;
use crate::telemetry::{Item, TelemetryBatch};
use crate::{Handler, Method, RunError, budget};

/// Why it is cut.
pub(super) const WAITS: &str = "for the event that waits";

pub(super) enum Work {
    /// Telemetry is handed over.
    Item(Item),
    Tick,
    /// The environment was frozen for this time.
    Thaw(Duration),
    /// A task of the author's has failed.
    Failure(RunError),
}

/// Waits for something to do. Cancel safe.
pub(super) async fn next_work<T: Telemetry>(
    pulse: Option<&Pulse>,
    ticker: Option<&Ticker>,
    feed: Option<&mut T>,
    tasks: &mut Supervisor,
) -> Work {
    // Before whatever has ended the freeze.
    let thaw = pin!(poll_fn(|_| match pulse.and_then(Pulse::thawed) {
        Some(frozen_for) => Poll::Ready(Work::Thaw(frozen_for)),
        None => Poll::Pending,
    }));
    // Before telemetry, which may come without a pause; a tick leaves one.
    let tick = pin!(async {
        match ticker {
            Some(ticker) => ticker.due().await,
            None => pending().await,
        }
        Work::Tick
    });
    let item = pin!(async {
        match feed {
            Some(feed) => Work::Item(feed.take().await),
            None => pending().await,
        }
    });
    let failure = pin!(async { Work::Failure(tasks.failure().await) });
    let timed = pin!(async { select(thaw, tick).await.factor_first().0 });
    let other = pin!(async { select(item, failure).await.factor_first().0 });
    select(timed, other).await.factor_first().0
}

impl Work {
    /// The batch that it is, if it is one.
    pub(super) fn batch(&self) -> Option<TelemetryBatch> {
        match self {
            Self::Item(item) => item.batch(),
            Self::Thaw(_) | Self::Tick | Self::Failure(_) => None,
        }
    }

    pub(super) async fn run<H: Handler>(
        self,
        handling: &mut Handling<'_, H>,
    ) -> Result<(), RunError> {
        match self {
            Self::Item(Item::Batch(batch)) => {
                if !handling.policy.comes_back(Method::Telemetry) {
                    story!(
                        trace,
                        extension = handling.policy.name,
                        bytes = batch.as_str().len(),
                        "telemetry is handed over"
                    );
                }
                let call = async |handler: &mut H| handler.telemetry(batch).await;
                handling.call(Method::Telemetry, call).await
            }
            Self::Item(Item::RuntimeDone(done)) => {
                let span = Span::runtime_done(done.request_id());
                let call = async |handler: &mut H| span.around(handler.runtime_done(*done)).await;
                handling.call(Method::RuntimeDone, call).await
            }
            Self::Tick => handling.call(Method::Tick, H::tick).await,
            Self::Thaw(frozen_for) => {
                let call = async |handler: &mut H| handler.thawed(frozen_for).await;
                handling.call(Method::Thawed, call).await
            }
            Self::Failure(error) => handling.task_failed(error),
        }
    }
}

/// Tells the handler of a freeze that an event has ended, if there was one.
pub(super) async fn thaw<H: Handler>(
    handling: &mut Handling<'_, H>,
    pulse: Option<&Pulse>,
    deadline: SystemTime,
) -> Result<(), RunError> {
    let Some(frozen_for) = pulse.and_then(Pulse::thawed) else {
        return Ok(());
    };
    let thaw = async |handling: &mut Handling<'_, H>| Work::Thaw(frozen_for).run(handling).await;
    let until = Instant::now() + budget::after_event(Some(deadline));
    handling.until(Some(until), WAITS, thaw).await
}
