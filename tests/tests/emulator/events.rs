//! INVOKE and SHUTDOWN: which extension gets them, when, and with which fields.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_ext::emulator::record::{Phase, Step, StepKind};
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{Error, EventType, ShutdownReason};
use lambda_ext_tests::emulated::happened;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{Raw, answer, refused};
use reqwest::Response;
use serde_json::{Value, json};

async fn body(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_millis().try_into().unwrap()
}

/// Holds a deadline to be so far ahead of some time since then.
#[track_caller]
fn is_ahead(deadline_ms: &Value, time: Duration, since: u64) {
    // The clock may be set meanwhile, by a little.
    const SET: u64 = 100;
    let time = u64::try_from(time.as_millis()).unwrap();
    let expected = since + time - SET..=now_ms() + time + SET;
    let deadline = deadline_ms.as_u64().unwrap();
    assert!(expected.contains(&deadline), "{deadline} in {expected:?}");
}

#[tokio::test]
async fn invoke_is_sent_once_to_registered_extensions_only() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = &Raw::of(&emulator);
        let live = |name, events| {
            emulator.extension(name).run_future(async move {
                let id = raw.registered(name, events).await;
                raw.until_shutdown(&id).await;
                Ok::<_, Error>(())
            })
        };
        let (one, two) = (
            live("one", r#"["INVOKE","SHUTDOWN"]"#),
            live("two", r#"["SHUTDOWN","INVOKE","INVOKE"]"#),
        );
        let other = live("other", r#"["SHUTDOWN"]"#);
        tokio::try_join!(one, two, other, async {
            emulator.invoke(Invocation::default()).await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        let record = emulator.record();
        let received = |name: &str| {
            let events = record.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Receives { extension, event } if extension == name => Some(*event),
                _ => None,
            });
            events.collect::<Vec<_>>()
        };
        let (invoke, shutdown) = (EventType::Invoke, EventType::Shutdown);
        for (name, expected) in [
            ("one", &[invoke, invoke, shutdown][..]),
            ("two", &[invoke, invoke, shutdown]),
            ("other", &[shutdown]),
        ] {
            assert_eq!(received(name), expected, "{name} in {record}");
        }
    })
    .await;
}

#[tokio::test]
async fn invoke_has_five_fields_absolute_deadline_and_own_identifier() {
    const TIMEOUT: Duration = Duration::from_secs(900);
    bounded(async {
        let since = now_ms();
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let take = |name, count| {
            let raw = &raw;
            emulator.extension(name).run_future(async move {
                let id = raw.registered(name, r#"["INVOKE","SHUTDOWN"]"#).await;
                let mut ids = Vec::new();
                for _ in 0..count {
                    let response = raw.next(&id).await;
                    let event_id = &response.headers()["lambda-extension-event-identifier"];
                    ids.push(event_id.to_str().unwrap().to_owned());
                    let event = body(response).await;
                    let mut keys: Vec<_> = event.as_object().unwrap().keys().collect();
                    keys.sort();
                    let expected = [
                        "deadlineMs",
                        "eventType",
                        "invokedFunctionArn",
                        "requestId",
                        "tracing",
                    ];
                    assert_eq!(keys, expected);
                    is_ahead(&event["deadlineMs"], TIMEOUT, since);
                }
                raw.until_shutdown(&id).await;
                Ok::<_, Error>(ids)
            })
        };
        let invocation = Invocation::default().trace_header("Root=1-2");
        let invocation = invocation.timeout(TIMEOUT);
        let (one, two, ()) = tokio::try_join!(take("one", 2), take("two", 2), async {
            emulator.invoke(invocation.clone()).await?;
            emulator.invoke(invocation.clone()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        let mut ids = [one, two].concat();
        for id in &ids {
            let version = id.as_bytes().get(14);
            assert_eq!((id.len(), version), (36, Some(&b'4')), "{id}");
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{ids:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn invocation_waits_for_extensions_busy_with_the_previous_one() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let ext = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
            raw.next(&id).await;
            // It is busy for longer than the function.
            tokio::time::sleep(Duration::from_secs(60)).await;
            raw.until_shutdown(&id).await;
            Ok::<_, Error>(())
        });
        let invocation = |id: &str| {
            let invocation = Invocation::default().request_id(id);
            invocation.timeout(Duration::from_secs(900))
        };
        tokio::try_join!(ext, async {
            emulator.invoke_until_response(invocation("1")).await?;
            emulator.invoke_until_response(invocation("2")).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        let record = emulator.record();
        let told = record.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Began(Phase::Invoke { request_id }) => Some(format!("{request_id} begins")),
            StepKind::Responded { request_id, .. } => Some(format!("{request_id} is answered")),
            StepKind::Waits { .. } => Some("waits".to_owned()),
            _ => None,
        });
        let expected = [
            "waits",
            "1 begins",
            "1 is answered",
            "waits",
            "2 begins",
            "2 is answered",
            "waits",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected, "{record}");
    })
    .await;
}

#[tokio::test]
async fn shutdown_has_given_reason_and_absolute_deadline() {
    bounded(async {
        for (reason, spelling) in [
            (ShutdownReason::Spindown, "spindown"),
            (ShutdownReason::Other("SPINDOWN".to_owned()), "SPINDOWN"),
        ] {
            let since = now_ms();
            let emulator = Emulator::start().await.unwrap();
            let raw = Raw::of(&emulator);
            let ext = emulator.extension("ext").run_future(async {
                let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
                Ok::<_, Error>(body(raw.next(&id).await).await)
            });
            let (event, ()) = tokio::try_join!(ext, async {
                emulator.init().await?;
                emulator.shutdown(reason).await
            })
            .unwrap();
            is_ahead(&event["deadlineMs"], Duration::from_secs(2), since);
            let deadline = event["deadlineMs"].clone();
            assert_eq!(
                event,
                json!({
                    "eventType": "SHUTDOWN",
                    "deadlineMs": deadline,
                    "shutdownReason": spelling,
                })
            );
        }
    })
    .await;
}

#[tokio::test]
async fn dropped_next_still_counts_as_waiting_and_loses_its_event() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let _ = emulator.extension("ext");
        let raw = Raw::of(&emulator);
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let waits = |what: &StepKind| matches!(what, StepKind::Waits { .. });
        tokio::select! {
            response = raw.next(&id) => panic!("{response:?}"),
            () = happened(&emulator, waits) => {}
        }
        let again = answer(raw.next(&id).await).await;
        assert_eq!(again, refused("Ready", "Ready", &id));
        let extension = async {
            happened(&emulator, |what| matches!(what, StepKind::Receives { .. })).await;
            let event = body(raw.next(&id).await).await;
            assert_eq!(event["requestId"], "2");
            raw.next(&id).await
        };
        let scenario = async {
            for id in ["1", "2"] {
                let invocation = Invocation::default().request_id(id);
                emulator.invoke(invocation).await.unwrap();
            }
        };
        tokio::select! {
            response = extension => panic!("{response:?}"),
            () = scenario => {}
        }
        let record = emulator.record();
        let received = |step: &&Step| matches!(step.kind, StepKind::Receives { .. });
        assert_eq!(record.steps.iter().filter(received).count(), 2, "{record}");
    })
    .await;
}
