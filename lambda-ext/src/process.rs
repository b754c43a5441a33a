//! What the generated `main` does beyond [`run`](crate::run), because the process is its own: it
//! hears signals, ends a process that is stuck, and reports a panic that aborts.

use std::any::Any;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::panic::PanicHookInfo;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::client::executable_name;
use crate::{
    Client, ErrorReporter, ErrorRequest, Extension, Launch, RegisteredClient, RunError, budget,
    stderr,
};

/// The body of the generated `main`: one thread.
#[must_use]
pub fn main<T: Launch>() -> ExitCode {
    enter::<T>(|work| {
        // A task, not the runtime's root, saves a system call per event.
        let task = async { tokio::task::spawn_local(work).await };
        local_runtime()?.block_on(task).map_err(io::Error::other)
    })
}

/// The same, with threads for the author's own tasks: a core each, unless given.
///
/// A function of its own and not an argument, so that an extension with one thread does not carry
/// the other runtime.
#[must_use]
pub fn main_multi_thread<T: Launch>(worker_threads: Option<usize>) -> ExitCode {
    enter::<T>(|work| {
        let mut builder = Builder::new_multi_thread();
        if let Some(worker_threads) = worker_threads {
            builder.worker_threads(worker_threads);
        }
        Ok(builder.enable_all().build()?.block_on(work))
    })
}

fn local_runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
}

/// A run that ends the process from within: to end the runtime first would wait for the author's
/// blocking tasks.
type Work = Pin<Box<dyn Future<Output = Infallible>>>;

fn enter<T: Launch>(block_on: impl FnOnce(Work) -> io::Result<Infallible>) -> ExitCode {
    let extension = match Extension::builder().build() {
        Ok(extension) => extension,
        Err(error) => return failure(&executable_name(), error),
    };
    let name = extension.client().name().to_owned();
    let work = async move {
        let name = extension.client().name().to_owned();
        let code = match Process::owned(extension.client()) {
            // The handler is dropped here, while the watchdog still watches.
            Ok(mut process) => conclude(
                &name,
                extension.launch_in::<T>(&mut process).await.map(drop),
            ),
            Err(error) => {
                stderr::line(&name, format_args!("signals cannot be heard: {error}"));
                1
            }
        };
        std::process::exit(code)
    };
    match block_on(Box::pin(work)) {
        Ok(never) => match never {},
        Err(error) => failure(&name, format_args!("the tokio runtime failed: {error}")),
    }
}

/// Says how the extension ended, and gives the exit code.
fn conclude(name: &str, ended: Result<(), RunError>) -> i32 {
    match ended {
        Ok(()) => 0,
        Err(interrupted @ RunError::Interrupted { .. }) => {
            stderr::line(name, interrupted);
            0
        }
        // Where and with what was said by the panic itself.
        Err(RunError::Panicked { method, .. }) => {
            stderr::line(name, format_args!("`{method}` panicked"));
            1
        }
        Err(error) => {
            stderr::line(name, error);
            1
        }
    }
}

fn failure(name: &str, error: impl std::fmt::Display) -> ExitCode {
    stderr::line(name, error);
    ExitCode::FAILURE
}

/// How far the lifecycle may reach into the process.
#[derive(Debug, Default)]
pub(crate) struct Process {
    owned: Option<Owned>,
    /// The signal that has come.
    stopped: Option<&'static str>,
    /// When there is just time left to leave before the watchdog; known from SHUTDOWN on.
    leave_at: Option<Instant>,
    /// Whether the process has failed, whatever ends it.
    failed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Owned {
    terminate: Signal,
    interrupt: Signal,
    /// Whom a panic that aborts is reported to; none where panics unwind.
    stage: Option<Arc<Mutex<Stage>>>,
}

/// Which report the platform would accept now.
#[derive(Debug, Clone)]
enum Stage {
    Starting(Client),
    Registered(ErrorReporter),
    Polling(ErrorReporter),
}

impl Process {
    /// Somebody else's, such as a test's: it is left alone.
    pub(crate) fn borrowed() -> Self {
        Self::default()
    }

