//! Extensions as processes: how the emulator launches, freezes, and kills them.

use std::time::Duration;

use lambda_ext::emulator::record::{KillReason, Phase, Step, StepKind};
use lambda_ext::emulator::{Emulator, EmulatorError, ExtensionState, Initialization, Invocation};
use lambda_ext::{EventType, ShutdownReason};
use lambda_ext_tests::emulated::{fixture, happened, with_executable};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;

/// The fixture that fails as its environment says, launched as a process.
async fn launched(environment: &[(&str, &str)]) -> Emulator {
    let mut builder = Emulator::builder();
    for (key, value) in environment {
        builder = builder.env(key, value);
    }
    let builder = builder.executable(env!("CARGO_BIN_EXE_failing"));
    builder.start().await.unwrap()
}

#[tokio::test]
async fn process_is_recorded_from_launch_to_exit() {
    bounded(async {
        let emulator = launched(&[]).await;
        emulator.init().await.unwrap();
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let steps: Vec<StepKind> = emulator
            .record()
            .steps
            .into_iter()
            .map(|step| step.kind)
            .collect();
        let extension = || "failing".to_owned();
        let reason = ShutdownReason::Spindown;
        for expected in [
            StepKind::Began(Phase::Init { suppressed: false }),
            StepKind::Receives {
                extension: extension(),
                event: EventType::Invoke,
            },
            StepKind::Began(Phase::Shutdown { reason }),
            StepKind::Receives {
                extension: extension(),
                event: EventType::Shutdown,
            },
            StepKind::Output {
                extension: extension(),
                line: "shutdown: Spindown".to_owned(),
            },
            StepKind::Exited {
                extension: extension(),
                code: Some(0),
                signal: None,
                state: ExtensionState::Exited,
            },
        ] {
            assert!(steps.contains(&expected), "{expected:?} in {steps:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn exit_after_report_fails_the_environment_with_the_report() {
    bounded(async {
        let emulator = launched(&[("FAIL_IN", "init"), ("FAIL_BY", "typed error")]).await;
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.InitError: `failing` reported Extension.DiskFull: no space"
        );
        let left = |step: &Step| matches!(&step.kind, StepKind::Exited { code: Some(1), .. });
        assert!(
            emulator.record().steps.iter().any(left),
            "{}",
            emulator.record()
        );
    })
    .await;
}

#[tokio::test]
async fn exit_without_report_is_a_crash() {
    bounded(async {
        let emulator = with_executable("/bin/true").await;
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.Crash: `true` exited without a report"
        );
    })
    .await;
}

/// A process that registers for nothing by itself and does not leave; the test plays it.
async fn staying(events: &str, reason: ShutdownReason) -> (Emulator, Result<(), EmulatorError>) {
    let emulator = with_executable(&fixture("stays.sh")).await;
    let raw = Raw::of(&emulator);
    let scenario = async {
        emulator.init().await.unwrap();
        emulator.shutdown(reason).await
    };
    let play = async {
        happened(&emulator, |what| matches!(what, StepKind::Launched { .. })).await;
        let id = raw.registered("stays.sh", events).await;
        raw.next(&id).await
    };
    let (_, outcome) = tokio::join!(play, scenario);
    (emulator, outcome)
}

fn was_killed(emulator: &Emulator, reason: KillReason) -> bool {
    let extension = "stays.sh".to_owned();
    let killed = StepKind::Killed { extension, reason };
    emulator
        .record()
        .steps
        .iter()
        .any(|step| step.kind == killed)
}

#[tokio::test]
async fn process_that_stays_after_shutdown_is_killed_and_fails() {
    bounded(async {
        let (emulator, outcome) = staying(r#"["SHUTDOWN"]"#, ShutdownReason::Spindown).await;
        let expected = "`stays.sh` did not exit by itself with code 0 at SHUTDOWN";
        assert_eq!(outcome.unwrap_err().to_string(), expected);
        assert!(
            was_killed(&emulator, KillReason::Deadline),
            "{}",
            emulator.record()
        );
    })
    .await;
}

#[tokio::test]
async fn process_without_shutdown_event_is_killed_without_failure() {
    bounded(async {
        let emulator = with_executable(&fixture("stays.sh")).await;
        let raw = Raw::of(&emulator);
        let play = async {
            happened(&emulator, |what| matches!(what, StepKind::Launched { .. })).await;
            let id = raw.registered("stays.sh", "[]").await;
            raw.next(&id).await
        };
        let scenario = async {
            emulator.init().await.unwrap();
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::select! {
            response = play => assert_eq!(response.status(), 404),
            outcome = scenario => outcome.unwrap(),
        }
        let record = emulator.record();
        assert!(
            was_killed(&emulator, KillReason::NotRegisteredForShutdown),
            "{record}"
        );
    })
    .await;
}

#[tokio::test]
async fn file_that_is_not_executable_is_a_launch_error() {
    bounded(async {
        for (path, name) in [("/etc/hostname", "hostname"), ("/no/such/file", "file")] {
            let emulator = with_executable(path).await;
            let error = emulator.init().await.unwrap_err().to_string();
            let expected = format!("Extension.LaunchError: `{name}` cannot be started: ");
            assert!(error.starts_with(&expected), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_executables_of_one_name_are_refused() {
    let builder = Emulator::builder()
        .executable("/bin/true")
        .executable("/usr/bin/true");
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.to_string(), "two executables have the name `true`");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn freeze_stops_and_resumes_processes() {
    bounded(async {
        let emulator = with_executable(env!("CARGO_BIN_EXE_failing")).await;
        emulator.init().await.unwrap();
        let record = emulator.record();
        let pid = record.steps.iter().find_map(|step| match step.kind {
            StepKind::Launched { pid, .. } => pid,
            _ => None,
        });
        let stat = format!("/proc/{}/stat", pid.unwrap());
        let stopped = async {
            while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
                tokio::task::yield_now().await;
            }
        };
        // The freeze is long: only the stop can end this.
        tokio::select! {
            outcome = emulator.freeze(Duration::from_secs(600)) => panic!("{outcome:?}"),
            () = stopped => {}
        }
        emulator.freeze(Duration::ZERO).await.unwrap();
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    })
    .await;
}

/// Waits until a process is stopped, or until it is not.
#[cfg(target_os = "linux")]
async fn is_stopped(pid: &str, stopped: bool) {
    let stat = format!("/proc/{pid}/stat");
    while std::fs::read_to_string(&stat).unwrap().contains(") T ") != stopped {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn freeze_stops_children_of_processes() {
    bounded(async {
        let emulator = with_executable(&fixture("stays_with_child.sh")).await;
        let raw = Raw::of(&emulator);
        let play = async {
            happened(&emulator, |what| matches!(what, StepKind::Output { .. })).await;
            let id = raw.registered("stays_with_child.sh", "[]").await;
            raw.next(&id).await
        };
        tokio::select! {
            response = play => panic!("{response:?}"),
            outcome = emulator.init() => outcome.unwrap(),
        }
        let record = emulator.record();
        let pids = record.output("stays_with_child.sh").next().unwrap();
        let stopped = async {
            for pid in pids.split(' ') {
                is_stopped(pid, true).await;
            }
        };
        tokio::select! {
            outcome = emulator.freeze(Duration::from_secs(600)) => panic!("{outcome:?}"),
            () = stopped => {}
        }
        for pid in pids.split(' ') {
            is_stopped(pid, false).await;
        }
    })
    .await;
}

#[tokio::test]
async fn extension_environment_lacks_what_lambda_withholds() {
    const KEPT: [&str; 7] = [
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    ];
    bounded(async {
        let builder = Emulator::builder()
            .executable("/usr/bin/env")
            .env("LOG_LEVEL", "debug")
            .env("_PRIVATE", "1")
            .initialization(Initialization::ProvisionedConcurrency);
        let builder = KEPT
            .iter()
            .fold(builder, |builder, key| builder.env(key, "x"));
        let emulator = builder.start().await.unwrap();
        emulator.init().await.unwrap_err();
        let record = emulator.record();
        let lines: Vec<_> = record.output("env").collect();
        for expected in [
            "LOG_LEVEL=debug",
            "AWS_LAMBDA_FUNCTION_NAME=my-function",
            "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
            "AWS_LAMBDA_INITIALIZATION_TYPE=provisioned-concurrency",
            "AWS_LAMBDA_LOG_FORMAT=Text",
            &format!("AWS_LAMBDA_RUNTIME_API={}", emulator.runtime_api()),
            "TZ=:UTC",
        ] {
            assert!(lines.contains(&expected), "{expected} in {lines:#?}");
        }
        let is_there = |key: &str| {
            let found = |line: &&str| line.split('=').next() == Some(key);
            lines.iter().any(found)
        };
        for key in [
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "LANG",
            "PATH",
        ] {
            assert!(is_there(key), "{key} in {lines:#?}");
        }
        for kept in KEPT.iter().chain(&["_PRIVATE", "_HANDLER"]) {
            assert!(!is_there(kept), "{kept} in {lines:#?}");
        }
        assert!(
            !lines.iter().any(|line| line.starts_with("CARGO")),
            "{lines:#?}"
        );
    })
    .await;
}

#[test]
fn dropped_emulator_and_runtime_kill_processes_and_children() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let children = runtime.block_on(bounded(async {
        let emulator = with_executable(&fixture("stays_with_child.sh")).await;
        // It never registers, so that is as far as it comes.
        let starting = async { emulator.init().await };
        let mut starting = std::pin::pin!(starting);
        let said = |step: Step| match step.kind {
            StepKind::Output { line, .. } => Some(line),
            _ => None,
        };
        loop {
            if let Some(line) = emulator.record().steps.into_iter().find_map(said) {
                break line;
            }
            tokio::select! {
                biased;
                outcome = &mut starting => panic!("{outcome:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
    }));
    drop(runtime);
    // Dead, though nobody may have waited for them yet.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    for pid in children.split(' ') {
        let path = format!("/proc/{pid}/stat");
        while let Ok(stat) = std::fs::read_to_string(&path) {
            assert!(std::time::Instant::now() < end, "{stat}");
            if stat.contains(") Z ") || stat.contains(") X ") {
                break;
            }
            std::thread::yield_now();
        }
    }
}
