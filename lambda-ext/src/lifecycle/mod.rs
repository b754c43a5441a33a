//! The life of an extension, in two states: it [starts](start), and then handles events until SHUTDOWN.
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
use self::start::start;
use self::telemetry_source::TelemetrySource;
use crate::error::{Error, RunError};
use crate::handler::Handler;
use crate::register::Register;
use crate::tasks::{Supervisor, supervised};

/// The rest of an extension's life, or all of it.
pub(crate) type Run<'a, H> = Pin<Box<dyn Future<Output = Result<RunOutcome<H>, RunError>> + 'a>>;

/// Runs an extension: [starts](start) it and handles events until SHUTDOWN.
///
/// Boxed here, where the handler's `CONFIG` is known: one `async` function for both sources would carry the
/// code and the memory of telemetry even if the handler takes none.
pub(crate) fn run<'a, H: Handler, P: 'a>(
    context: Context,
    prepare: impl Future<Output = Result<P, Error>> + 'a,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error> + 'a,
) -> Run<'a, H> {
    if H::CONFIG.wants_telemetry() {
        Box::pin(supervised(|tasks| {
            run_with::<H, ActiveTelemetry, P>(context, tasks, prepare, create)
        }))
    } else {
        Box::pin(supervised(|tasks| {
            run_with::<H, Infallible, P>(context, tasks, prepare, create)
        }))
    }
}

async fn run_with<H: Handler, T: TelemetrySource, P>(
    context: Context,
    tasks: Supervisor,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<RunOutcome<H>, RunError> {
    let started = start::<H, T, P>(context, tasks, prepare, create).await?;
    started.run().await
}

/// Starts an extension for a handler that exists, and returns the rest of its life.
pub(crate) async fn start_handler<H: Handler>(
    context: Context,
    handler: H,
) -> Result<Run<'static, H>, RunError> {
    if H::CONFIG.wants_telemetry() {
        start_handler_with::<H, ActiveTelemetry>(context, handler).await
    } else {
        start_handler_with::<H, Infallible>(context, handler).await
    }
}

async fn start_handler_with<H: Handler, T: TelemetrySource + 'static>(
    context: Context,
    handler: H,
) -> Result<Run<'static, H>, RunError> {
    let prepare = async { Ok(handler) };
    let create = async |handler, _: &_| Ok(handler);
    // Boxed, because the caller's future would have room for it.
    let starting = supervised(|tasks| start::<H, T, H>(context, tasks, prepare, create));
    let started = Box::pin(starting).await?;
    let tasks = started.tasks.handle();
    Ok(Box::pin(tasks.scope(started.run())))
}