    /// The generated `main`'s own.
    fn owned(client: &Client) -> io::Result<Self> {
        let stage = cfg!(panic = "abort").then(|| {
            let stage = Arc::new(Mutex::new(Stage::Starting(client.clone())));
            report_panics_to(Arc::clone(&stage));
            stage
        });
        Ok(Self {
            owned: Some(Owned {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                stage,
            }),
            ..Self::default()
        })
    }

    /// The signal that has come, if [`signal`](Self::signal) has seen it.
    pub(crate) fn stopped(&self) -> Option<&'static str> {
        self.stopped
    }

    /// Waits for a signal; one that has come stays.
    pub(crate) async fn signal(&mut self) -> &'static str {
        if let Some(signal) = self.stopped {
            return signal;
        }
        let Some(owned) = &mut self.owned else {
            return pending().await;
        };
        let terminate = pin!(async {
            owned.terminate.recv().await;
            "SIGTERM"
        });
        let interrupt = pin!(async {
            owned.interrupt.recv().await;
            "SIGINT"
        });
        let signal = select(terminate, interrupt).await.factor_first().0;
        self.stopped = Some(signal);
        signal
    }

    /// From here on a failure can be reported, to init error.
    pub(crate) fn registered(&self, client: &RegisteredClient) {
        self.advance(|| Stage::Registered(client.error_reporter()));
    }

    /// From here on failures go to exit error.
    pub(crate) fn polling(&self, client: &RegisteredClient) {
        self.advance(|| Stage::Polling(client.error_reporter()));
    }

    fn advance(&self, stage: impl FnOnce() -> Stage) {
        if let Some(shared) = self.owned.as_ref().and_then(|owned| owned.stage.as_ref()) {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = stage();
        }
    }

    /// Ends the process after that long, whatever its other threads do.
    pub(crate) fn watch(&mut self, name: &str, after: Duration) {
        self.leave_at = Some(Instant::now() + after.saturating_sub(budget::LEAVING));
        if self.owned.is_none() {
            return;
        }
        let (name, failed) = (name.to_owned(), Arc::clone(&self.failed));
        // Without it the platform ends what is stuck: a little later, and less kindly.
        let _ = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(after);
            let after = after.as_millis();
            stderr::line(
                &name,
                format_args!("`shutdown` blocks its thread: ended after {after} ms"),
            );
            std::process::exit(failed.load(Ordering::Relaxed).into());
        });
    }

    /// Waits until there is just time left to leave; before SHUTDOWN, for ever.
    pub(crate) async fn time_to_leave(&self) {
        match self.leave_at {
            Some(leave_at) => sleep_until(leave_at).await,
            None => pending().await,
        }
    }

    /// From here on the exit code is not 0.
    pub(crate) fn failed(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }
}

/// Installs a hook that reports a panic before the process aborts.
fn report_panics_to(stage: Arc<Mutex<Stage>>) {
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        let error = ErrorRequest::new("Extension.Panic", describe(panic));
        let stage = stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A thread and a runtime of its own: this one's is in the middle of a poll.
        let reporting = std::thread::spawn(move || {
            if let Ok(runtime) = local_runtime() {
                runtime.block_on(stage.report(&error));
            }
        });
        let _ = reporting.join();
        std::process::exit(1);
    }));
}

impl Stage {
    /// By a new connection; bounded by the budgets of register and of a report.
    async fn report(self, error: &ErrorRequest) {
        let _ = match self {
            // It is to be reported only, so it needs no events.
            Self::Starting(client) => match client.reconnected().register(&[]).await {
                Ok(client) => client.error_reporter().init_error(error).await,
                Err(error) => Err(error),
            },
            Self::Registered(reporter) => reporter.reconnected().init_error(error).await,
            Self::Polling(reporter) => reporter.reconnected().exit_error(error).await,
        };
    }
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let message = panic_message(panic.payload());
    match panic.location() {
        Some(location) => format!("panicked at {location}: {message}"),
        None => format!("panicked: {message}"),
    }
}

/// What a panic said.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
