//! Custom runtimes, and the internal extensions inside them. Needs `python3`.

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::{Phase, StepKind};
use lambda_ext::emulator::{Call, Emulator, Invocation, Outcome};
use lambda_ext_tests::emulated::{fixture, happened};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use reqwest::Method;

use crate::FUNCTION;

#[tokio::test]
async fn internal_extension_gets_invoke_and_no_shutdown() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        emulator.expect_internal("inside");
        let internal = async {
            let id = raw.registered("inside", r#"["INVOKE"]"#).await;
            assert_eq!(raw.next(&id).await.status(), 200);
            raw.next(&id).await
        };
        let scenario = async {
            emulator.init().await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::select! {
            response = internal => panic!("{response:?}"),
            outcome = scenario => outcome.unwrap(),
        }
    })
    .await;
}

/// A function of one's own, in Python, on the Runtime API.
async fn with_function() -> Emulator {
    Emulator::builder()
        .executable(env!("CARGO_BIN_EXE_failing"))
        .runtime(FUNCTION)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn custom_runtime_answers_and_ends_by_sigterm() {
    bounded(async {
        let emulator = with_function().await;
        let payload = r#"{"order":17}"#;
        let invocation = Invocation::default().timeout(Duration::from_secs(30));
        let invoked = emulator.invoke(invocation.payload(payload)).await.unwrap();
        assert_eq!(invoked.response.as_deref(), Some(payload));
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let left = StepKind::RuntimeExited {
            code: Some(0),
            signal: None,
        };
        let record = emulator.record();
        assert!(
            record.steps.iter().any(|step| step.kind == left),
            "{record}"
        );
        assert_eq!(record.exits("failing"), [Some(0)]);
    })
    .await;
}

#[tokio::test]
async fn custom_runtime_that_hangs_or_exits_resets_the_environment() {
    bounded(async {
        let emulator = with_function().await;
        emulator.init().await.unwrap();
        let never = Invocation::default().payload(r#"{"never":true}"#);
        let invoked = emulator
            .invoke(never.timeout(Duration::from_millis(300)))
            .await
            .unwrap();
        assert_eq!(invoked.outcome, Outcome::Timeout);
        let exit = Invocation::default().payload(r#"{"exit":3}"#);
        let exit = exit.timeout(Duration::from_secs(30));
        let error = emulator.invoke(exit.clone()).await.unwrap_err();
        assert_eq!(error.to_string(), "Runtime.ExitError: the runtime exited");
        // Unless it was asked for.
        let asked = emulator.invoke(exit.outcome(Outcome::Crash)).await.unwrap();
        assert_eq!(asked.outcome, Outcome::Crash);
        let record = emulator.record();
        let reasons: Vec<_> = record
            .phases()
            .into_iter()
            .filter_map(|time| match time.phase {
                Phase::Shutdown { reason } => Some(reason),
                _ => None,
            })
            .collect();
        let failure = ShutdownReason::Failure;
        assert_eq!(
            reasons,
            [ShutdownReason::Timeout, failure.clone(), failure],
            "{record}"
        );
    })
    .await;
}

#[tokio::test]
async fn attached_runtime_gets_its_invocations() {
    bounded(async {
        let builder = Emulator::builder().attached_runtime();
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let runtime = async {
            let next = "/2018-06-01/runtime/invocation/next";
            let invocation = raw.send((Method::GET, next), &[], "").await;
            let header = |name: &str| invocation.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("lambda-runtime-aws-request-id"), "1");
            assert_eq!(header("lambda-runtime-trace-id"), "Root=1-2");
            assert_eq!(
                header("lambda-runtime-invoked-function-arn"),
                "arn:aws:lambda:eu-west-1:1:function:f:live"
            );
            assert!(header("lambda-runtime-deadline-ms").parse::<u64>().is_ok());
            assert_eq!(invocation.text().await.unwrap(), "7");
            for (id, status) in [("2", 400), ("1", 202), ("1", 403)] {
                let path = format!("/2018-06-01/runtime/invocation/{id}/response");
                let response = raw.send((Method::POST, &path), &[], "8").await;
                assert_eq!(response.status(), status);
            }
            raw.send((Method::GET, next), &[], "").await
        };
        let invocation = Invocation::default()
            .request_id("1")
            .trace_header("Root=1-2")
            .function_arn("arn:aws:lambda:eu-west-1:1:function:f:live")
            .payload("7");
        tokio::select! {
            response = runtime => panic!("{response:?}"),
            invoked = emulator.invoke(invocation) => {
                assert_eq!(invoked.unwrap().response.as_deref(), Some("8"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn custom_runtime_starts_after_every_external_registration() {
    bounded(async {
        let emulator = Emulator::builder()
            .executable(fixture("stays.sh"))
            .runtime(FUNCTION)
            .init_timeout(Duration::from_secs(30))
            .start()
            .await
            .unwrap();
        let _ = emulator.extension("ext");
        let raw = Raw::of(&emulator);
        let play = async {
            happened(&emulator, |what| matches!(what, StepKind::Launched { .. })).await;
            let one = raw.registered("stays.sh", "[]").await;
            let two = raw.registered("ext", "[]").await;
            tokio::join!(raw.next(&one), raw.next(&two))
        };
        tokio::select! {
            responses = play => panic!("{responses:?}"),
            outcome = emulator.init() => outcome.unwrap(),
        }
        let record = emulator.record();
        let steps = record.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Answered(request) if request.call == Some(Call::Register) => {
                Some("registers")
            }
            StepKind::RuntimeStarted { .. } => Some("starts"),
            _ => None,
        });
        let expected = ["registers", "registers", "starts"];
        assert_eq!(steps.collect::<Vec<_>>(), expected, "{record}");
    })
    .await;
}
