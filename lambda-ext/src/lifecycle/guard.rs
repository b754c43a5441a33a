//! The author's methods, as the event loop calls them: a panic is an error, a signal is heard.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use crate::panic::Panic;
use crate::process::Process;
use crate::{Error, Method, RunError};

/// Waits for the author's work; once a signal has come, only for a while.
pub(super) async fn attend<W>(
    process: &mut Process,
    method: Method,
    work: W,
) -> Result<W::Output, RunError>
where
    W: Future + Unpin,
{
    let budget = process.after_signal().method;
    match select(work, pin!(process.signal())).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right((signal, work)) => timeout(budget, work)
            .await
            .map_err(|_| RunError::Interrupted { method, signal }),
    }
}

/// Runs a method of the handler, and makes an error of a panic. One of a destructor, where the method
/// is cut, is left there.
pub(super) async fn guard<T, F>(
    method: Method,
    cut: &RefCell<Option<Panic>>,
    call: impl FnOnce() -> F,
) -> Result<T, RunError>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut work = pin!(Some(async { call().await }));
    let mut work = Contained {
        work: work.as_mut(),
        cut,
    };
    // Nothing calls the handler after a panic.
    match AssertUnwindSafe(work.done()).catch_unwind().await {
        Ok(result) => result.map_err(|source| RunError::Failed { method, source }),
        Err(payload) => Err(RunError::Panicked {
            method,
            panic: Panic::caught(payload),
        }),
    }
}

/// The author's work, whose destructors may panic where it is cut.
struct Contained<'a, F> {
    work: Pin<&'a mut Option<F>>,
    cut: &'a RefCell<Option<Panic>>,
}

impl<F: Future> Contained<'_, F> {
    async fn done(&mut self) -> F::Output {
        match self.work.as_mut().as_pin_mut() {
            Some(work) => work.await,
            None => pending().await,
        }
    }
}

impl<F> Drop for Contained<'_, F> {
    fn drop(&mut self) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.work.set(None))) {
            self.cut.replace(Some(Panic::caught(payload)));
        }
    }
}
