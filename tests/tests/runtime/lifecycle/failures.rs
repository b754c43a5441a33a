//! Failures of the event loop: the endpoint that each is reported to, and the text of the report.

use std::rc::Rc;

use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation};
use lambda_ext::{Error, ErrorRequest, ExtensionError, Method, RunError};
use lambda_ext_tests::fake::{self, Fake, bounded};
use serde_json::Value;

use super::{Script, Scripted, play};

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
