//! The event loop: which method it calls when, and where it reports a failure.

use std::cell::RefCell;
use std::rc::Rc;

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation};
use lambda_ext::{
    Config, Error, ErrorRequest, EventType, Extension, ExtensionError, Handler, InvokeEvent,
    Launch, Method, Register, RunError, ShutdownEvent, ShutdownReason,
};
use lambda_ext_tests::fake::{self, Fake, bounded};
use serde_json::Value;

/// What was called, in order. It is not `Send`, and needs not be.
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

/// The report that the platform gets for a handler that fails as scripted.
async fn report(
    handler: Scripted,
    path: &str,
    reach: impl AsyncFnOnce(&mut Fake),
) -> (Value, String) {
    let mut report = None;
    let (outcome, _) = play(handler, async |fake| {
        fake.request().await.registered();
        reach(fake).await;
        let request = fake.expect(path).await;
        report = Some((
            request.json(),
            request
                .header("lambda-extension-function-error-type")
                .to_owned(),
        ));
        request.accepted();
    })
    .await;
    assert!(outcome.is_err());
    report.unwrap()
}

fn two_lines() -> Error {
    "no license\r\nbuy one 🚀".into()
}

fn typed() -> Error {
    let cause: Error = "LICENSE_KEY is empty".into();
    ExtensionError::new("Extension.ConfigInvalid", cause).into()
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
async fn failed_init_is_an_init_error_without_next() {
    let handler = Scripted {
        init: Script::Err(two_lines),
        ..Scripted::default()
    };
    let (body, header) = report(handler, fake::INIT_ERROR, async |_| {}).await;
    assert_eq!(body["errorMessage"], "no license\r\nbuy one 🚀");
    assert_eq!(body["errorType"], "Extension.InitFailed");
    assert_eq!(body["stackTrace"], serde_json::json!([]));
    assert_eq!(header, "Extension.InitFailed");
}

#[tokio::test]
async fn failed_invoke_is_an_exit_error() {
    let handler = Scripted {
        invoke: Script::Err(typed),
        ..Scripted::default()
    };
    let reach = async |fake: &mut Fake| fake.expect(fake::NEXT).await.invoke("1");
    let (body, header) = report(handler, fake::EXIT_ERROR, reach).await;
    assert_eq!(body["errorMessage"], "LICENSE_KEY is empty");
    assert_eq!(body["errorType"], "Extension.ConfigInvalid");
    assert_eq!(header, "Extension.ConfigInvalid");
}

#[tokio::test]
async fn failed_shutdown_is_an_exit_error() {
    let handler = Scripted {
        shutdown: Script::Err(two_lines),
        ..Scripted::default()
    };
    let reach = async |fake: &mut Fake| fake.expect(fake::NEXT).await.shutdown();
    let (_, header) = report(handler, fake::EXIT_ERROR, reach).await;
    assert_eq!(header, "Extension.ShutdownFailed");
}

#[tokio::test]
async fn panic_is_reported_with_its_message() {
    let panics = |init, invoke, shutdown| Scripted {
        init,
        invoke,
        shutdown,
        ..Scripted::default()
    };
    let (ok, panic) = (|| Script::Ok, || Script::Panic);
    let (body, header) = report(panics(panic(), ok(), ok()), fake::INIT_ERROR, async |_| {}).await;
    assert_eq!(body["errorMessage"], "`init` panicked: scripted");
    assert_eq!(header, "Extension.Panic");
    let reach = async |fake: &mut Fake| fake.expect(fake::NEXT).await.invoke("1");
    let (body, _) = report(panics(ok(), panic(), ok()), fake::EXIT_ERROR, reach).await;
    assert_eq!(body["errorMessage"], "`invoke` panicked: scripted");
    let reach = async |fake: &mut Fake| fake.expect(fake::NEXT).await.shutdown();
    let (body, _) = report(panics(ok(), ok(), panic()), fake::EXIT_ERROR, reach).await;
    assert_eq!(body["errorMessage"], "`shutdown` panicked: scripted");
}

#[tokio::test]
async fn refused_next_is_an_exit_error_without_retry() {
    let reach = async |fake: &mut Fake| {
        let body = r#"{"errorType":"Extension.InvalidExtensionState","errorMessage":"no"}"#;
        fake.expect(fake::NEXT).await.reply(403, "", body);
    };
    let (body, header) = report(Scripted::default(), fake::EXIT_ERROR, reach).await;
    assert_eq!(
        body["errorMessage"],
        "next: the platform answered 403: Extension.InvalidExtensionState: no"
    );
    assert_eq!(header, "Extension.ApiError");
}

#[tokio::test]
async fn refused_registration_is_returned_and_nothing_is_called() {
    let (outcome, _) = play(Scripted::default(), async |fake| {
        fake.expect(fake::REGISTER).await.reply(403, "", "{}");
    })
    .await;
    assert!(matches!(outcome, Err(RunError::Client(_))));
}

#[tokio::test]
async fn unanswered_report_does_not_delay_the_end() {
    let handler = Scripted {
        init: Script::Err(two_lines),
        ..Scripted::default()
    };
    let (outcome, _) = play(handler, async |fake| {
        fake.request().await.registered();
        let report = fake.expect(fake::INIT_ERROR).await;
        // Only the report's budget is under way, so the clock may jump to its end.
        tokio::time::pause();
        report.hung_up().await;
    })
    .await;
    assert!(matches!(
        outcome,
        Err(RunError::Failed {
            method: Method::Init,
            ..
        })
    ));
}

#[tokio::test]
async fn missing_error_endpoints_do_not_hide_the_error() {
    let handler = Scripted {
        invoke: Script::Err(two_lines),
        ..Scripted::default()
    };
    let (outcome, _) = play(handler, async |fake| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        fake.expect(fake::EXIT_ERROR)
            .await
            .reply(404, "", "404 page not found\n");
    })
    .await;
    let error = outcome.err().unwrap();
    assert_eq!(
        error.to_string(),
        "`invoke` failed: no license\r\nbuy one 🚀"
    );
}

