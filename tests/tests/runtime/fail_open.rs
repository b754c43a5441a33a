//! Handlers that fail in an extension with `fail_open`, in every method and in every way.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use lambda_ext::emulator::{
    Call, Emulator, EmulatorError, Fault, InProcessExtension, Invocation, Record,
};
use lambda_ext::{
    Config, Error, EventType, Handler, InvokeEvent, Launch, Method, Register, RunError,
    RuntimeDone, ShutdownEvent, TelemetryBatch, TelemetryType,
};
use lambda_ext_tests::fake::bounded;

/// The methods that were called.
type Calls = Rc<RefCell<Vec<Method>>>;

/// The number of invocations.
const INVOCATIONS: usize = 10;

/// Fails in one method, from one of its calls on. Where it is told the ends of invocations, they are
/// waited for.
#[derive(Default)]
struct Failing<const ENDS: bool = true> {
    calls: Calls,
    fails: Option<(Method, How)>,
    /// The call that fails first, from 1.
    at: usize,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Err,
    Panic,
    Hang,
}

impl<const ENDS: bool> Failing<ENDS> {
    async fn called(&mut self, method: Method) -> Result<(), Error> {
        self.calls.borrow_mut().push(method);
        let calls = self.count(method);
        match self.fails {
            Some((fails, how)) if fails == method && calls >= self.at => match how {
                How::Err => Err("made to fail".into()),
                How::Panic => panic!("made to panic"),
                How::Hang => pending().await,
            },
            _ => Ok(()),
        }
    }

    fn count(&self, method: Method) -> usize {
        let calls = self.calls.borrow();
        calls.iter().filter(|called| **called == method).count()
    }
}

impl<const ENDS: bool> Handler for Failing<ENDS> {
    const CONFIG: Config = {
        let config = Config::new(&[EventType::Invoke, EventType::Shutdown])
            .telemetry(&[TelemetryType::Platform, TelemetryType::Function])
            .tick(Duration::from_secs(3600))
            .thawed()
            .fail_open();
        if ENDS { config.runtime_done() } else { config }
    };

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        self.called(Method::Init).await
    }

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        self.called(Method::Invoke).await
    }

    async fn telemetry(&mut self, _: TelemetryBatch) -> Result<(), Error> {
        self.called(Method::Telemetry).await
    }

    async fn runtime_done(&mut self, _: RuntimeDone) -> Result<(), Error> {
        self.called(Method::RuntimeDone).await
    }

    async fn tick(&mut self) -> Result<(), Error> {
        self.called(Method::Tick).await
    }

    async fn thawed(&mut self, _: Duration) -> Result<(), Error> {
        self.called(Method::Thawed).await
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        self.called(Method::Shutdown).await
    }
}

/// A life of ten invocations, each after a freeze of two hours, and its end.
async fn life<T>(
    begin: impl AsyncFnOnce(InProcessExtension) -> Result<T, EmulatorError>,
) -> (Result<T, RunError>, Record) {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("failing");
        let scenario = async {
            for number in 0..INVOCATIONS {
                if number > 0 {
                    let two_hours = Duration::from_secs(2 * 3600);
                    emulator.freeze(two_hours).await.unwrap();
                }
                let invocation = Invocation::default().log("a line");
                emulator.invoke(invocation).await.unwrap();
            }
            let spindown = lambda_ext::ShutdownReason::Spindown;
            emulator.shutdown(spindown).await.unwrap();
        };
        let (outcome, ()) = tokio::join!(begin(extension), scenario);
        let outcome = outcome.map_err(|error| match error {
            EmulatorError::Extension { source, .. } => *source.downcast::<RunError>().unwrap(),
            other => panic!("{other}"),
        });
        let record = emulator.record();
        // It left well, and the platform had nothing to object to.
        record.assert_clean();
        assert_eq!(record.exits("failing"), [Some(0)]);
        (outcome, record)
    })
    .await
}

/// Every method but those before there is a handler.
const METHODS: [Method; 7] = [
    Method::Init,
    Method::Invoke,
    Method::Telemetry,
    Method::RuntimeDone,
    Method::Tick,
    Method::Thawed,
    Method::Shutdown,
];

/// The call that fails: the only one of `init` and `shutdown`, the third one of others.
fn first_call(method: Method) -> usize {
    match method {
        Method::Init | Method::Shutdown => 1,
        _ => 3,
    }
}

#[tokio::test(start_paused = true)]
async fn error_in_any_method_leaves_the_others_unchanged() {
    let (well, _) = life(async |extension| extension.run(<Failing>::default()).await).await;
    let well = well.unwrap();
    for method in METHODS {
        let failing: Failing = Failing {
            fails: Some((method, How::Err)),
            at: first_call(method),
            ..Failing::default()
        };
        let (outcome, _) = life(async |extension| extension.run(failing).await).await;
        let failing = outcome.unwrap();
        for other in METHODS {
            // The platform decides how many batches there are.
            if other != Method::Telemetry {
                let called = failing.count(other);
                assert_eq!(called, well.count(other), "{other} where {method} fails");
            }
        }
    }
    assert_eq!(well.count(Method::Invoke), INVOCATIONS);
    assert_eq!(well.count(Method::RuntimeDone), INVOCATIONS);
    // Freezes of hours, one tick and one thaw each.
    assert_eq!(well.count(Method::Tick), INVOCATIONS - 1);
    assert_eq!(well.count(Method::Thawed), INVOCATIONS - 1);
}

