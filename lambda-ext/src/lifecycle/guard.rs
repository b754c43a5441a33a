//! The author's methods, as the event loop calls them: a panic is an error, a signal is heard.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use crate::panic::Panic;
use crate::process::Process;
use crate::{Error, Method, RunError, budget};

/// Waits for the author's work; once a signal has come, only for a while.
pub(super) async fn attend<W>(
    process: &mut Process,
    method: Method,
    work: W,
) -> Result<W::Output, RunError>
where
    W: Future + Unpin,
{
    match select(work, pin!(process.signal())).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right((signal, work)) => timeout(budget::AFTER_SIGNAL, work)
            .await
            .map_err(|_| RunError::Interrupted { method, signal }),
    }
}

/// Runs a method of the handler, and makes an error of a panic.
pub(super) async fn guard<T, F>(method: Method, call: impl FnOnce() -> F) -> Result<T, RunError>
where
    F: Future<Output = Result<T, Error>>,
{
    // Nothing calls the handler after a panic.
    match AssertUnwindSafe(async { call().await })
        .catch_unwind()
        .await
    {
        Ok(result) => result.map_err(|source| RunError::Failed { method, source }),
        Err(payload) => Err(RunError::Panicked {
            method,
            panic: Panic::caught(&*payload),
        }),
    }
}
