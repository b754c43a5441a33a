//! The author's code as the lifecycle calls it: a panic is an error, and signals and failed tasks are noticed.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use super::failure_policy::FailurePolicy;
use crate::error::{Error, RunError};
use crate::method::Method;
use crate::panic::Panic;
use crate::process::Process;
use crate::tasks::Supervisor;

/// Runs the author's work. Once a signal has come, the work has a time limit.
pub(super) async fn until_signal<W>(
    process: &mut Process,
    method: Method,
    work: W,
) -> Result<W::Output, RunError>
where
    W: Future + Unpin,
{
    let limit = process.signal_budget().method;
    match select(work, pin!(process.signal())).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right((signal, work)) => timeout(limit, work)
            .await
            .map_err(|_| RunError::Interrupted { method, signal }),
    }
}

/// Runs the work, unless a task fails in the meantime.
pub(super) async fn until_task_fails<W, E: From<RunError>>(
    policy: &FailurePolicy,
    tasks: &mut Supervisor,
    mut work: Pin<&mut impl Future<Output = Result<W, E>>>,
) -> Result<W, E> {
    loop {
        match select(work.as_mut(), pin!(tasks.failure())).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right((error, _)) => policy.tolerate(error)?,
        }
    }
}

/// Runs a method of the handler, and returns a panic as an error. If the method is cancelled, a panic of a
/// destructor is left in `on_cancel`.
pub(super) async fn catch_panic<T, F>(
    method: Method,
    on_cancel: &RefCell<Option<Panic>>,
    call: impl FnOnce() -> F,
) -> Result<T, RunError>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut work = pin!(Some(async { call().await }));
    let mut work = Contained {
        work: work.as_mut(),
        on_cancel,
    };
    // The handler is not called again after a panic.
    match AssertUnwindSafe(work.run()).catch_unwind().await {
        Ok(result) => result.map_err(|source| RunError::Failed { method, source }),
        Err(payload) => Err(RunError::Panicked {
            method,
            panic: Panic::caught(payload),
        }),
    }
}

/// The author's work, whose destructors may panic when it is cancelled.
struct Contained<'a, F> {
    work: Pin<&'a mut Option<F>>,
    on_cancel: &'a RefCell<Option<Panic>>,
}

impl<F: Future> Contained<'_, F> {
    async fn run(&mut self) -> F::Output {
        match self.work.as_mut().as_pin_mut() {
            Some(work) => work.await,
            None => pending().await,
        }
    }
}

impl<F> Drop for Contained<'_, F> {
    fn drop(&mut self) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.work.set(None))) {
            self.on_cancel.replace(Some(Panic::caught(payload)));
        }
    }
}
