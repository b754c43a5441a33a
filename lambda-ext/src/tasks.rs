//! The author's own tasks beside the event loop, supervised: their failures are not lost.

use std::panic::{AssertUnwindSafe, Location};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinHandle};

use crate::error::RunError;
use crate::output::TaskOutput;
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
/// treated as those of a method: reported, and fatal, at once during `prepare` and `init`, later
/// when the method that runs has returned; `shutdown` is not called then. In an extension that is
/// [`fail_open`](crate::Config::fail_open) they are said, and the handler goes on without the task.
/// (The returned handle does not tell: to it the task has ended.) At SHUTDOWN tasks run on while
/// `shutdown` does, which may ask them to finish and wait for the handle; what is left after it is
/// given up, at an `await`, and ends with the process.
///
/// On one thread, which is the default, a task that blocks it keeps everything else from running:
/// what blocks belongs into `tokio::task::spawn_blocking`. Where the environment is frozen, tasks are
/// too. Where no extension runs, as in a test of your
/// own, or in a task that was not spawned by this function, it is `tokio::spawn`, and nobody hears
/// of failures.
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
    F: Future<Output: TaskOutput> + Send + 'static,
{
    match TASKS.try_with(Tasks::clone) {
        Ok(tasks) => tasks.spawn(task, Location::caller()),
        Err(_) => tokio::spawn(async { drop(task.await.into_result()) }),
    }
}

/// Has tasks belong to a supervisor.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    running: Arc<Mutex<RunningTasks>>,
    failures: UnboundedSender<RunError>,
}

impl Tasks {
    /// Runs work whose tasks belong to the supervisor.
    pub(crate) fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        TASKS.scope(self, work)
    }

    fn spawn<F>(self, task: F, spawned_at: &'static Location<'static>) -> JoinHandle<()>
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        let failures = self.failures.clone();
        let running = Arc::clone(&self.running);
        let handle = tokio::spawn(TASKS.scope(self, async move {
            let work = async { task.await.into_result() };
            let failure = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(source)) => RunError::TaskFailed { spawned_at, source },
                Err(payload) => RunError::TaskPanicked {
                    spawned_at,
                    panic: Panic::caught(payload),
                },
            };
            // Without its extension nobody is to be told.
            let _ = failures.send(failure);
        }));
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        running.add(handle.abort_handle());
        handle
    }
}

/// The tasks that may be running.
#[derive(Debug, Default)]
struct RunningTasks {
    tasks: Vec<AbortHandle>,
    /// How many there are before those that have ended are let go of: twice what was left then, so that
    /// a task costs the same however many there are.
    most: usize,
    /// Whether the extension has ended.
    over: bool,
}

impl RunningTasks {
    fn add(&mut self, task: AbortHandle) {
        if self.over {
            return task.abort();
        }
        if self.tasks.len() >= self.most {
            self.tasks.retain(|task| !task.is_finished());
            self.most = 2 * self.tasks.len() + 1;
        }
        self.tasks.push(task);
    }
}

/// Receives the failures of tasks. Dropping it cancels the tasks.
#[derive(Debug)]
pub(crate) struct Supervisor {
    tasks: Tasks,
    failures: UnboundedReceiver<RunError>,
}

/// Runs work whose tasks belong to a new supervisor, which the work owns.
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

    /// Handles the failures until now, up to the first that ends the extension.
    pub(crate) fn drain(
        &mut self,
        mut handle: impl FnMut(RunError) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        while let Ok(failure) = self.failures.try_recv() {
            handle(failure)?;
        }
        Ok(())
    }

    pub(crate) fn handle(&self) -> Tasks {
        self.tasks.clone()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let running = self.tasks.running.lock();
        let mut running = running.unwrap_or_else(PoisonError::into_inner);
        running.over = true;
        let tasks = std::mem::take(&mut running.tasks);
        // A task's destructor may spawn another.
        drop(running);
        for task in tasks {
            task.abort();
        }
    }
}
