//! Internal extensions, in the test's process and as programs: registration, signals, and failures.

use std::cell::RefCell;
use std::rc::Rc;

use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{
    Config, Error, EventType, Extension, Handler, InvokeEvent, Register, ShutdownReason,
};
use lambda_ext_tests::emulated::calls;
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program::{self, Ended, Program};
use lambda_ext_tests::raw::Raw;
use reqwest::Method;

const INSIDE: &str = env!("CARGO_BIN_EXE_inside");
const RUNTIME: &str = "/2018-06-01/runtime/invocation";

/// Notes its calls.
struct Noting(Rc<RefCell<Vec<String>>>);

impl Handler for Noting {
    const CONFIG: Config = Config::new(&[EventType::Invoke]);

    async fn init(&mut self, register: Register) -> Result<(), Error> {
        self.0
            .borrow_mut()
            .push(format!("init {}", register.function_name));
        Ok(())
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.0
            .borrow_mut()
            .push(format!("invoke {}", event.request_id));
        Ok(())
    }
}

/// A runtime that answers this many invocations, and leaves then.
async fn function(raw: &Raw, invocations: usize) -> Result<(), Error> {
    for _ in 0..invocations {
        let next = raw
            .send((Method::GET, &format!("{RUNTIME}/next")), &[], "")
            .await;
        let id = next.headers()["lambda-runtime-aws-request-id"].to_str()?;
        let path = format!("{RUNTIME}/{id}/response");
        raw.send((Method::POST, &path), &[], "null").await;
    }
    raw.send((Method::GET, &format!("{RUNTIME}/next")), &[], "")
        .await;
    Ok(())
}

#[tokio::test]
async fn internal_extension_registers_before_the_runtime_and_gets_each_invocation() {
    bounded(async {
        let emulator = Emulator::builder()
            .attached_runtime()
            .start()
            .await
            .unwrap();
        emulator.expect_internal("inside");
        let raw = Raw::of(&emulator);
        let noted = Rc::default();
        let internal = async {
            let extension = Extension::builder()
                .name("inside")
                .runtime_api(emulator.runtime_api())
                .build()?;
            let inside = extension
                .register_internal(Noting(Rc::clone(&noted)))
                .await?;
            assert_eq!(calls(&emulator.record()), ["register"]);
            inside.run_beside(function(&raw, 2)).await
        };
        let scenario = async {
            for id in ["1", "2"] {
                emulator
                    .invoke(Invocation::default().request_id(id))
                    .await?;
            }
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::select! {
            outcome = internal => panic!("{outcome:?}"),
            outcome = scenario => outcome.unwrap(),
        }
        assert_eq!(
            *noted.borrow(),
            ["init my-function", "invoke 1", "invoke 2"]
        );
        emulator.record().assert_clean();
    })
    .await;
}

#[tokio::test]
async fn internal_extension_that_is_not_run_calls_nothing() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = Extension::builder()
            .name("inside")
            .runtime_api(fake.runtime_api())
            .build()
            .unwrap();
        let registered = extension.register_internal(Noting(Rc::default()));
        let platform = async { fake.expect(fake::REGISTER).await.registered() };
        let (inside, ()) = tokio::join!(registered, platform);
        let inside = inside.unwrap();
        assert!(fake.unasked().is_none());
        // The error of the function is the outcome.
        let outcome = inside.run_beside(async { Err("out of orders") }).await;
        assert_eq!(outcome.unwrap_err().to_string(), "out of orders");
    })
    .await;
}

async fn inside(
    environment: &[(&str, &str)],
    play: impl AsyncFnOnce(&mut Fake, &Program),
) -> Ended {
    program::run(INSIDE, environment, play).await
}

#[tokio::test]
async fn sigterm_drops_next_calls_shutdown_and_exits_with_0() {
    let ended = inside(&[], async |fake, program| {
        let register = fake.expect(fake::REGISTER).await;
        assert_eq!(register.header("lambda-extension-name"), "inside");
        assert_eq!(register.body, r#"{"events":["INVOKE"]}"#);
        register.registered();
        fake.expect(fake::NEXT).await.invoke("1");
        let next = fake.expect(fake::NEXT).await;
        program.signal("TERM").await;
        next.hung_up().await;
    })
    .await;
    let lines = "init: orders\nfunction\ninvoke: 1\nshutdown: Other(\"SIGTERM\"), true\n";
    assert_eq!(ended.stdout, lines);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn sigterm_cancels_a_hanging_method_and_calls_shutdown() {
    let ended = inside(&[("FAIL", "stop")], async |fake, _| {
        fake.expect(fake::REGISTER).await.registered();
        fake.expect(fake::NEXT).await.invoke("1");
    })
    .await;
    let shutdown = "invoke: 1\nshutdown: Other(\"SIGTERM\"), true\n";
    assert!(ended.stdout.ends_with(shutdown), "{ended:?}");
    let cut = "inside: `invoke` was cancelled after ";
    assert!(ended.stderr.starts_with(cut), "{ended:?}");
    assert_eq!(ended.code, Some(0));
}

#[tokio::test]
async fn failure_is_reported_and_ends_the_functions_process() {
    for (method, path) in [("invoke", fake::EXIT_ERROR), ("init", fake::INIT_ERROR)] {
        let ended = inside(&[("FAIL", method)], async |fake, _| {
            fake.expect(fake::REGISTER).await.registered();
            if method == "invoke" {
                fake.expect(fake::NEXT).await.invoke("1");
            }
            let report = fake.expect(path).await;
            assert_eq!(report.json()["errorMessage"], "the disk is on fire");
            report.accepted();
        })
        .await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("the disk is on fire"), "{ended:?}");
        // The function is not begun by an extension that fails before it.
        let began = ended.stdout.contains("function\n");
        assert_eq!(began, method == "invoke", "{ended:?}");
    }
}

#[tokio::test]
async fn disabled_or_managed_extension_registers_for_nothing_and_exits_with_0() {
    for (name, value, said) in [
        (
            "LAMBDA_EXT_DISABLED",
            "inside",
            "disabled by LAMBDA_EXT_DISABLED",
        ),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "lambda-managed-instances",
            "Managed Instances send no INVOKE to extensions: registering for no event",
        ),
    ] {
        let ended = inside(&[(name, value)], async |fake, program| {
            let register = fake.expect(fake::REGISTER).await;
            assert_eq!(register.body, r#"{"events":[]}"#);
            register.registered();
            let next = fake.expect(fake::NEXT).await;
            program.signal("TERM").await;
            next.hung_up().await;
        })
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stderr, format!("inside: {said}\n"));
        let called = ended.stdout.contains("shutdown: ");
        assert_eq!(called, name != "LAMBDA_EXT_DISABLED", "{ended:?}");
    }
}
