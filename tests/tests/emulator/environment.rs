//! The phases of an environment with extensions of the test's own process.

use std::time::Duration;

use lambda_ext::emulator::record::{Phase, StepKind};
use lambda_ext::emulator::{
    Call, Emulator, EmulatorError, Fault, Initialization, Invocation, Outcome,
};
use lambda_ext::{Config, Error, EventType, Handler, InvokeEvent, ShutdownEvent, ShutdownReason};
use lambda_ext_tests::emulated::happened;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{Raw, answer};

use super::environment;

/// An environment that expects the external extension `ext`, which the test itself plays.
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
async fn init_timeout_names_missing_extensions() {
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
async fn invocation_timeout_names_busy_extensions() {
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

#[tokio::test]
async fn in_process_extensions_run_together_and_return_their_handlers() {
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
async fn in_process_extension_without_shutdown_is_killed() {
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
        let expected = "`idle` was killed: it is not registered for SHUTDOWN; add a `shutdown` \
                        method, even an empty one, to get its value back";
        assert_eq!(outcome.err().unwrap().to_string(), expected);
        assert_eq!(emulator.record().exits("idle"), [None]);
    })
    .await;
}

#[tokio::test]
async fn failing_in_process_extension_returns_its_error_and_fails_the_environment() {
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
            "Extension.ExitError: `ext` reported Extension.InvokeFailed: the disk is full"
        );
    })
    .await;
}

#[tokio::test]
async fn early_exit_without_error_is_a_crash() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let leaves = emulator
            .extension("ext")
            .run_future(async { Ok::<_, Error>(7) });
        let (left, ended) = tokio::join!(leaves, emulator.init());
        assert_eq!(left.unwrap(), 7);
        let failed = ended.unwrap_err().to_string();
        assert_eq!(failed, "Extension.Crash: `ext` exited without a report");
    })
    .await;
}

