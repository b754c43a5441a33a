//! The emulator drives an environment through its phases, with extensions of every kind.

use std::time::Duration;

use lambda_ext::emulator::record::{Kill, Phase, Step, What};
use lambda_ext::emulator::{Emulator, EmulatorError, Initialization, Invocation, Outcome, State};
use lambda_ext::{Config, Error, EventType, Handler, InvokeEvent, ShutdownEvent, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{Raw, answer};
use reqwest::Method;

/// An environment that expects the external extension `ext`, which the test itself plays.
async fn environment() -> (Emulator, Raw) {
    let emulator = Emulator::start().await.unwrap();
    let _ = emulator.extension("ext");
    let raw = Raw::of(&emulator);
    (emulator, raw)
}

async fn with_executable(path: &str) -> Emulator {
    Emulator::builder().executable(path).start().await.unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Waits until a step has happened.
async fn happened(emulator: &Emulator, meant: impl Fn(&What) -> bool) {
    while !emulator.record().steps.iter().any(|step| meant(&step.what)) {
        tokio::task::yield_now().await;
    }
}

/// A handler that remembers what it got, and is busy with it for a while.
#[derive(Debug, Default)]
struct Diary {
    events: Vec<String>,
    busy: Duration,
}

impl Handler for Diary {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        tokio::time::sleep(self.busy).await;
        self.events.push(event.request_id);
        Ok(())
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        self.events.push(event.shutdown_reason.to_string());
        Ok(())
    }
}

#[tokio::test]
async fn init_names_who_is_missing_at_its_end() {
    bounded(async {
        let (emulator, raw) = environment().await;
        tokio::time::pause();
        let error = emulator.init().await.unwrap_err();
        assert_eq!(error.to_string(), "`ext` did not register in time");
        tokio::time::resume();
        let _ = emulator.extension("ext");
        raw.registered("ext", "[]").await;
        tokio::time::pause();
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ext` did not ask for its first event in time"
        );
    })
    .await;
}

#[tokio::test]
async fn an_invocation_names_who_holds_it_at_its_timeout() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let extension = async {
            assert_eq!(raw.next(&id).await.status(), 200);
            // And nothing more, so the clock may jump to the timeout.
            tokio::time::pause();
        };
        let scenario = async {
            emulator.init().await.unwrap();
            emulator.invoke(Invocation::default()).await
        };
        let error = tokio::join!(extension, scenario).1.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ext` did not ask for the next event in time"
        );
    })
    .await;
}

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
async fn a_process_is_seen_from_its_start_to_its_end() {
    bounded(async {
        let emulator = launched(&[]).await;
        emulator.init().await.unwrap();
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let steps: Vec<What> = emulator
            .record()
            .steps
            .into_iter()
            .map(|step| step.what)
            .collect();
        let extension = || "failing".to_owned();
        let reason = ShutdownReason::Spindown;
        for expected in [
            What::Began(Phase::Init { suppressed: false }),
            What::Receives {
                extension: extension(),
                event: EventType::Invoke,
            },
            What::Began(Phase::Shutdown { reason }),
            What::Receives {
                extension: extension(),
                event: EventType::Shutdown,
            },
            What::Output {
                extension: extension(),
                line: "shutdown: Spindown".to_owned(),
            },
            What::Left {
                extension: extension(),
                code: Some(0),
                state: State::Exited,
            },
        ] {
            assert!(steps.contains(&expected), "{expected:?} in {steps:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_process_that_leaves_after_a_report_fails_the_environment_with_it() {
    bounded(async {
        let emulator = launched(&[("FAIL_IN", "init"), ("FAIL_BY", "typed error")]).await;
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.InitError: `failing` reported Extension.DiskFull"
        );
        let left = |step: &Step| matches!(&step.what, What::Left { code: Some(1), .. });
        assert!(
            emulator.record().steps.iter().any(left),
            "{}",
            emulator.record()
        );
    })
    .await;
}

#[tokio::test]
async fn a_process_that_leaves_without_a_report_is_a_crash() {
    bounded(async {
        let emulator = with_executable("/bin/true").await;
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.Crash: `true` left without a report"
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
        happened(&emulator, |what| matches!(what, What::Launched { .. })).await;
        let id = raw.registered("stays.sh", events).await;
        raw.next(&id).await
    };
    let (_, outcome) = tokio::join!(play, scenario);
    (emulator, outcome)
}

fn was_killed(emulator: &Emulator, why: Kill) -> bool {
    let extension = "stays.sh".to_owned();
    let killed = What::Killed { extension, why };
    emulator
        .record()
        .steps
        .iter()
        .any(|step| step.what == killed)
}

#[tokio::test]
async fn a_process_that_does_not_leave_at_shutdown_is_killed_and_that_is_a_failure() {
    bounded(async {
        let (emulator, outcome) = staying(r#"["SHUTDOWN"]"#, ShutdownReason::Spindown).await;
        let expected = "`stays.sh` did not leave by itself with code 0 at SHUTDOWN";
        assert_eq!(outcome.unwrap_err().to_string(), expected);
        assert!(
            was_killed(&emulator, Kill::Deadline),
            "{}",
            emulator.record()
        );
    })
    .await;
}

#[tokio::test]
async fn a_process_that_did_not_register_for_shutdown_is_killed_and_that_is_no_failure() {
    bounded(async {
        let emulator = with_executable(&fixture("stays.sh")).await;
        let raw = Raw::of(&emulator);
        let play = async {
            happened(&emulator, |what| matches!(what, What::Launched { .. })).await;
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
            was_killed(&emulator, Kill::NotRegisteredForShutdown),
            "{record}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_executed_fails_init_as_a_launch_error() {
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
async fn two_executables_of_one_name_are_refused_at_the_start() {
    let builder = Emulator::builder()
        .executable("/bin/true")
        .executable("/usr/bin/true");
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.to_string(), "two executables have the name `true`");
}

#[tokio::test]
async fn extensions_of_this_process_run_side_by_side_and_come_back() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let one = emulator.extension("one").run(Diary::default());
        let two = emulator.extension("two").run(Diary::default());
        let (one, two, ()) = tokio::try_join!(one, two, async {
            emulator.init().await?;
            emulator
                .invoke(Invocation::default().request_id("1"))
                .await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        assert_eq!(one.events, ["1", "spindown"]);
        assert_eq!(two.events, ["1", "spindown"]);
    })
    .await;
}

#[tokio::test]
async fn an_extension_of_this_process_that_takes_no_shutdown_is_killed() {
    struct Idle;
    impl Handler for Idle {
        const CONFIG: Config = Config::new(&[EventType::Invoke]);
    }
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("idle").run(Idle);
        let (outcome, ended) = tokio::join!(extension, async {
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        });
        ended.unwrap();
        assert!(matches!(outcome, Err(EmulatorError::Killed { .. })));
        assert_eq!(emulator.record().exits("idle"), [None]);
    })
    .await;
}

#[tokio::test]
async fn an_extension_of_this_process_that_fails_says_what_failed_and_fails_the_environment() {
    struct Failing;
    impl Handler for Failing {
        const CONFIG: Config = Config::new(&[EventType::Invoke]);

        async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
            Err("the disk is full".into())
        }
    }
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("ext").run(Failing);
        let (outcome, ended) = tokio::join!(extension, emulator.invoke(Invocation::default()));
        let said = outcome.err().unwrap().to_string();
        assert_eq!(said, "`ext`: `invoke` failed: the disk is full");
        let failed = ended.unwrap_err().to_string();
        assert_eq!(
            failed,
            "Extension.ExitError: `ext` reported Extension.InvokeFailed"
        );
    })
    .await;
}

#[tokio::test]
async fn an_extension_that_leaves_is_a_crash_even_without_an_error() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let leaves = emulator.extension("ext").play(async { Ok::<_, Error>(7) });
        let (left, ended) = tokio::join!(leaves, emulator.init());
        assert_eq!(left.unwrap(), 7);
        let failed = ended.unwrap_err().to_string();
        assert_eq!(failed, "Extension.Crash: `ext` left without a report");
    })
    .await;
}

