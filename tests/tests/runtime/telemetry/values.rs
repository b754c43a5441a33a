//! The values in telemetry records: text, enumerations, durations, and times.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use lambda_ext::telemetry::{LogRecord, Status, Timestamp};
use lambda_ext::{OwnedTelemetryEvent, TelemetryEvent, TelemetryRecord};
use lambda_ext_tests::record;
use lambda_ext_tests::samples::{event, samples};

#[test]
fn log_record_is_text_with_line_feed_or_any_json() {
    let text = record!(
        event("function", r#""caf\u00e9 \"\ud83d\ude00\"\t\\n\n""#),
        Function
    );
    assert_eq!(text, LogRecord::Text("café \"😀\"\t\\n\n".into()));
    assert_eq!(text.to_string(), "café \"😀\"\t\\n\n");
    let line = event("extension", r#""plain""#);
    let TelemetryRecord::Extension(LogRecord::Text(text)) = TelemetryEvent::from(line).record
    else {
        panic!("{line}");
    };
    assert!(matches!(text, Cow::Borrowed("plain")), "{text:?}");
    for json in [
        r#"{"level":"INFO","a":{"b":[1, 2]}}"#,
        "[1,{}]",
        "42.5",
        "true",
        "null",
    ] {
        assert_eq!(
            record!(event("function", json), Function),
            LogRecord::Json(json)
        );
    }
}

#[test]
fn lone_surrogate_costs_a_character_only() {
    let line = record!(event("function", r#""a\ud83d b\ude00\ud83dc""#), Function);
    assert_eq!(line.as_str(), "a\u{fffd} b\u{fffd}\u{fffd}c");
}

#[test]
fn unknown_enum_values_are_kept() {
    let record = r#"{"requestId":"8d2f","status":"postponed"}"#;
    let done = record!(event("platform.runtimeDone", record), PlatformRuntimeDone);
    assert_eq!(done.status, Status::Other("postponed".to_owned()));
    assert_eq!(done.status.to_string(), "postponed");
}

#[test]
fn durations_in_any_notation_are_read() {
    for (written, nanos) in [
        ("20", 20_000_000),
        ("20.0", 20_000_000),
        ("20.123", 20_123_000),
        ("1.001", 1_001_000),
        ("0.094", 94_000),
        ("2e1", 20_000_000),
        ("694.0", 694_000_000),
        ("900000.001", 900_000_001_000),
        ("\"20.5\"", 20_500_000),
        ("-1", 0),
        ("-0.5", 0),
    ] {
        let record = format!(
            r#"{{"requestId":"8d2f","metrics":{{"durationMs":{written},"billedDurationMs":{written}}}}}"#
        );
        let metrics = record!(event("platform.report", &record), PlatformReport).metrics;
        assert_eq!(metrics.duration, Duration::from_nanos(nanos), "{written}");
        assert_eq!(metrics.billed_duration, Some(metrics.duration));
    }
    for absurd in ["1e300", "18446744073709551615", "99999999999999999999999"] {
        let record = format!(r#"{{"requestId":"8d2f","metrics":{{"durationMs":{absurd}}}}}"#);
        let metrics = record!(event("platform.report", &record), PlatformReport).metrics;
        assert!(metrics.duration > Duration::from_secs(1 << 32), "{absurd}");
    }
}

#[test]
fn times_of_any_precision_and_offset_are_read() {
    let at = |seconds, nanos| Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
    let day = 1_772_582_400;
    let morning = day + (9 * 60 + 15) * 60;
    for (text, time) in [
        ("2026-03-04T09:15:00.101Z", at(morning, 101_000_000)),
        ("2026-03-04T09:15:00Z", at(morning, 0)),
        ("2026-03-04T09:15:00.5Z", at(morning, 500_000_000)),
        ("2026-03-04T09:15:00.123456789Z", at(morning, 123_456_789)),
        ("2026-03-04T09:15:00.1234567891Z", at(morning, 123_456_789)),
        ("2026-03-04T09:15:00:521Z", at(morning, 521_000_000)),
        ("2026-03-04T11:15:00.101+02:00", at(morning, 101_000_000)),
        ("2026-03-04T02:45:00-0630", at(morning, 0)),
        ("2026-03-04T10:15:00+01", at(morning, 0)),
        ("2026-03-04 09:15:00", at(morning, 0)),
        ("2024-02-29T00:00:00Z", at(1_709_164_800, 0)),
        ("2100-03-01T00:00:00Z", at(4_107_542_400, 0)),
        ("1970-01-01T00:00:00Z", at(0, 0)),
        (
            "1969-12-31T23:59:59.5Z",
            Some(SystemTime::UNIX_EPOCH - Duration::from_millis(500)),
        ),
        (
            "0000-03-01T00:00:00Z",
            Some(SystemTime::UNIX_EPOCH - Duration::from_secs(62_162_035_200)),
        ),
        ("2026-02-29T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-00-01T00:00:00Z", None),
        ("2026-03-04T24:00:00Z", None),
        ("2026-03-04T09:15:00.Z", None),
        ("2026-03-04T09:15:00Z?", None),
        ("2026-03-04T09:15:00+2", None),
        ("2026-03-04T+9:15:00Z", None),
        ("2026-03-04", None),
        ("März 2026 um neun Uhr", None),
        ("", None),
    ] {
        let timestamp = Timestamp::from(text);
        assert_eq!(timestamp.system_time(), time, "{text}");
        assert_eq!((timestamp.as_str(), &*timestamp.to_string()), (text, text));
    }
}

#[test]
fn malformed_span_start_costs_nothing() {
    let done = record!(samples("of_2022")[1], PlatformInitRuntimeDone);
    let start = &done.spans[0].start;
    assert_eq!(start.as_str(), "2022-08-02T12:01:23:521Z");
    let nanos = start
        .system_time()
        .unwrap()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(nanos.subsec_millis(), 521);
}

#[test]
fn kept_event_is_json_whatever_arrived() {
    let broken = TelemetryEvent::from("{\"time\":\n").to_owned();
    assert_eq!(serde_json::to_string(&broken).unwrap(), r#""{\"time\":\n""#);
    assert_eq!(broken.event().record.kind(), "");

    let spaced = "{ \"type\": \"function\", \"record\": 1.0 }";
    let kept: OwnedTelemetryEvent = spaced.parse().unwrap();
    assert_eq!(kept.as_json(), spaced);
    assert_eq!(
        format!("{kept:?}"),
        format!("OwnedTelemetryEvent({spaced})")
    );
    let list = serde_json::to_string(&[&kept, &broken]).unwrap();
    let read: Vec<OwnedTelemetryEvent> = serde_json::from_str(&list).unwrap();
    assert_eq!(read, [kept, broken]);
    assert!("{".parse::<OwnedTelemetryEvent>().is_err());
}

#[test]
fn record_can_be_kept_and_made_from_json() {
    let kept = {
        let json = event(
            "platform.report",
            r#"{"requestId":"8d2f","metrics":{"durationMs":1}}"#,
        );
        record!(json, PlatformReport).into_owned()
    };
    let made = serde_json::from_str(r#"{"requestId":"8d2f","metrics":{"durationMs":1}}"#);
    assert_eq!(kept, made.unwrap());
}

#[test]
fn space_before_the_record_is_not_part_of_it() {
    for (kind, record) in [
        ("platform.start", r#"{"requestId":"8d2f"}"#),
        ("function", "\"text\""),
        ("platform.new", "{}"),
    ] {
        let json = event(kind, &format!("\r\n {record}"));
        let event = TelemetryEvent::from(json);
        assert_eq!(event.record_json(), record);
        assert_eq!((event.record.kind(), event.as_json()), (kind, json));
    }
    // In JSON a form feed is none.
    let json = event("function", "\u{c}\"text\"");
    let event = TelemetryEvent::from(json);
    assert_eq!((event.record.kind(), event.record_json()), ("", json));
}
