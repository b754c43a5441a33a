//! The life of an extension, in two states: it [starts](start::start), and then handles events until SHUTDOWN.
//!
//! This is the only place that chooses between init error and exit error.

mod action;
mod active_telemetry;
mod event_loop;
mod failure_policy;
mod freeze_detector;
mod guard;
mod handler_slot;
mod prepare;
mod start;
mod telemetry_source;
mod ticker;
mod time_limit;

use std::convert::Infallible;
use std::pin::Pin;

use self::active_telemetry::ActiveTelemetry;
pub(crate) use self::handler_slot::RunOutcome;
pub(crate) use self::start::Context;
use self::telemetry_source::TelemetrySource;
use crate::error::{Error, RunError};
use crate::handler::Handler;
use crate::register::Register;

/// Handles events until SHUTDOWN.
pub(crate) type Run<H> = Pin<Box<dyn Future<Output = Result<RunOutcome<H>, RunError>>>>;

/// Starts an extension, with telemetry if the handler takes some. Returns the rest of its life.
///
/// Boxed here, where the handler's `CONFIG` is known: one `async` function for both would carry the code and
/// the memory of telemetry even if it takes none.
pub(crate) fn start<'a, H: Handler, P: 'a>(
    context: Context,
    prepare: impl Future<Output = Result<P, Error>> + 'a,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error> + 'a,
) -> Pin<Box<dyn Future<Output = Result<Run<H>, RunError>> + 'a>> {
    if H::CONFIG.wants_telemetry() {
        Box::pin(start_with::<H, ActiveTelemetry, P>(
            context, prepare, create,
        ))
    } else {
        Box::pin(start_with::<H, Infallible, P>(context, prepare, create))
    }
}

async fn start_with<H: Handler, T: TelemetrySource + 'static, P>(
    context: Context,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<Run<H>, RunError> {
    let started = start::start::<H, T, P>(context, prepare, create).await?;
    Ok(Box::pin(started.run()))
}