#[tokio::test]
async fn a_timeout_of_the_function_resets_the_environment_and_the_next_invocation_starts_it_again()
{
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let first = emulator.extension("ext").run(Diary::default());
        let (first, invoked) = tokio::try_join!(first, async {
            emulator.init().await?;
            let timeout = Invocation::default().outcome(Outcome::Timeout);
            emulator
                .invoke(timeout.timeout(Duration::from_millis(50)).request_id("1"))
                .await
        })
        .unwrap();
        assert_eq!(invoked.outcome, Outcome::Timeout);
        assert_eq!(invoked.response, None);
        assert_eq!(first.events, ["1", "timeout"]);

        let second = emulator.extension("ext").run(Diary::default());
        let (second, ()) = tokio::try_join!(second, async {
            emulator
                .invoke(Invocation::default().request_id("2"))
                .await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        assert_eq!(second.events, ["2", "spindown"]);
        let record = emulator.record();
        let phases: Vec<_> = record.phases().into_iter().map(|time| time.phase).collect();
        let invoke = |id: &str| Phase::Invoke {
            request_id: id.to_owned(),
        };
        let shutdown = |reason| Phase::Shutdown { reason };
        let expected = [
            Phase::Init { suppressed: false },
            invoke("1"),
            shutdown(ShutdownReason::Timeout),
            Phase::Init { suppressed: true },
            invoke("2"),
            shutdown(ShutdownReason::Spindown),
        ];
        assert_eq!(phases, expected, "{record}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_of_the_runtime_resets_with_failure_and_an_error_of_the_function_does_not() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("ext").run(Diary::default());
        let (diary, invoked) = tokio::try_join!(extension, async {
            let error = Invocation::default()
                .request_id("1")
                .outcome(Outcome::Error);
            assert_eq!(emulator.invoke(error).await?.outcome, Outcome::Error);
            let crash = Invocation::default()
                .request_id("2")
                .outcome(Outcome::Crash);
            emulator.invoke(crash).await
        })
        .unwrap();
        assert_eq!(invoked.outcome, Outcome::Crash);
        assert_eq!(diary.events, ["1", "2", "failure"]);
    })
    .await;
}

#[tokio::test]
async fn identifiers_are_those_of_one_generation() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let mut ids = Vec::new();
        for _ in 0..2 {
            let extension = emulator.extension("ext").play(async {
                let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
                assert_eq!(raw.next(&id).await.status(), 200);
                Ok::<_, Error>(id)
            });
            let (id, ()) = tokio::try_join!(extension, async {
                emulator.init().await?;
                emulator.shutdown(ShutdownReason::Spindown).await
            })
            .unwrap();
            ids.push(id);
        }
        assert_ne!(ids[0], ids[1]);
        let unknown = answer(raw.next(&ids[0]).await).await;
        assert_eq!(unknown.error_type, "Extension.UnknownExtensionIdentifier");
    })
    .await;
}

