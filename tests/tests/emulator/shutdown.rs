//! The shutdown phase: its order, its time limits, and its signals. Needs `python3`.

use std::time::Duration;

use lambda_ext::emulator::record::{KillReason, Phase, Step, StepKind};
use lambda_ext::emulator::{Call, Emulator, ExtensionState, Invocation};
use lambda_ext::{Error, EventType, ShutdownReason};
use lambda_ext_tests::emulated::{fixture, happened};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use reqwest::Method;
use tokio::time::Instant;

use crate::FUNCTION;

const SIGKILL: i32 = 9;

fn began(what: &StepKind) -> bool {
    matches!(what, StepKind::Began(Phase::Shutdown { .. }))
}

fn killed(what: &StepKind) -> bool {
    *what
        == StepKind::RuntimeExited {
            code: None,
            signal: Some(SIGKILL),
        }
}

#[tokio::test]
async fn runtime_without_extensions_is_killed_without_sigterm() {
    bounded(async {
        // It would leave with code 0 by SIGTERM.
        let builder = Emulator::builder().runtime(FUNCTION);
        let emulator = builder.start().await.unwrap();
        let invocation = Invocation::default().timeout(Duration::from_secs(30));
        emulator.invoke(invocation).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        let left = |step: &&Step| matches!(step.kind, StepKind::RuntimeExited { .. });
        let left: Vec<_> = record.steps.iter().filter(left).collect();
        assert!(
            matches!(&left[..], [step] if killed(&step.kind)),
            "{record}"
        );
    })
    .await;
}

/// The extensions, and the time limit of a runtime that stays.
const SHARES: [(&[&str], u64); 3] = [
    (&["external"], 300),
    (&["internal"], 500),
    (&["external", "internal"], 500),
];

/// An environment after init, whose runtime ignores SIGTERM.
async fn with_stubborn_runtime(extensions: &[&str]) -> Emulator {
    let builder = Emulator::builder().runtime(fixture("ignores_sigterm.sh"));
    let emulator = builder.start().await.unwrap();
    let raw = Raw::of(&emulator);
    if extensions.contains(&"external") {
        let _ = emulator.extension("external");
    }
    let mut nexts = tokio::task::JoinSet::new();
    for name in extensions {
        let (raw, id) = (Raw::of(&emulator), raw.registered(name, "[]").await);
        nexts.spawn(async move { raw.next(&id).await });
    }
    tokio::select! {
        () = asks(&emulator, &raw) => panic!("it is answered"),
        outcome = emulator.init() => outcome.unwrap(),
    }
    emulator
}

/// Asks for invocations in place of a runtime that is ready.
async fn asks(emulator: &Emulator, raw: &Raw) {
    happened(emulator, |what| {
        matches!(what, StepKind::FunctionOutput { .. })
    })
    .await;
    let path = Call::RuntimeNext.path();
    raw.send((Method::GET, path), &[], "").await;
}

#[tokio::test]
async fn stubborn_runtime_has_its_share_of_the_time() {
    bounded(async {
        for (extensions, share) in SHARES {
            let share = Duration::from_millis(share);
            // Not less, by the clock of the machine.
            let emulator = with_stubborn_runtime(extensions).await;
            emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
            let record = emulator.record();
            let at = |meant: fn(&StepKind) -> bool| {
                let mut steps = record.steps.iter();
                steps.find(|step| meant(&step.kind)).unwrap().at
            };
            assert!(at(killed) >= at(began) + share, "{record}");

            // And not more, by the clock of the test, which stands still otherwise.
            let emulator = with_stubborn_runtime(extensions).await;
            tokio::time::pause();
            let kill = async {
                happened(&emulator, began).await;
                // Timers go by whole milliseconds.
                tokio::time::advance(share + Duration::from_millis(1)).await;
                happened(&emulator, killed).await;
            };
            let ending = emulator.shutdown(ShutdownReason::Spindown);
            let (outcome, ()) = tokio::join!(ending, kill);
            outcome.unwrap();
            tokio::time::resume();
        }
    })
    .await;
}

#[tokio::test]
async fn shutdown_is_sent_after_the_runtime_has_exited() {
    bounded(async {
        let builder = Emulator::builder().runtime(fixture("ignores_sigterm.sh"));
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let ext = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
            raw.next(&id).await;
            Ok::<_, Error>(())
        });
        let scenario = async {
            emulator.init().await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let lived = async { tokio::try_join!(ext, scenario) };
        // Only its end answers the runtime.
        let (lived, ()) = tokio::join!(lived, asks(&emulator, &raw));
        lived.unwrap();
        let record = emulator.record();
        let place = |meant: &dyn Fn(&StepKind) -> bool| {
            let mut steps = record.steps.iter();
            steps.position(|step| meant(&step.kind))
        };
        let shutdown = |what: &StepKind| {
            let event = EventType::Shutdown;
            matches!(what, StepKind::Receives { event: found, .. } if *found == event)
        };
        let (left, received) = (place(&killed), place(&shutdown));
        assert!(left.is_some() && left < received, "{record}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn stubborn_extension_is_killed_after_two_seconds() {
    bounded(async {
        for (stays, takes) in [(true, Duration::from_secs(2)), (false, Duration::ZERO)] {
            let emulator = Emulator::start().await.unwrap();
            let raw = Raw::of(&emulator);
            let ext = emulator.extension("ext").run_future(async {
                let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
                raw.next(&id).await;
                if stays {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Error>(())
            });
            let scenario = async {
                emulator.init().await.unwrap();
                let begin = Instant::now();
                let outcome = emulator.shutdown(ShutdownReason::Spindown).await;
                assert_eq!(begin.elapsed(), takes);
                outcome
            };
            let (left, outcome) = tokio::join!(ext, scenario);
            assert_eq!((left.is_err(), outcome.is_err()), (stays, stays));
            let record = emulator.record();
            let late = StepKind::Killed {
                extension: "ext".to_owned(),
                reason: KillReason::Deadline,
            };
            let late = record.steps.iter().any(|step| step.kind == late);
            assert_eq!(late, stays, "{record}");
        }
    })
    .await;
}

#[tokio::test]
async fn nonzero_exit_at_shutdown_is_a_failure() {
    bounded(async {
        for (failing, state) in [
            (false, ExtensionState::Exited),
            (true, ExtensionState::ShutdownFailed),
        ] {
            let builder = Emulator::builder().executable(env!("CARGO_BIN_EXE_failing"));
            let builder = if failing {
                builder.env("FAIL_IN", "shutdown").env("FAIL_BY", "error")
            } else {
                builder
            };
            let emulator = builder.start().await.unwrap();
            emulator.init().await.unwrap();
            let outcome = emulator.shutdown(ShutdownReason::Spindown).await;
            let expected = "`failing` did not exit by itself with code 0 at SHUTDOWN";
            let found = outcome.err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), failing.then_some(expected));
            let record = emulator.record();
            let left = StepKind::Exited {
                extension: "failing".to_owned(),
                code: Some(i32::from(failing)),
                signal: None,
                state,
            };
            assert!(
                record.steps.iter().any(|step| step.kind == left),
                "{record}"
            );
        }
    })
    .await;
}
