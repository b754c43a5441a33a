//! What is done beside the events.

use std::future::pending;
use std::pin::pin;

use futures_util::future::select;

use super::handling::Handling;
use super::policy::Policy;
use super::pulse::Pulse;
use super::telemetry::Telemetry;
use super::ticker::Ticker;
use crate::tasks::Supervisor;
use crate::telemetry::{Item, TelemetryBatch};
use crate::{Handler, Method, RunError};

pub(super) enum Work {
    /// Telemetry is handed over.
    Item(Item),
    Tick,
    /// A task of the author's has failed.
    Failure(RunError),
}

/// Waits for something to do. Cancel safe.
pub(super) async fn next_work<T: Telemetry>(
    feed: Option<&mut T>,
    ticker: Option<&Ticker>,
    tasks: &mut Supervisor,
) -> Work {
    let failure = pin!(async { Work::Failure(tasks.failure().await) });
    // Before telemetry, which may come without a pause.
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
    let beside = pin!(async { select(tick, item).await.factor_first().0 });
    select(failure, beside).await.factor_first().0
}

impl Work {
    /// The batch that it is, if it is one.
    pub(super) fn batch(&self) -> Option<TelemetryBatch> {
        match self {
            Self::Item(item) => item.batch(),
            Self::Tick | Self::Failure(_) => None,
        }
    }

    /// Does it; after a freeze, the handler hears of that first.
    pub(super) async fn run<H: Handler>(
        self,
        policy: &Policy,
        handling: &mut Handling<'_, H>,
        pulse: Option<&Pulse>,
    ) -> Result<(), RunError> {
        thaw(handling, pulse).await?;
        match self {
            Self::Item(Item::Batch(batch)) => {
                let call = async |handler: &mut H| handler.telemetry(batch).await;
                handling.call(Method::Telemetry, call).await
            }
            Self::Item(Item::RuntimeDone(done)) => {
                let call = async |handler: &mut H| handler.runtime_done(*done).await;
                handling.call(Method::RuntimeDone, call).await
            }
            Self::Tick => handling.call(Method::Tick, H::tick).await,
            Self::Failure(error) => policy.forgive(error).map(drop),
        }
    }
}

/// Tells the handler of a freeze, if there was one.
pub(super) async fn thaw<H: Handler>(
    handling: &mut Handling<'_, H>,
    pulse: Option<&Pulse>,
) -> Result<(), RunError> {
    let Some(frozen_for) = pulse.and_then(Pulse::thawed) else {
        return Ok(());
    };
    let call = async |handler: &mut H| handler.thawed(frozen_for).await;
    handling.call(Method::Thawed, call).await
}
