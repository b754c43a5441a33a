//! Internal extensions: those that live in the function's own process, beside its runtime.

use std::fmt;
use std::pin::pin;

use futures_util::future::{Either, select};

use crate::error::{Error, RunError};
use crate::event::EventType;
use crate::extension::Extension;
use crate::handler::Handler;
use crate::lifecycle::{self, Run};
use crate::process::Process;

/// Registers `handler` as an internal extension of this name, in the function's own process.
///
/// [`Extension::register_internal`] says what that is, and does the same with what the builder sets.
///
/// # Errors
/// As for [`Extension::register_internal`].
pub async fn register_internal<H: Handler>(
    name: impl Into<String>,
    handler: H,
) -> Result<InternalExtension<H>, RunError> {
    let extension = Extension::builder().name(name).build()?;
    extension.register_internal(handler).await
}

impl Extension {
    /// Registers this as an [internal extension], one in the function's own process, and calls the
    /// handler's `init`.
    ///
    /// Do this before the function's runtime asks for its first invocation, which closes the
    /// registration; then [run it beside the runtime](InternalExtension::run_beside). It is an
    /// extension as any other, by telemetry and [`fail_open`](crate::Config::fail_open) too, but:
    ///
    /// - **Its name** is the builder's, and no file's of `/opt/extensions`.
    /// - **There is no SHUTDOWN**, which Lambda refuses: a handler that lists it does not compile here.
    ///   At the end Lambda sends SIGTERM to the function's process, and 500 ms later SIGKILL. At
    ///   SIGTERM [`shutdown`](Handler::shutdown) is called all the same, with the reason
    ///   `Other("SIGTERM")` and a deadline 400 ms ahead, once a method that still runs has returned
    ///   or, after 100 ms, is cut.
    /// - **On Managed Instances** it is registered for no event: `invoke` is not called, `tick` and
    ///   `shutdown` are.
    /// - **The process is the function's.** Panic hook, exit and stderr are left alone, and of the
    ///   signals only SIGTERM is heard, until the extension has ended.
    ///
    /// [internal extension]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    ///
    /// # Errors
    /// Whatever ends the extension before its first event; it has been reported to the platform then,
    /// if it could register. Or that SIGTERM cannot be heard.
    pub async fn register_internal<H: Handler>(
        self,
        handler: H,
    ) -> Result<InternalExtension<H>, RunError> {
        const { refuse_shutdown(H::CONFIG.events) };
        let process = Process::internal().map_err(RunError::Signals)?;
        let run = lifecycle::start_handler(self.context(process), handler).await?;
        Ok(InternalExtension { run })
    }
}

/// An internal extension that has registered, and is to be run beside the function's runtime.
///
/// It asks for no event before it runs: until then init does not end. It is not `Send`, as handlers
/// need not be: it stays in `main`, whichever runtime of tokio's that has.
#[must_use = "init does not end until it runs"]
pub struct InternalExtension<H> {
    run: Run<'static, H>,
}

impl<H> InternalExtension<H> {
    /// Runs it beside `function`, which is the runtime, on one task, until either ends: the extension
    /// at SIGTERM, after its `shutdown`, or where it fails. The program then ends, with code 0 for an
    /// `Ok`: let `main` return this.
    ///
    /// ```no_run
    /// # use lambda_ext::{Config, Error, EventType, Handler};
    /// # struct Metrics;
    /// # impl Handler for Metrics { const CONFIG: Config = Config::new(&[EventType::Invoke]); }
    /// # mod lambda_runtime { pub async fn run(_: ()) -> Result<(), lambda_ext::Error> { Ok(()) } }
    /// # fn service_fn(_: ()) {}
    /// # async fn run(handler: ()) -> Result<(), Error> {
    /// let metrics = lambda_ext::register_internal("metrics", Metrics).await?;
    /// metrics.run_beside(lambda_runtime::run(service_fn(handler))).await
    /// # }
    /// ```
    ///
    /// Where the function blocks the thread, the extension waits.
    ///
    /// # Errors
    /// What the function returns, or what ends the extension other than SIGTERM; a failure of either
    /// is one of the process. With [`fail_open`](crate::Config::fail_open) the handler's are none.
    pub async fn run_beside<E: Into<Error>>(
        self,
        function: impl Future<Output = Result<(), E>>,
    ) -> Result<(), Error> {
        match select(self.run, pin!(function)).await {
            Either::Left((extension, _)) => extension.map(drop).map_err(Into::into),
            Either::Right((function, _)) => function.map_err(Into::into),
        }
    }

    /// Runs it until SIGTERM, and gives the handler back. Nothing else ends the process at SIGTERM
    /// then: the caller has to.
    ///
    /// # Errors
    /// As for [`run`](crate::run).
    pub async fn run(self) -> Result<H, RunError> {
        self.run.await?.into_result()
    }
}

impl<H> fmt::Debug for InternalExtension<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InternalExtension")
            .finish_non_exhaustive()
    }
}

const fn refuse_shutdown(events: &[EventType]) {
    let mut at = 0;
    while at < events.len() {
        assert!(
            !matches!(events[at], EventType::Shutdown),
            "an internal extension must not register for SHUTDOWN, which Lambda refuses\n\
             help: write `#[lambda_extension(internal)]`; `shutdown` is called at SIGTERM"
        );
        at += 1;
    }
}
