//! The client's call of `next`: its retries, and the INVOKE and SHUTDOWN events that it reads.

use std::time::{Duration, SystemTime};

use lambda_ext::{ClientError, Event, EventType, InvokeEvent, ShutdownReason};
use lambda_ext_tests::fake::{self, Fake, Request, bounded};

/// The outcome of a `next` that the platform answers with `answer`.
async fn next(answer: impl FnOnce(Request)) -> Result<Event, ClientError> {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async { answer(fake.expect(fake::NEXT).await) };
        let event = tokio::join!(client.next_event(), platform).0;
        assert!(fake.unasked().is_none());
        event
    })
    .await
}

fn read(json: &str) -> Event {
    serde_json::from_str(json).unwrap()
}

fn invoke(json: &str) -> InvokeEvent {
    match read(json) {
        Event::Invoke(event) => event,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn next_open_for_hours_is_not_cancelled() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            let next = fake.expect(fake::NEXT).await;
            tokio::time::pause();
            for _ in 0..7 {
                tokio::time::advance(Duration::from_secs(3_600)).await;
            }
            tokio::time::resume();
            next.invoke("1");
        };
        let event = tokio::join!(client.next_event(), platform).0.unwrap();
        assert_eq!(event.event_type(), EventType::Invoke);
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn dropped_next_is_resumed_by_the_next_call() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let parked = tokio::select! {
            event = client.next_event() => panic!("{event:?}"),
            request = fake.expect(fake::NEXT) => request,
        };
        parked.invoke("kept");
        let event = client.next_event().await.unwrap();
        assert!(matches!(event, Event::Invoke(event) if event.request_id == "kept"));
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[test]
fn invoke_with_or_without_tracing_and_unknown_fields_is_read() {
    let event = invoke(
        r#"{"eventType":"INVOKE","deadlineMs":1789000003000,"requestId":"8d2f","new":[{}],
            "invokedFunctionArn":"arn:aws:lambda:eu-west-1:111122223333:function:orders:live",
            "tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-68c1a2f0-0a1b2c3d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1","more":0}}"#,
    );
    assert_eq!(event.request_id, "8d2f");
    assert_eq!(event.deadline_ms, 1_789_000_003_000);
    assert!(event.invoked_function_arn.ends_with(":orders:live"));
    let tracing = event.tracing.unwrap();
    assert_eq!(tracing.kind, "X-Amzn-Trace-Id");
    assert_eq!(tracing.root(), Some("1-68c1a2f0-0a1b2c3d4e5f60718293a4b5"));
    assert_eq!(tracing.parent(), Some("53995c3f42cd8ad8"));
    assert_eq!(tracing.sampled(), Some(true));
    assert_eq!(tracing.lineage(), Some("a:1"));
    assert_eq!(
        invoke(r#"{"eventType":"INVOKE","requestId":"1"}"#).tracing,
        None
    );
    let none = r#"{"eventType":"INVOKE","requestId":"1","tracing":null}"#;
    assert_eq!(invoke(none).tracing, None);
}

#[test]
fn trace_header_of_any_type_and_value_is_kept() {
    let json = r#"{"eventType":"INVOKE","tracing":{"type":"x-amzn-trace-id","value":""}}"#;
    let tracing = invoke(json).tracing.unwrap();
    assert_eq!((&*tracing.kind, &*tracing.value), ("x-amzn-trace-id", ""));
    assert_eq!((tracing.root(), tracing.sampled()), (None, None));
    let json =
        r#"{"eventType":"INVOKE","tracing":{"value":" sampled = 0 ;ROOT=1-2;;=;Sampled=?"}}"#;
    let tracing = invoke(json).tracing.unwrap();
    assert_eq!(
        (tracing.root(), tracing.sampled()),
        (Some("1-2"), Some(false))
    );
}

#[test]
fn deadline_may_be_zero_a_string_or_no_number() {
    for (deadline, read) in [
        ("0", 0),
        ("1789000003000", 1_789_000_003_000),
        ("\"1789000003000\"", 1_789_000_003_000),
        ("1789000003000.5", 1_789_000_003_000),
        ("-5", 0),
        ("\"soon\"", 0),
        ("null", 0),
        ("18446744073709551615", u64::MAX),
    ] {
        let event = invoke(&format!(
            r#"{{"eventType":"INVOKE","deadlineMs":{deadline}}}"#
        ));
        assert_eq!(event.deadline_ms, read, "{deadline}");
        // None of them makes a clock overflow.
        let _ = (event.deadline(), event.timeout());
    }
}