#[tokio::test]
async fn the_caller_has_the_response_before_an_extension_that_is_busy_is_done() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let (done, is_done) = tokio::sync::oneshot::channel();
        let extension = emulator.extension("ext").play(async {
            let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
            assert_eq!(raw.next(&id).await.status(), 200);
            is_done.await?;
            raw.next(&id).await;
            Ok::<_, Error>(())
        });
        tokio::try_join!(extension, async {
            let invoked = emulator.call(Invocation::default()).await?;
            assert_eq!(invoked.response.as_deref(), Some("null"));
            done.send(()).unwrap();
            emulator.settle().await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_freeze_of_hours_stops_an_extension_of_this_process_and_its_timers_come_late_at_once() {
    bounded(async {
        const HOURS: Duration = Duration::from_secs(3 * 3600);
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let ticks = std::cell::Cell::new(0);
        let extension = emulator.extension("ext").play(async {
            let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
            let mut timer = tokio::time::interval(Duration::from_secs(60));
            let next = raw.next(&id);
            let mut next = std::pin::pin!(next);
            loop {
                tokio::select! {
                    biased;
                    _ = timer.tick() => ticks.set(ticks.get() + 1),
                    response = &mut next => break Ok::<_, Error>(response.status()),
                }
            }
        });
        let (status, frozen) = tokio::try_join!(extension, async {
            emulator.init().await?;
            let before = ticks.get();
            emulator.freeze(HOURS).await?;
            let frozen = ticks.get() - before;
            emulator.shutdown(ShutdownReason::Spindown).await?;
            Ok(frozen)
        })
        .unwrap();
        assert_eq!(status, 200);
        assert_eq!(frozen, 0, "it is not polled");
        assert!(
            ticks.get() >= 3 * 60,
            "every tick comes after the thaw: {}",
            ticks.get()
        );
    })
    .await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_freeze_stops_processes_and_lets_them_go_on() {
    bounded(async {
        let emulator = with_executable(env!("CARGO_BIN_EXE_failing")).await;
        emulator.init().await.unwrap();
        let record = emulator.record();
        let pid = record.steps.iter().find_map(|step| match step.what {
            What::Launched { pid, .. } => pid,
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

#[tokio::test]
async fn an_internal_extension_is_waited_for_gets_invoke_and_no_shutdown() {
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
    let function = concat!(env!("CARGO_MANIFEST_DIR"), "/rie/function.py");
    Emulator::builder()
        .executable(env!("CARGO_BIN_EXE_failing"))
        .runtime(function)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_runtime_of_ones_own_answers_and_ends_by_sigterm() {
    bounded(async {
        let emulator = with_function().await;
        let payload = r#"{"order":17}"#;
        let invocation = Invocation::default().timeout(Duration::from_secs(30));
        let invoked = emulator.invoke(invocation.payload(payload)).await.unwrap();
        assert_eq!(invoked.response.as_deref(), Some(payload));
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let left = What::RuntimeLeft { code: Some(0) };
        let record = emulator.record();
        assert!(
            record.steps.iter().any(|step| step.what == left),
            "{record}"
        );
        assert_eq!(record.exits("failing"), [Some(0)]);
    })
    .await;
}

#[tokio::test]
async fn a_runtime_of_ones_own_that_does_not_answer_or_leaves_resets_the_environment() {
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
        assert_eq!(error.to_string(), "Runtime.ExitError: the runtime left");
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
async fn a_runtime_that_is_attached_is_handed_its_invocations() {
    bounded(async {
        let builder = Emulator::builder().attached_runtime();
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let runtime = async {
            let next = "/2018-06-01/runtime/invocation/next";
            let invocation = raw.send(Method::GET, next, &[], "").await;
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
                let response = raw.send(Method::POST, &path, &[], "8").await;
                assert_eq!(response.status(), status);
            }
            raw.send(Method::GET, next, &[], "").await
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
async fn launched_extensions_get_the_functions_environment_but_what_lambda_keeps_from_them() {
    bounded(async {
        let emulator = Emulator::builder()
            .executable("/usr/bin/env")
            .env("LOG_LEVEL", "debug")
            .env("_PRIVATE", "1")
            .env("AWS_EXECUTION_ENV", "x")
            .initialization(Initialization::ProvisionedConcurrency)
            .start()
            .await
            .unwrap();
        emulator.init().await.unwrap_err();
        let record = emulator.record();
        let lines: Vec<_> = record.output("env").collect();
        for expected in [
            "LOG_LEVEL=debug",
            "AWS_LAMBDA_FUNCTION_NAME=my-function",
            "AWS_LAMBDA_INITIALIZATION_TYPE=provisioned-concurrency",
            &format!("AWS_LAMBDA_RUNTIME_API={}", emulator.runtime_api()),
        ] {
            assert!(lines.contains(&expected), "{expected} in {lines:#?}");
        }
        for kept in [
            "_PRIVATE",
            "_HANDLER",
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_LOG_GROUP_NAME",
        ] {
            let there = lines.iter().any(|line| line.starts_with(kept));
            assert!(!there, "{kept} in {lines:#?}");
        }
        assert!(
            !lines.iter().any(|line| line.starts_with("CARGO")),
            "{lines:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_record_that_is_to_stay_small_forgets_its_beginning() {
    bounded(async {
        let emulator = Emulator::builder().keep(10).start().await.unwrap();
        for _ in 0..10 {
            emulator.invoke(Invocation::default()).await.unwrap();
        }
        let record = emulator.record();
        assert!(record.steps.len() <= 10, "{record}");
        // Init begins and ends; each invocation begins, is responded to, and ends.
        assert_eq!(record.forgotten + record.steps.len() as u64, 2 + 3 * 10);
    })
    .await;
}

#[tokio::test]
async fn dropping_it_lets_go_of_those_that_wait() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let waiting = tokio::spawn(async move { raw.next(&id).await.status() });
        happened(&emulator, |what| matches!(what, What::Waits { .. })).await;
        drop(emulator);
        assert_eq!(waiting.await.unwrap(), 404);
    })
    .await;
}

#[test]
fn processes_and_their_children_end_with_the_emulator_and_its_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stays_with_child.sh");
    let children = runtime.block_on(bounded(async {
        let emulator = with_executable(script).await;
        // It never registers, so that is as far as it comes.
        let starting = async { emulator.init().await };
        let mut starting = std::pin::pin!(starting);
        let said = |step: Step| match step.what {
            What::Output { line, .. } => Some(line),
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
