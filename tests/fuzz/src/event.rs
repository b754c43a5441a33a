//! What holds for an event of telemetry, whatever it was read from.

use lambda_ext::telemetry::LogRecord;
use lambda_ext::{OwnedTelemetryEvent, RuntimeDone, TelemetryEvent, TelemetryRecord};
use serde_json::value::RawValue;

/// Whether the text is JSON, however deep.
#[must_use]
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Looks at all of an event that is JSON, or is not.
///
/// # Panics
/// Something of it is not as its documentation says.
pub fn look_at(event: &TelemetryEvent<'_>) {
    let json = event.as_json();
    let record = event.record_json();
    assert!(json.as_bytes().as_ptr_range().start <= record.as_ptr());
    assert!(record.as_bytes().as_ptr_range().end <= json.as_bytes().as_ptr_range().end);
    if !is_json(json) {
        let nothing_known = TelemetryRecord::Other {
            kind: "".into(),
            record: json,
        };
        assert_eq!(event.record, nothing_known);
    }
    let _ = event.time.system_time();
    let _ = event.record.request_id();
    assert_eq!(event.time.clone().into_owned(), event.time);
    look_at_record(&event.record, record);
    look_at_kept(event);
    look_at_runtime_done(event);
}

fn look_at_record(record: &TelemetryRecord<'_>, json: &str) {
    macro_rules! kept {
        ($($variant:ident)+) => {
            match record {
                $(TelemetryRecord::$variant(record) => {
                    assert_eq!((**record).clone().into_owned(), **record);
                    let read = serde_json::from_str(json).expect("the record's JSON");
                    assert_eq!(**record, read);
                })+
                TelemetryRecord::Function(log) | TelemetryRecord::Extension(log) => {
                    look_at_log(log, json);
                }
                TelemetryRecord::Other { record, .. } => assert_eq!(*record, json),
                _ => panic!("a record that is not looked at"),
            }
        };
    }
    kept!(
        PlatformInitStart PlatformInitRuntimeDone PlatformInitReport PlatformExtension
        PlatformTelemetrySubscription PlatformStart PlatformRuntimeDone PlatformReport
        PlatformRestoreStart PlatformRestoreRuntimeDone PlatformRestoreReport PlatformLogsDropped
    );
}

/// What is printed is read by a reader of its own; serde_json says the same.
fn look_at_log(log: &LogRecord<'_>, json: &str) {
    match log {
        LogRecord::Text(text) => {
            // Half a surrogate pair is nothing to serde_json.
            if let Ok(expected) = serde_json::from_str::<String>(json) {
                assert_eq!(*text, expected);
            } else {
                assert!(text.contains(char::REPLACEMENT_CHARACTER), "{json}");
            }
        }
        LogRecord::Json(found) => {
            assert_eq!(*found, json);
            assert!(!json.starts_with('"'));
        }
        _ => panic!("a log that is not looked at"),
    }
}

/// What is kept is what came, and what it is serialised into stays JSON.
fn look_at_kept(event: &TelemetryEvent<'_>) {
    let kept = event.to_owned();
    let serialised = serde_json::to_string(&kept).expect("JSON");
    assert_eq!(serialised, kept.as_json());
    let read: OwnedTelemetryEvent = serialised.parse().expect("JSON");
    assert_eq!(read, kept);
    if is_json(event.as_json()) {
        assert_eq!(kept.as_json(), event.as_json());
        assert_eq!(kept.event(), *event);
    } else {
        let text: String = serde_json::from_str(kept.as_json()).expect("a JSON string");
        assert_eq!(text, event.as_json());
    }
}

fn look_at_runtime_done(event: &TelemetryEvent<'_>) {
    let done: Result<RuntimeDone, _> = event.as_json().parse();
    if let TelemetryRecord::PlatformRuntimeDone(record) = &event.record {
        let done = done.expect("the end of an invocation");
        assert_eq!((&done.time, &done.record), (&event.time, &**record));
        assert_eq!(event.record.request_id(), Some(done.request_id()));
    } else {
        done.expect_err("no end of an invocation");
    }
}