#[tokio::test]
async fn function_timeout_resets_and_next_invocation_starts_again() {
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
async fn runtime_crash_resets_and_function_error_does_not() {
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
async fn identifier_of_earlier_generation_is_refused() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let mut ids = Vec::new();
        for _ in 0..2 {
            let extension = emulator.extension("ext").run_future(async {
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
async fn response_is_returned_before_busy_extension_is_done() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let (done, is_done) = tokio::sync::oneshot::channel();
        let extension = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
            assert_eq!(raw.next(&id).await.status(), 200);
            is_done.await?;
            raw.next(&id).await;
            Ok::<_, Error>(())
        });
        tokio::try_join!(extension, async {
            let invoked = emulator
                .invoke_until_response(Invocation::default())
                .await?;
            assert_eq!(invoked.response.as_deref(), Some("null"));
            done.send(()).unwrap();
            emulator.finish_invocation().await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn hours_of_freeze_stop_in_process_extension_and_fire_its_timers_at_thaw() {
    bounded(async {
        const HOURS: Duration = Duration::from_secs(3 * 3600);
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let ticks = std::cell::Cell::new(0);
        let extension = emulator.extension("ext").run_future(async {
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
async fn bounded_record_forgets_its_beginning() {
    bounded(async {
        let emulator = Emulator::builder()
            .max_recorded_steps(10)
            .start()
            .await
            .unwrap();
        for _ in 0..10 {
            emulator.invoke(Invocation::default()).await.unwrap();
        }
        let record = emulator.record();
        assert!(record.steps.len() <= 10, "{record}");
        // Init begins and ends; each invocation begins, is responded to, and ends.
        assert_eq!(record.discarded + record.steps.len() as u64, 2 + 3 * 10);
    })
    .await;
}

#[tokio::test]
async fn dropped_emulator_releases_waiting_calls() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let waiting = tokio::spawn(async move { raw.next(&id).await.status() });
        happened(&emulator, |what| matches!(what, StepKind::Waits { .. })).await;
        drop(emulator);
        assert_eq!(waiting.await.unwrap(), 404);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn managed_instance_runs_invocations_at_once_and_timeout_ends_only_one() {
    bounded(async {
        let builder = Emulator::builder().initialization(Initialization::ManagedInstances);
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let extension = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
            raw.next(&id).await;
            Ok::<_, Error>(())
        });
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let lasting = |id: &str, time| {
            let invocation = Invocation::default().request_id(id).duration(time);
            emulator.invoke(invocation.timeout(minutes(5)))
        };
        let ((), (long, short, late)) = tokio::try_join!(extension, async {
            let invoked = tokio::try_join!(
                lasting("long", minutes(3)),
                lasting("short", minutes(1)),
                lasting("late", minutes(9)),
            )?;
            emulator.shutdown(ShutdownReason::Spindown).await?;
            Ok(invoked)
        })
        .unwrap();
        let outcomes = [long.outcome, short.outcome, late.outcome];
        assert_eq!(
            outcomes,
            [Outcome::Success, Outcome::Success, Outcome::Timeout]
        );
        let record = emulator.record();
        let responded = record.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Responded { request_id, .. } => Some(request_id.as_str()),
            _ => None,
        });
        assert_eq!(responded.collect::<Vec<_>>(), ["short", "long"], "{record}");
        let ends = record
            .phases()
            .into_iter()
            .filter(|time| matches!(time.phase, Phase::Shutdown { .. }));
        assert_eq!(ends.count(), 1, "{record}");
    })
    .await;
}

#[tokio::test]
async fn drive_shuts_down_and_returns_the_extension() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let diary = emulator.extension("ext").run(Diary::default());
        let invoke = emulator.invoke(Invocation::default().request_id("1"));
        let diary = emulator.drive(diary, invoke).await.unwrap();
        assert_eq!(diary.events, ["1", "spindown"]);
        // A second shutdown has no effect.
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        let phases = record.phases();
        assert_eq!(phases.len(), 3, "{record}");
    })
    .await;
}

#[tokio::test]
async fn drive_returns_scenario_error_without_waiting_for_extension() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let diary = emulator.extension("ext").run(Diary::default());
        let scenario = async {
            emulator.invoke(Invocation::default()).await?;
            std::fs::read_to_string("/no/such/file").map_err(Error::from)
        };
        let error = emulator.drive(diary, scenario).await.unwrap_err();
        assert!(error.to_string().starts_with("No such file"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn in_process_extension_is_made_once_before_init() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let one = emulator.extension("ext");
        let same = emulator.extension("ext").run(Diary::default()).await;
        assert_eq!(
            same.unwrap_err().to_string(),
            "`ext` is there already: give every extension a name of its own"
        );
        let scenario = async {
            emulator.init().await?;
            let late = emulator.extension("late").run(Diary::default()).await;
            assert_eq!(
                late.unwrap_err().to_string(),
                "`late` was made after init: make it before the first `init` or `invoke`"
            );
            Ok::<_, EmulatorError>(())
        };
        emulator
            .drive(one.run(Diary::default()), scenario)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn in_process_extension_not_restarted_after_reset_is_missed() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let diary = emulator.extension("ext").run(Diary::default());
        let crash = Invocation::default().outcome(Outcome::Crash);
        emulator.drive(diary, emulator.invoke(crash)).await.unwrap();
        let error = emulator.invoke(Invocation::default()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("`ext` ran before the reset"), "{text}");
        // A test that ends with it shows the same.
        assert_eq!(format!("{error:?}"), text);
        let diary = emulator.extension("ext").run(Diary::default());
        emulator
            .drive(diary, emulator.invoke(Invocation::default()))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn fault_without_its_call_is_pending() {
    let emulator = Emulator::start().await.unwrap();
    let fault = Fault::Reply {
        status: 500,
        body: String::new(),
    };
    emulator.inject(Call::Register, fault.clone());
    emulator.inject(Call::Next, Fault::Close);
    let response = Raw::of(&emulator).register("ext", "{}").await;
    assert_eq!(response.status(), 500);
    assert_eq!(emulator.pending_faults(), [(Call::Next, Fault::Close)]);
}