#[tokio::test]
async fn status_202_and_200_are_success_with_any_body() {
    bounded(async {
        let mut fake = Fake::start().await;
        let reporter = fake.registered_client().await.error_reporter();
        for (status, body) in [(202, "{\"status\":\"OK\"}\n"), (202, ""), (200, "<html>")] {
            let platform = async { fake.request().await.reply(status, "", body) };
            let error = ErrorRequest::new("Extension.Test", "test");
            tokio::join!(reporter.exit_error(&error), platform)
                .0
                .unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn error_type_header_of_any_type_is_legal_and_not_empty() {
    bounded(async {
        let mut fake = Fake::start().await;
        let reporter = fake.registered_client().await.error_reporter();
        for (error_type, header) in [
            ("Extension.ConfigInvalid", "Extension.ConfigInvalid"),
            ("two\r\nlines 🚀", "two__lines__"),
            ("", "Extension.Error"),
            (" \n ", "Extension.Error"),
            (&"x".repeat(5_000), &"x".repeat(256)),
        ] {
            let platform = async {
                let request = fake.expect(fake::EXIT_ERROR).await;
                assert_eq!(
                    request.header("lambda-extension-function-error-type"),
                    header
                );
                request.accepted();
            };
            let error = ErrorRequest::new(error_type, "test");
            tokio::join!(reporter.exit_error(&error), platform)
                .0
                .unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn long_report_is_shortened_to_the_platforms_limit() {
    let handler = Scripted {
        init: Script::Err(|| "é".repeat(5 << 20).into()),
        ..Scripted::default()
    };
    let (body, _) = report(handler, fake::INIT_ERROR, async |_| {}).await;
    assert_eq!(body["errorMessage"].as_str().unwrap().len(), 64 << 10);
}

#[tokio::test]
async fn error_causes_are_its_stack_trace() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl std::fmt::Display for Outer {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("bad port")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let handler = Scripted {
        init: Script::Err(|| Box::new(Outer("x".parse::<u16>().unwrap_err()))),
        ..Scripted::default()
    };
    let (body, _) = report(handler, fake::INIT_ERROR, async |_| {}).await;
    assert_eq!(body["errorMessage"], "bad port");
    assert_eq!(
        body["stackTrace"],
        serde_json::json!(["invalid digit found in string"])
    );
}

#[tokio::test]
async fn hanging_shutdown_is_cancelled_and_counts_as_done() {
    let handler = Scripted {
        shutdown: Script::Never,
        ..Scripted::default()
    };
    let calls = Rc::clone(&handler.calls);
    let (outcome, _) = play(handler, async |fake| {
        fake.request().await.registered();
        fake.expect(fake::NEXT).await.shutdown();
        while calls
            .borrow()
            .last()
            .is_none_or(|last| !last.starts_with("shutdown"))
        {
            tokio::task::yield_now().await;
        }
        // Only the budget of `shutdown` is under way, so the clock may jump to its end.
        tokio::time::pause();
    })
    .await;
    outcome.unwrap();
}

/// A type that makes its own value.
struct Made {
    how: &'static str,
    function: String,
}

impl Handler for Made {
    const CONFIG: Config = Config::new(&[EventType::Shutdown]);
}

impl Launch for Made {
    type Prepared = &'static str;

    async fn prepare() -> Result<Self::Prepared, Error> {
        Ok("prepared")
    }

    async fn create(prepared: Self::Prepared, register: &Register) -> Result<Self, Error> {
        let function = register.function_name.clone();
        Ok(Self {
            how: prepared,
            function,
        })
    }
}

#[tokio::test]
async fn type_is_prepared_before_register_and_made_after() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            fake.expect(fake::NEXT).await.shutdown();
        };
        let made: Made = tokio::join!(extension.launch(), platform).0.unwrap();
        assert_eq!((made.how, &*made.function), ("prepared", "orders"));
    })
    .await;
}

struct Unprepared;

impl Handler for Unprepared {
    const CONFIG: Config = Config::new(&[EventType::Invoke]);
}

impl Launch for Unprepared {
    type Prepared = Self;

    async fn prepare() -> Result<Self, Error> {
        Err("the port is taken".into())
    }

    async fn create(prepared: Self, _: &Register) -> Result<Self, Error> {
        Ok(prepared)
    }
}

#[tokio::test]
async fn failed_prepare_is_returned_if_register_fails() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async { fake.expect(fake::REGISTER).await.reply(403, "", "{}") };
        let outcome = tokio::join!(extension.launch::<Unprepared>(), platform).0;
        let error = outcome.err().unwrap();
        assert_eq!(error.to_string(), "`prepare` failed: the port is taken");
    })
    .await;
}

#[tokio::test]
async fn failed_prepare_is_an_init_error_after_register() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            let report = fake.expect(fake::INIT_ERROR).await;
            assert_eq!(report.json()["errorMessage"], "the port is taken");
            assert_eq!(report.json()["errorType"], "Extension.PrepareFailed");
            report.accepted();
        };
        let outcome = tokio::join!(extension.launch::<Unprepared>(), platform).0;
        let error = outcome.err().unwrap();
        assert_eq!(error.to_string(), "`prepare` failed: the port is taken");
        assert!(fake.unasked().is_none());
    })
    .await;
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