#[tokio::test(start_paused = true)]
async fn panic_in_any_method_retires_handler_and_function_continues() {
    for method in METHODS {
        let calls = Calls::default();
        let failing: Failing = Failing {
            calls: calls.clone(),
            fails: Some((method, How::Panic)),
            at: first_call(method),
        };
        let (outcome, record) = life(async |extension| extension.run(failing).await).await;
        match outcome.err() {
            Some(RunError::Panicked { method: found, .. }) => assert_eq!(found, method),
            other => panic!("{method}: {other:?}"),
        }
        assert_eq!(calls.borrow().last(), Some(&method), "{method}");
        // Every event was asked for.
        let nexts = record.calls("failing").into_iter();
        let nexts = nexts.filter(|call| *call == Call::Next).count();
        assert_eq!(nexts, INVOCATIONS + 1, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_method_is_cancelled_and_function_continues() {
    for method in [
        Method::Init,
        Method::Invoke,
        Method::Telemetry,
        Method::Tick,
        Method::Thawed,
        Method::Shutdown,
    ] {
        let failing = Failing::<false> {
            fails: Some((method, How::Hang)),
            at: 1,
            ..Failing::default()
        };
        let (outcome, _) = life(async |extension| extension.run(failing).await).await;
        let failing = outcome.unwrap();
        assert_eq!(failing.count(Method::Shutdown), 1, "{method}");
        assert_eq!(failing.count(Method::Invoke), INVOCATIONS, "{method}");
    }
}

/// With the real clock, because `next` is held by wall clock.
#[tokio::test]
async fn hanging_runtime_done_is_cancelled_and_function_continues() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let failing: Failing = Failing {
            fails: Some((Method::RuntimeDone, How::Hang)),
            at: 1,
            ..Failing::default()
        };
        let extension = emulator.extension("failing").run(failing);
        let scenario = async {
            for _ in 0..2 {
                let second = Duration::from_secs(1);
                let invocation = Invocation::default().timeout(second);
                emulator.invoke(invocation).await?;
            }
            Ok::<_, Error>(())
        };
        let failing = emulator.drive(extension, scenario).await.unwrap();
        assert_eq!(failing.count(Method::Invoke), 2);
        assert_eq!(failing.count(Method::RuntimeDone), 2);
        emulator.record().assert_clean();
    })
    .await;
}

/// Makes no handler.
struct Unmade;

impl Handler for Unmade {
    const CONFIG: Config = <Failing>::CONFIG;
}

/// Fails in `prepare`.
struct Unprepared;

impl Handler for Unprepared {
    const CONFIG: Config = <Failing>::CONFIG;
}

thread_local! {
    static HOW: Cell<How> = const { Cell::new(How::Err) };
}

async fn fail<T>() -> Result<T, Error> {
    let how = HOW.get();
    match how {
        How::Err => Err("made to fail".into()),
        How::Panic => panic!("made to panic"),
        How::Hang => pending().await,
    }
}

impl Launch for Unmade {
    type Prepared = ();

    async fn prepare() -> Result<(), Error> {
        Ok(())
    }

    async fn create((): (), _: &Register) -> Result<Self, Error> {
        fail().await
    }
}

impl Launch for Unprepared {
    type Prepared = Self;

    async fn prepare() -> Result<Self, Error> {
        fail().await
    }

    async fn create(prepared: Self, _: &Register) -> Result<Self, Error> {
        Ok(prepared)
    }
}

/// Launches a type that makes no handler, in every way, and gives why it was none.
async fn launched<T: Launch>(how: How) -> (RunError, Record) {
    HOW.set(how);
    let (outcome, record) = life(async |extension| extension.launch::<T>().await).await;
    (outcome.err().unwrap(), record)
}

#[tokio::test(start_paused = true)]
async fn extension_without_handler_waits_for_shutdown() {
    for how in [How::Err, How::Panic, How::Hang] {
        let (why, record) = launched::<Unmade>(how).await;
        let text = why.to_string();
        assert!(text.starts_with("`init` "), "{text}");
        assert_eq!(record.calls("failing").len(), 3 + INVOCATIONS, "{record}");

        let (why, record) = launched::<Unprepared>(how).await;
        let text = why.to_string();
        assert!(text.starts_with("`prepare` "), "{text}");
        // It is not in the way of any invocation.
        let calls = record.calls("failing");
        assert_eq!(calls, [Call::Register, Call::Next], "{record}");
    }
}

#[tokio::test]
async fn refused_subscription_is_tolerated() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        for _ in 0..3 {
            let fault = Fault::Reply {
                status: 500,
                body: String::new(),
            };
            emulator.inject(Call::Telemetry, fault);
        }
        let extension = emulator.extension("failing").run(<Failing>::default());
        let scenario = emulator.invoke(Invocation::default());
        let failing = emulator.drive(extension, scenario).await.unwrap();
        let calls = [Method::Init, Method::Invoke, Method::Shutdown];
        assert_eq!(*failing.calls.borrow(), calls);
    })
    .await;
}

#[tokio::test]
async fn refused_next_ends_the_extension() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let fault = Fault::Reply {
            status: 403,
            body: String::new(),
        };
        emulator.inject(Call::Next, fault);
        let extension = emulator.extension("failing").run(<Failing>::default());
        let (outcome, failure) = tokio::join!(extension, emulator.invoke(Invocation::default()));
        assert!(failure.is_err());
        assert!(outcome.is_err());
        let record = emulator.record();
        let reports: Vec<_> = record.error_reports("failing").map(|it| it.call).collect();
        assert_eq!(reports, [Some(Call::ExitError)], "{record}");
    })
    .await;
}
