//! The author's own tasks beside the event loop, supervised: their failures are not lost.

use std::panic::{AssertUnwindSafe, Location};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinHandle};

use crate::__private::HandlerOutput;
use crate::RunError;
use crate::panic::Panic;

tokio::task_local! {
    /// The tasks of the extension that is being polled.
    static TASKS: Tasks;
}

/// Runs a task beside the event loop, supervised: that it fails is a failure of the extension.
///
/// It is for what has to answer at any time, as a local server does; call it in `prepare` or `init`,
/// or in a task. What is done now and then is simpler in [`tick`](crate::Handler::tick), which has
/// `&mut self`. State is shared with the handler as between any two tasks of tokio: by channels,
/// or by an `Arc`.
///
/// The task ends with its future, which returns nothing or a `Result`. An `Err` and a panic are
/// treated as those of a method, once the handler's method that runs has returned: reported, and
/// fatal, unless the extension is [`fail_open`](crate::Config::fail_open); then they are said, and
/// the handler goes on without the task. At SHUTDOWN tasks run on while `shutdown` does, which may
/// ask them to finish and wait for the returned handle; what is left is dropped after it, at an
/// `await`.
///
/// Where the environment is frozen, tasks are too. Outside of an extension that runs, as in a test
/// of your own, it is `tokio::spawn`, and nobody hears of failures.
///
/// ```
/// use lambda_ext::{Error, lambda_extension};
/// use tokio::net::TcpListener;
///
/// struct Cache;
///
/// #[lambda_extension]
/// impl Cache {
///     /// Before the function starts, so that it finds the port open.
///     async fn prepare() -> Result<Self, Error> {
///         let listener = TcpListener::bind("127.0.0.1:2773").await?;
///         lambda_ext::spawn(serve(listener));
///         Ok(Self)
///     }
/// }
///
/// async fn serve(listener: TcpListener) -> Result<(), Error> {
///     loop {
///         let (connection, _) = listener.accept().await?;
///         drop(connection);
///     }
/// }
/// ```
///
/// # Panics
/// There is no tokio runtime.
#[track_caller]
pub fn spawn<F>(task: F) -> JoinHandle<()>
where
    F: Future<Output: HandlerOutput> + Send + 'static,
{
    match TASKS.try_with(Tasks::clone) {
        Ok(tasks) => tasks.spawn(task, Location::caller()),
        Err(_) => tokio::spawn(async { drop(task.await.into_result()) }),
    }
}

/// What a task needs to belong to an extension.
#[derive(Debug, Clone)]
struct Tasks {
    running: Arc<Mutex<Vec<AbortHandle>>>,
    failures: UnboundedSender<RunError>,
}

impl Tasks {
    fn spawn<F>(self, task: F, spawned_at: &'static Location<'static>) -> JoinHandle<()>
    where
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        let failures = self.failures.clone();
        let running = Arc::clone(&self.running);
        let handle = tokio::spawn(TASKS.scope(self, async move {
            let outcome = AssertUnwindSafe(task).catch_unwind().await;
            let failure = match outcome.map(HandlerOutput::into_result) {
                Ok(Ok(())) => return,
                Ok(Err(source)) => RunError::TaskFailed { spawned_at, source },
                Err(payload) => RunError::TaskPanicked {
                    spawned_at,
                    panic: Panic::caught(&*payload),
                },
            };
            // Without its extension nobody is to be told.
            let _ = failures.send(failure);
        }));
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|task| !task.is_finished());
        running.push(handle.abort_handle());
        handle
    }
}

/// Hears of the tasks' failures. With it they end.
#[derive(Debug)]
pub(crate) struct Supervisor {
    tasks: Tasks,
    failures: UnboundedReceiver<RunError>,
}

/// Has the tasks that are spawned in this work belong to its supervisor.
pub(crate) fn supervised<F: Future>(
    work: impl FnOnce(Supervisor) -> F,
) -> impl Future<Output = F::Output> {
    let (sender, failures) = mpsc::unbounded_channel();
    let tasks = Tasks {
        running: Arc::default(),
        failures: sender,
    };
    let supervisor = Supervisor {
        tasks: tasks.clone(),
        failures,
    };
    TASKS.scope(tasks, work(supervisor))
}

impl Supervisor {
    /// Waits for a failure. Cancel safe.
    pub(crate) async fn failure(&mut self) -> RunError {
        match self.failures.recv().await {
            Some(failure) => failure,
            // Not while there is a sender, and there is one here.
            None => std::future::pending().await,
        }
    }

    /// The failure that nobody has been told of, if there is one.
    pub(crate) fn try_failure(&mut self) -> Option<RunError> {
        self.failures.try_recv().ok()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let running = self.tasks.running.lock();
        for task in running.unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}
