//! Tasks that the author spawns beside the event loop, and their failures.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation};
use lambda_ext::{
    Config, Error, EventType, Handler, InvokeEvent, Register, RunError, ShutdownEvent,
};
use lambda_ext_tests::fake::bounded;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Says when it is dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fails {
    Never,
    AtOnce,
    WithPanic,
    /// In `invoke`, on a signal.
    InInvoke,
    /// In `shutdown`, on a signal.
    AtShutdown,
}

/// A task that counts what the handler sends it.
struct Counting<const FAIL_OPEN: bool = false> {
    fails: Fails,
    dropped: Arc<AtomicBool>,
    /// `init` never returns.
    hangs: bool,
    numbers: Option<mpsc::UnboundedSender<u32>>,
    sum: Option<oneshot::Receiver<u32>>,
    task: Option<JoinHandle<()>>,
    invocations: u32,
    total: u32,
}

impl<const FAIL_OPEN: bool> Counting<FAIL_OPEN> {
    fn new(fails: Fails) -> Self {
        Self {
            fails,
            dropped: Arc::default(),
            hangs: false,
            numbers: None,
            sum: None,
            task: None,
            invocations: 0,
            total: 0,
        }
    }
}

async fn count(
    mut numbers: mpsc::UnboundedReceiver<u32>,
    sum: oneshot::Sender<u32>,
    fails: Fails,
    guard: Guard,
) -> Result<(), Error> {
    let _guard = guard;
    match fails {
        Fails::AtOnce => return Err("the port is taken".into()),
        Fails::WithPanic => panic!("the port is on fire"),
        Fails::Never | Fails::InInvoke | Fails::AtShutdown => {}
    }
    let mut total = 0;
    while let Some(number) = numbers.recv().await {
        if number == 0 {
            return Err("told to fail".into());
        }
        total += number;
    }
    let _ = sum.send(total);
    Ok(())
}

impl<const FAIL_OPEN: bool> Handler for Counting<FAIL_OPEN> {
    const CONFIG: Config = {
        let config = Config::new(&[EventType::Invoke, EventType::Shutdown]);
        if FAIL_OPEN {
            config.fail_open()
        } else {
            config
        }
    };

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        let (numbers, receiver) = mpsc::unbounded_channel();
        let (sender, sum) = oneshot::channel();
        let guard = Guard(self.dropped.clone());
        let task = lambda_ext::spawn(count(receiver, sender, self.fails, guard));
        (self.numbers, self.sum) = (Some(numbers), Some(sum));
        self.task = Some(task);
        if self.hangs {
            pending::<()>().await;
        }
        Ok(())
    }

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        self.invocations += 1;
        if let Some(numbers) = &self.numbers {
            let number = u32::from(self.fails != Fails::InInvoke);
            let _ = numbers.send(number);
        }
        Ok(())
    }

    /// Asks the task to finish, and waits for it.
    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        let numbers = self.numbers.take();
        if self.fails == Fails::AtShutdown {
            let _ = numbers.as_ref().map(|numbers| numbers.send(0));
        }
        drop(numbers);
        if let Some(task) = self.task.take() {
            task.await?;
        }
        if let Some(sum) = self.sum.take() {
            self.total = sum.await.unwrap_or_default();
        }
        Ok(())
    }
}

/// Two invocations of it; with the reports that the platform got.
async fn life<const FAIL_OPEN: bool>(
    counting: Counting<FAIL_OPEN>,
) -> (Result<Counting<FAIL_OPEN>, RunError>, Vec<Call>) {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("counting").run(counting);
        let scenario = async {
            for _ in 0..2 {
                emulator.invoke(Invocation::default()).await?;
            }
            emulator
                .shutdown(lambda_ext::ShutdownReason::Spindown)
                .await
        };
        let (outcome, _) = tokio::join!(extension, scenario);
        let outcome = outcome.map_err(|error| match error {
            EmulatorError::Extension { source, .. } => *source.downcast::<RunError>().unwrap(),
            other => panic!("{other}"),
        });
        let record = emulator.record();
        let reports = record
            .error_reports("counting")
            .filter_map(|report| report.call);
        (outcome, reports.collect())
    })
    .await
}

/// Asserts the failure, the endpoint of its report, and the location of the `spawn`.
async fn fails_with(counting: Counting, call: Call, text: &str) {
    let (outcome, reports) = life(counting).await;
    let error = outcome.err().unwrap().to_string();
    let place = "the task spawned at tests/tests/runtime/tasks.rs:";
    assert!(error.starts_with(place), "{error}");
    assert!(error.ends_with(text), "{error}");
    assert_eq!(reports, [call]);
}

#[tokio::test]
async fn task_runs_beside_the_loop_and_is_finished_at_shutdown() {
    let (outcome, reports) = life(Counting::<false>::new(Fails::Never)).await;
    let counting = outcome.unwrap();
    assert_eq!((counting.invocations, counting.total), (2, 2));
    assert_eq!(reports, []);
}

