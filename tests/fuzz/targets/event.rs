//! The reply to `next`.

#![no_main]

use std::time::{Duration, SystemTime};

use lambda_ext::{Event, EventType};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// The event as the platform writes it.
fn written(event: &Event) -> Value {
    match event {
        Event::Invoke(invoke) => {
            let mut value = json!({
                "eventType": "INVOKE",
                "deadlineMs": invoke.deadline_ms,
                "requestId": invoke.request_id,
                "invokedFunctionArn": invoke.invoked_function_arn,
            });
            if let Some(tracing) = &invoke.tracing {
                value["tracing"] = json!({
                    "type": tracing.kind, "value": tracing.value, "spanId": tracing.span_id,
                });
            }
            value
        }
        Event::Shutdown(shutdown) => json!({
            "eventType": "SHUTDOWN",
            "deadlineMs": shutdown.deadline_ms,
            "shutdownReason": shutdown.shutdown_reason.as_str(),
        }),
        _ => panic!("an event that is not looked at"),
    }
}

fn deadline_ms(event: &Event) -> u64 {
    match event {
        Event::Invoke(invoke) => invoke.deadline_ms,
        Event::Shutdown(shutdown) => shutdown.deadline_ms,
        _ => panic!("an event that is not looked at"),
    }
}

/// Whether what the platform says of every event is there, and nothing else of it is of another
/// type.
fn is_event(value: &Value) -> bool {
    let type_of_event = value["eventType"].as_str();
    let known = EventType::ALL.iter().map(|known| known.as_str());
    let all = |of: &Value, fields: &[&str]| {
        fields
            .iter()
            .all(|field| of[field].is_null() || of[field].is_string())
    };
    let tracing = &value["tracing"];
    known.map(Some).any(|known| known == type_of_event)
        && all(
            value,
            &["requestId", "invokedFunctionArn", "shutdownReason"],
        )
        && (tracing.is_null() || tracing.is_object() && all(tracing, &["type", "value", "spanId"]))
        && matches!(
            value["deadlineMs"],
            Value::Null | Value::Number(_) | Value::String(_)
        )
}

fuzz_target!(|data: &[u8]| {
    let read = serde_json::from_slice::<Event>(data);
    if let Ok(event) = &read {
        let written = written(event).to_string();
        let again: Event = serde_json::from_str(&written).expect("an event");
        assert_eq!(again, *event);
        assert_eq!(
            EventType::ALL.contains(&event.event_type()),
            written.contains(event.event_type().as_str())
        );
        let deadline =
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(deadline_ms(event)));
        assert_eq!(event.deadline(), deadline.unwrap_or(SystemTime::UNIX_EPOCH));
        let _ = event.timeout();
    }
    // Each field once, which leaves one reading.
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        let once = serde_json::from_str::<Event>(&value.to_string());
        assert_eq!(
            once.is_ok(),
            value.is_object() && is_event(&value),
            "{once:?}"
        );
        if let Ok(once) = once {
            says(&once, &value);
        }
        if let Ok(read) = read {
            says(&read, &value);
        }
    }
});

/// Whether the event's texts are those of this JSON.
fn says(event: &Event, value: &Value) {
    let text = |field: &str| value[field].as_str().unwrap_or_default();
    match event {
        Event::Invoke(invoke) => {
            assert_eq!(invoke.request_id, text("requestId"));
            assert_eq!(invoke.invoked_function_arn, text("invokedFunctionArn"));
            let header = invoke.tracing.as_ref().map(|tracing| &*tracing.value);
            assert_eq!(
                header.unwrap_or_default(),
                value["tracing"]["value"].as_str().unwrap_or_default()
            );
        }
        Event::Shutdown(shutdown) => {
            // The words that are known have one spelling.
            let reason = shutdown.shutdown_reason.as_str();
            assert!(reason.eq_ignore_ascii_case(text("shutdownReason")));
        }
        _ => panic!("an event that is not looked at"),
    }
}