#[tokio::test]
async fn every_report_is_accepted_by_the_emulator() {
    let fails = |init: bool| Scripted {
        init: if init {
            Script::Err(two_lines)
        } else {
            Script::Ok
        },
        invoke: Script::Err(two_lines),
        ..Scripted::default()
    };
    for (handler, call, error_type) in [
        (fails(true), Call::InitError, "Extension.InitError"),
        (fails(false), Call::ExitError, "Extension.ExitError"),
    ] {
        bounded(async {
            let emulator = Emulator::builder().start().await.unwrap();
            let extension = emulator.extension("audit");
            let scenario = async {
                emulator.init().await?;
                emulator.invoke(Invocation::default()).await
            };
            let (outcome, failure) = tokio::join!(extension.run(handler), scenario);
            assert!(outcome.is_err());
            match failure.unwrap_err() {
                EmulatorError::Failed {
                    error_type: found, ..
                } => assert_eq!(found, error_type),
                other => panic!("{other}"),
            }
            let record = emulator.record();
            let reports: Vec<_> = record
                .error_reports("audit")
                .map(|report| report.call)
                .collect();
            assert_eq!(reports, [Some(call)], "{record}");
        })
        .await;
    }
}

/// By the attribute, without its `main`.
mod attribute {
    use lambda_ext::{InvokeEvent, Register, lambda_extension};

    pub(super) struct Constructed {
        pub(super) function: String,
        pub(super) invocations: u32,
    }

    #[lambda_extension(main = false)]
    impl Constructed {
        async fn init(register: Register) -> Self {
            Self {
                function: register.function_name,
                invocations: 0,
            }
        }

        async fn invoke(&mut self, _: InvokeEvent) {
            self.invocations += 1;
        }

        async fn shutdown(&mut self, _: lambda_ext::ShutdownEvent) {}
    }
}

#[tokio::test]
async fn launched_type_with_constructor_is_returned() {
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let extension = emulator.extension("constructed");
        let scenario = async {
            emulator.init().await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let (handler, outcome) =
            tokio::join!(extension.launch::<attribute::Constructed>(), scenario);
        outcome.unwrap();
        let handler = handler.unwrap();
        assert_eq!(
            (&*handler.function, handler.invocations),
            ("my-function", 1)
        );
    })
    .await;
}