#[tokio::test]
async fn task_failure_in_init_is_an_init_error() {
    let mut counting = Counting::new(Fails::AtOnce);
    counting.hangs = true;
    fails_with(counting, Call::InitError, " failed: the port is taken").await;
}

#[tokio::test]
async fn task_failure_belongs_to_the_step_in_which_it_occurs() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("counting").run(Late::default());
        let (outcome, failure) = tokio::join!(extension, emulator.init());
        assert!(outcome.is_err());
        assert!(failure.is_err());
        let record = emulator.record();
        let reports: Vec<_> = record.error_reports("counting").map(|it| it.call).collect();
        assert_eq!(reports, [Some(Call::InitError)], "{record}");

        let emulator = Emulator::start().await.unwrap();
        let late = Late { in_invoke: true };
        let extension = emulator.extension("counting").run(late);
        let (outcome, failure) = tokio::join!(extension, emulator.invoke(Invocation::default()));
        assert!(outcome.is_err());
        // It is the invocation's own, not one that has nothing to do with it.
        assert!(failure.is_err());
        let record = emulator.record();
        let reports: Vec<_> = record.error_reports("counting").map(|it| it.call).collect();
        assert_eq!(reports, [Some(Call::ExitError)], "{record}");
        assert_eq!(
            record.calls("counting"),
            [Call::Register, Call::Next, Call::ExitError],
            "{record}"
        );
    })
    .await;
}

#[tokio::test]
async fn task_panic_is_an_error_with_its_message() {
    let mut counting = Counting::new(Fails::WithPanic);
    counting.hangs = true;
    let message = " panicked: the port is on fire";
    fails_with(counting, Call::InitError, message).await;
}

#[tokio::test]
async fn task_failure_after_init_is_an_exit_error() {
    let counting = Counting::new(Fails::InInvoke);
    fails_with(counting, Call::ExitError, " failed: told to fail").await;
}

#[tokio::test]
async fn task_failure_at_shutdown_is_an_exit_error() {
    let counting = Counting::new(Fails::AtShutdown);
    fails_with(counting, Call::ExitError, " failed: told to fail").await;
}

#[tokio::test]
async fn task_failure_with_fail_open_is_tolerated() {
    for fails in [
        Fails::AtOnce,
        Fails::WithPanic,
        Fails::InInvoke,
        Fails::AtShutdown,
    ] {
        let (outcome, reports) = life(Counting::<true>::new(fails)).await;
        assert_eq!(outcome.unwrap().invocations, 2, "{fails:?}");
        assert_eq!(reports, [], "{fails:?}");
    }
}

/// Has a task fail while a method runs, which does not fail.
#[derive(Default)]
struct Late {
    in_invoke: bool,
}

impl Late {
    async fn fail() {
        let task = lambda_ext::spawn(async { Err::<(), _>("the port is taken") });
        let _ = task.await;
    }
}

impl Handler for Late {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        if !self.in_invoke {
            Self::fail().await;
        }
        Ok(())
    }

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        Self::fail().await;
        Ok(())
    }
}

/// Spawns a task that nobody waits for.
struct Forgetful(Arc<AtomicBool>);

impl Handler for Forgetful {
    const CONFIG: Config = Config::new(&[EventType::Shutdown]);

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        let guard = Guard(self.0.clone());
        lambda_ext::spawn(async {
            // From a task, too.
            lambda_ext::spawn(async {
                let _guard = guard;
                loop {
                    pending::<()>().await;
                }
            });
            pending::<()>().await;
        });
        Ok(())
    }
}

#[tokio::test]
async fn remaining_tasks_end_with_the_extension() {
    bounded(async {
        let dropped = Arc::new(AtomicBool::new(false));
        let emulator = Emulator::start().await.unwrap();
        let forgetful = Forgetful(dropped.clone());
        let extension = emulator.extension("forgetful").run(forgetful);
        emulator.drive(extension, emulator.init()).await.unwrap();
        while !dropped.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn spawn_outside_of_an_extension_is_a_tokio_task() {
    lambda_ext::spawn(async { Err::<(), _>("nobody hears of it") })
        .await
        .unwrap();
}

/// An error that panics when it is made the extension's.
struct Inconvertible;

impl From<Inconvertible> for Error {
    fn from(_: Inconvertible) -> Self {
        panic!("the error is on fire")
    }
}

struct Converting;

impl Handler for Converting {
    const CONFIG: Config = Config::new(&[EventType::Shutdown]);

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        let task = lambda_ext::spawn(async { Err::<(), _>(Inconvertible) });
        Ok(task.await?)
    }
}

#[tokio::test]
async fn panic_in_error_conversion_is_a_task_failure() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("converting").run(Converting);
        let (outcome, failure) = tokio::join!(extension, emulator.init());
        assert!(failure.is_err());
        let error = outcome.err().unwrap().to_string();
        let place = "`converting`: the task spawned at tests/tests/runtime/tasks.rs:";
        assert!(error.starts_with(place), "{error}");
        assert!(
            error.ends_with(" panicked: the error is on fire"),
            "{error}"
        );
    })
    .await;
}
