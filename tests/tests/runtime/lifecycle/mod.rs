//! The event loop: the order of its calls to the handler and to the platform.

mod failures;
mod launch;

use std::cell::RefCell;
use std::rc::Rc;

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{
    Config, Error, EventType, Extension, Handler, InvokeEvent, Register, RunError, ShutdownEvent,
    ShutdownReason,
};
use lambda_ext_tests::fake::{self, Fake, bounded};

/// The calls, in order. They are not `Send` and need not be.
type Calls = Rc<RefCell<Vec<String>>>;

/// A handler that notes its calls, and does in each what the test wants.
#[derive(Default)]
struct Scripted {
    calls: Calls,
    init: Script,
    invoke: Script,
    shutdown: Script,
}

#[derive(Default)]
enum Script {
    #[default]
    Ok,
    Err(fn() -> Error),
    Panic,
    /// Waits until the other end says so, or is dropped.
    Until(tokio::sync::oneshot::Receiver<()>),
    Never,
}

impl Script {
    async fn run(&mut self) -> Result<(), Error> {
        match self {
            Self::Ok => Ok(()),
            Self::Err(error) => Err(error()),
            Self::Panic => panic!("scripted"),
            Self::Until(end) => Ok(end.await?),
            Self::Never => std::future::pending().await,
        }
    }
}

impl Handler for Scripted {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);

    async fn init(&mut self, register: Register) -> Result<(), Error> {
        self.calls
            .borrow_mut()
            .push(format!("init {}", register.function_name));
        self.init.run().await
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.calls
            .borrow_mut()
            .push(format!("invoke {}", event.request_id));
        self.invoke.run().await
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        self.calls
            .borrow_mut()
            .push(format!("shutdown {}", event.shutdown_reason));
        self.shutdown.run().await
    }
}

fn extension(fake: &Fake) -> Extension {
    Extension::builder()
        .name("ext")
        .runtime_api(fake.runtime_api())
        .build()
        .unwrap()
}

/// Runs the handler; `platform` plays the other side.
async fn play<H: Handler>(
    handler: H,
    platform: impl AsyncFnOnce(&mut Fake),
) -> (Result<H, RunError>, Fake) {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let outcome = tokio::join!(extension.run(handler), platform(&mut fake)).0;
        let unasked = fake.unasked();
        assert!(unasked.is_none(), "{unasked:#?}");
        (outcome, fake)
    })
    .await
}

#[tokio::test]
async fn methods_are_called_in_order_and_handler_is_returned() {
    let (handler, _) = play(Scripted::default(), async |fake| {
        let register = fake.expect(fake::REGISTER).await;
        assert_eq!(register.body, r#"{"events":["INVOKE","SHUTDOWN"]}"#);
        register.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        fake.expect(fake::NEXT).await.invoke("2");
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    let calls = handler.unwrap().calls.take();
    assert_eq!(
        calls,
        ["init orders", "invoke 1", "invoke 2", "shutdown spindown"]
    );
}

#[tokio::test]
async fn next_waits_for_the_handler_of_the_previous_event() {
    let (finish, until) = tokio::sync::oneshot::channel();
    let handler = Scripted {
        invoke: Script::Until(until),
        ..Scripted::default()
    };
    let calls = Rc::clone(&handler.calls);
    let (outcome, _) = play(handler, async |fake| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        while calls.borrow().last().is_none_or(|last| last != "invoke 1") {
            tokio::task::yield_now().await;
        }
        // Every other task gets its turns, and none of them asks.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(fake.unasked().is_none());
        finish.send(()).unwrap();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    outcome.unwrap();
}

#[tokio::test]
async fn nothing_is_called_after_shutdown() {
    // `play` asserts it once the loop has returned.
    let (handler, _) = play(Scripted::default(), async |fake| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(
        handler.unwrap().calls.take(),
        ["init orders", "shutdown spindown"]
    );
}

#[tokio::test]
async fn unknown_event_is_skipped() {
    let (handler, _) = play(Scripted::default(), async |fake| {
        fake.request().await.registered();
        fake.expect(fake::NEXT)
            .await
            .reply(200, "", r#"{"eventType":"THAW"}"#);
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    assert_eq!(
        handler.unwrap().calls.take(),
        ["init orders", "shutdown spindown"]
    );
}

#[tokio::test]
async fn extension_without_events_calls_next_once() {
    struct Idle;
    impl Handler for Idle {
        const CONFIG: Config = Config::new(&[]);
    }
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let extension = emulator.extension("idle");
        tokio::select! {
            outcome = extension.run(Idle) => panic!("{:?}", outcome.err()),
            init = emulator.init() => init.unwrap(),
        }
        let waits = |step: &&lambda_ext::emulator::record::Step| {
            matches!(step.kind, StepKind::Waits { .. })
        };
        assert_eq!(emulator.record().steps.iter().filter(waits).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn dropped_run_closes_its_next() {
    bounded(async {
        let mut fake = Fake::start().await;
        let first = extension(&fake);
        let parked = async {
            fake.request().await.registered();
            fake.expect(fake::NEXT).await
        };
        let parked = tokio::select! {
            outcome = first.run(Scripted::default()) => panic!("{:?}", outcome.err()),
            parked = parked => parked,
        };
        parked.hung_up().await;
        let second = extension(&fake);
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            fake.expect(fake::NEXT).await.shutdown();
        };
        tokio::join!(second.run(Scripted::default()), platform)
            .0
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn idle_hours_cost_no_request() {
    let (outcome, _) = play(Scripted::default(), async |fake| {
        fake.request().await.registered();
        let parked = fake.expect(fake::NEXT).await;
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(5 * 3_600)).await;
        tokio::time::resume();
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(fake.unasked().is_none());
        parked.invoke("1");
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    outcome.unwrap();
}

#[tokio::test]
async fn whole_life_is_accepted_by_the_emulator() {
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let extension = emulator.extension("audit");
        let scenario = async {
            emulator.init().await?;
            for id in ["1", "2"] {
                let invocation = Invocation::default().request_id(id);
                emulator.invoke(invocation).await?;
            }
            emulator.shutdown(ShutdownReason::Timeout).await
        };
        let (handler, outcome) = tokio::join!(extension.run(Scripted::default()), scenario);
        outcome.unwrap();
        let calls = handler.unwrap().calls.take();
        assert_eq!(
            calls,
            [
                "init my-function",
                "invoke 1",
                "invoke 2",
                "shutdown timeout"
            ]
        );
        for step in emulator.record().steps {
            if let StepKind::Answered(request) = &step.kind {
                assert_eq!(request.status, 200, "{step}");
            }
        }
    })
    .await;
}
