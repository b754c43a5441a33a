//! Extensions that fail or exit early, and what happens to the environment.

use std::time::Duration;

use lambda_ext::emulator::record::{Phase, StepKind};
use lambda_ext::emulator::{Emulator, Initialization, Invocation};
use lambda_ext::{Error, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

const BOTH: &str = r#"["INVOKE","SHUTDOWN"]"#;

/// Lives until SHUTDOWN, and tells what it got.
async fn lives(raw: &Raw, name: &str) -> Result<Vec<String>, Error> {
    lives_for(raw, name, BOTH).await
}

async fn lives_for(raw: &Raw, name: &str, events: &str) -> Result<Vec<String>, Error> {
    let id = raw.registered(name, events).await;
    let mut got = Vec::new();
    loop {
        let text = raw.next(&id).await.text().await?;
        let event: Value = serde_json::from_str(&text)?;
        if let Some(reason) = event["shutdownReason"].as_str() {
            got.push(reason.to_owned());
            return Ok(got);
        }
        got.push(event["requestId"].as_str().unwrap().to_owned());
    }
}

fn invocation(id: &str) -> Invocation {
    Invocation::default().request_id(id)
}

fn phases(emulator: &Emulator) -> Vec<Phase> {
    let phases = emulator.record().phases();
    phases.into_iter().map(|time| time.phase).collect()
}

#[tokio::test(start_paused = true)]
async fn failed_init_ends_when_its_extension_exits() {
    const STAYS: Duration = Duration::from_secs(5);
    bounded(async {
        for (which, error_type) in [
            ("init", "Extension.InitError"),
            ("exit", "Extension.ExitError"),
        ] {
            let emulator = Emulator::start().await.unwrap();
            let raw = Raw::of(&emulator);
            let ext = emulator.extension("ext").run_future(async {
                let id = raw.registered("ext", BOTH).await;
                assert_eq!(raw.report(which, &id).await.status(), 202);
                sleep(STAYS).await;
                Err::<(), Error>("the end".into())
            });
            let begin = Instant::now();
            let (_, ended) = tokio::join!(ext, emulator.init());
            let expected = format!("{error_type}: `ext` reported Extension.Boom");
            assert_eq!(ended.unwrap_err().to_string(), expected);
            assert_eq!(begin.elapsed(), STAYS);
        }
    })
    .await;
}

#[tokio::test]
async fn exit_during_init_ends_it_for_all() {
    bounded(async {
        for (initialization, reason) in [
            (Initialization::OnDemand, "spindown"),
            (Initialization::ManagedInstances, "failure"),
        ] {
            let builder = Emulator::builder().initialization(initialization);
            let emulator = builder.start().await.unwrap();
            let raw = Raw::of(&emulator);
            let leaves = emulator.extension("leaves").run_future(async {
                raw.registered("leaves", "[]").await;
                Ok::<_, Error>(())
            });
            let stays = emulator.extension("stays");
            let stays = stays.run_future(lives_for(&raw, "stays", r#"["SHUTDOWN"]"#));
            let (_, got, ended) = tokio::join!(leaves, stays, emulator.init());
            let ended = ended.unwrap_err().to_string();
            assert_eq!(ended, "Extension.Crash: `leaves` exited without a report");
            assert_eq!(got.unwrap(), [reason]);
        }
    })
    .await;
}

#[tokio::test]
async fn exit_during_invocation_ends_environment_and_starts_another() {
    bounded(async {
        for failing in [false, true] {
            let emulator = Emulator::start().await.unwrap();
            let raw = Raw::of(&emulator);
            let leaves = emulator.extension("leaves").run_future(async {
                let id = raw.registered("leaves", BOTH).await;
                raw.next(&id).await;
                if failing {
                    return Err(Error::from("with code 1"));
                }
                Ok(())
            });
            let stays = emulator.extension("stays").run_future(lives(&raw, "stays"));
            let (_, got, ended) = tokio::join!(leaves, stays, emulator.invoke(invocation("1")));
            let ended = ended.unwrap_err().to_string();
            assert_eq!(ended, "Extension.Crash: `leaves` exited without a report");
            assert_eq!(got.unwrap(), ["1", "failure"]);
            assert_eq!(
                emulator.record().exits("leaves"),
                [Some(i32::from(failing))]
            );

            let one = emulator
                .extension("leaves")
                .run_future(lives(&raw, "leaves"));
            let two = emulator.extension("stays").run_future(lives(&raw, "stays"));
            let (one, two, ()) = tokio::try_join!(one, two, async {
                emulator.invoke(invocation("2")).await?;
                emulator.shutdown(ShutdownReason::Spindown).await
            })
            .unwrap();
            assert_eq!((one, two.len()), (two.clone(), 2));
            let request_id = "2".to_owned();
            assert_eq!(
                phases(&emulator)[3..],
                [
                    Phase::Init { suppressed: true },
                    Phase::Invoke { request_id },
                    Phase::Shutdown {
                        reason: ShutdownReason::Spindown
                    },
                ]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn exit_between_invocations_fails_the_next_one() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let (go, gone) = oneshot::channel();
        let leaves = emulator.extension("leaves").run_future(async {
            let id = raw.registered("leaves", BOTH).await;
            raw.next(&id).await;
            tokio::select! {
                response = raw.next(&id) => panic!("{response:?}"),
                outcome = gone => outcome.map_err(Error::from),
            }
        });
        let stays = emulator.extension("stays").run_future(lives(&raw, "stays"));
        let scenario = async {
            emulator.invoke(invocation("1")).await.unwrap();
            go.send(()).unwrap();
            while emulator.record().exits("leaves").is_empty() {
                tokio::task::yield_now().await;
            }
            emulator.invoke(invocation("2")).await
        };
        let (left, got, ended) = tokio::join!(leaves, stays, scenario);
        left.unwrap();
        assert_eq!(got.unwrap(), ["1", "2", "failure"]);
        let ended = ended.unwrap_err().to_string();
        assert_eq!(ended, "Extension.Crash: `leaves` exited without a report");
        let record = emulator.record();
        let failed = record.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Ended {
                phase: Phase::Invoke { request_id },
                error,
            } => Some((request_id.as_str(), error.is_some())),
            _ => None,
        });
        assert_eq!(failed.collect::<Vec<_>>(), [("1", false), ("2", true)]);
    })
    .await;
}