#[tokio::test]
async fn shutdown_as_text_without_identifier_is_read() {
    let event = next(Request::shutdown).await.unwrap();
    assert_eq!(event.event_type(), EventType::Shutdown);
}

#[test]
fn shutdown_reason_is_read_in_any_case_and_unknown_is_kept() {
    for (word, reason) in [
        ("spindown", ShutdownReason::Spindown),
        ("SPINDOWN", ShutdownReason::Spindown),
        ("Timeout", ShutdownReason::Timeout),
        ("failure", ShutdownReason::Failure),
        (
            "SandboxTerminated",
            ShutdownReason::Other("SandboxTerminated".to_owned()),
        ),
        ("", ShutdownReason::Other(String::new())),
    ] {
        let event = read(&format!(
            r#"{{"eventType":"SHUTDOWN","shutdownReason":"{word}"}}"#
        ));
        assert!(
            matches!(event, Event::Shutdown(event) if event.shutdown_reason == reason),
            "{word}"
        );
    }
}

#[tokio::test]
async fn unknown_event_type_is_an_error_that_next_survives() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            fake.expect(fake::NEXT)
                .await
                .reply(200, "", r#"{"eventType":"THAW"}"#);
            fake.expect(fake::NEXT).await.invoke("1");
        };
        let extension = async {
            let error = client.next_event().await.unwrap_err();
            assert!(
                matches!(&error, ClientError::UnknownEvent(kind) if kind == "THAW"),
                "{error}"
            );
            client.next_event().await.unwrap();
        };
        tokio::join!(extension, platform);
    })
    .await;
}

#[tokio::test]
async fn response_that_is_no_event_is_an_error() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"eventType\":\"INV",
        "<html>",
        "{\"eventType\":7}",
    ] {
        let error = next(|request| request.reply(200, "", body))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ClientError::InvalidReply { call: "next", .. }),
            "{body}: {error}"
        );
    }
}

#[test]
fn remaining_time_is_by_wall_clock_and_never_negative() {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let ahead = now + Duration::from_secs(600);
    let event = read(&format!(
        r#"{{"eventType":"INVOKE","deadlineMs":{}}}"#,
        ahead.as_millis()
    ));
    let left = event.timeout();
    assert!(
        left > Duration::from_secs(500) && left <= Duration::from_secs(600),
        "{left:?}"
    );
    let deadline = event
        .deadline()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(deadline.as_millis(), ahead.as_millis());
    let past = read(r#"{"eventType":"SHUTDOWN","deadlineMs":1,"shutdownReason":"spindown"}"#);
    assert_eq!(past.timeout(), Duration::ZERO);
}

#[tokio::test]
async fn status_403_and_500_are_errors_without_retry() {
    for status in [403, 500] {
        // `next` asserts that no second request comes.
        let error = next(|request| request.reply(status, "", "{}"))
            .await
            .unwrap_err();
        assert!(matches!(error, ClientError::Refused(refusal) if refusal.status == status));
    }
}

#[tokio::test]
async fn status_503_is_retried_after_a_pause_a_bounded_number_of_times() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            for _ in 0..4 {
                fake.expect(fake::NEXT).await.reply(503, "", "");
            }
        };
        let error = tokio::join!(client.next_event(), platform).0.unwrap_err();
        assert!(matches!(error, ClientError::Refused(refusal) if refusal.status == 503));
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn each_event_has_its_own_request_id() {
    bounded(async {
        let mut fake = Fake::start().await;
        let mut client = fake.registered_client().await;
        let platform = async {
            for id in ["a", "b"] {
                fake.expect(fake::NEXT).await.invoke(id);
            }
        };
        let extension = async {
            let mut ids = Vec::new();
            for _ in 0..2 {
                if let Event::Invoke(event) = client.next_event().await.unwrap() {
                    ids.push(event.request_id);
                }
            }
            ids
        };
        assert_eq!(tokio::join!(extension, platform).0, ["a", "b"]);
    })
    .await;
}
