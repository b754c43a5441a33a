//! A batch is decoded one event at a time: a malformed event costs no other event.

use lambda_ext::telemetry::LogRecord;
use lambda_ext::{TelemetryBatch, TelemetryEvent, TelemetryRecord};
use lambda_ext_tests::samples::samples;

const TIME: &str = "2026-03-04T09:15:00.101Z";

fn start(id: usize) -> String {
    format!(r#"{{"time":"{TIME}","type":"platform.start","record":{{"requestId":"{id}"}}}}"#)
}

/// The JSON of each event.
fn texts(batch: &TelemetryBatch) -> Vec<&str> {
    batch.iter().map(|event| event.as_json()).collect()
}

fn is_other(event: &TelemetryEvent<'_>) -> bool {
    matches!(event.record, TelemetryRecord::Other { .. })
}

#[test]
fn four_malformed_events_cost_none_of_a_thousand() {
    let mut events: Vec<_> = (0..1_000).map(start).collect();
    events[100] =
        format!(r#"{{"time":"{TIME}","type":"platform.start","record":{{"requestId":[]}}}}"#);
    events[300] = format!(r#"{{"time":"{TIME}","type":"platform.new","record":{{"a":1}}}}"#);
    events[500] = format!(r#"{{"time":"{TIME}","type":"platform.report","record":null}}"#);
    events[700] = format!(r#"{{"time":"{TIME}","type":"function","record":{{"level":"INFO"}}}}"#);
    let batch = TelemetryBatch::from(format!("[{}]", events.join(",")));

    let read: Vec<_> = batch.iter().collect();
    assert_eq!(read.len(), 1_000);
    for (place, event) in read.iter().enumerate() {
        assert_eq!(event.as_json(), events[place]);
        assert_eq!(event.time.as_str(), TIME);
        match (place, &event.record) {
            (100, TelemetryRecord::Other { kind, record }) => {
                assert_eq!(
                    (&**kind, *record),
                    ("platform.start", r#"{"requestId":[]}"#)
                );
            }
            (300, TelemetryRecord::Other { kind, record }) => {
                assert_eq!((&**kind, *record), ("platform.new", r#"{"a":1}"#));
            }
            (500, TelemetryRecord::Other { kind, record }) => {
                assert_eq!((&**kind, *record), ("platform.report", "null"));
            }
            (700, TelemetryRecord::Function(record)) => {
                assert_eq!(*record, LogRecord::Json(r#"{"level":"INFO"}"#));
            }
            (_, TelemetryRecord::PlatformStart(start)) => {
                assert_eq!(start.request_id, place.to_string());
            }
            (_, other) => panic!("{place}: {other:?}"),
        }
    }
}

#[test]
fn empty_body_has_no_events() {
    for empty in ["", " \n", "[]", " [ ] ", "[\n]\n"] {
        assert_eq!(TelemetryBatch::from(empty).iter().count(), 0, "{empty:?}");
    }
    assert_eq!(TelemetryBatch::default().iter().count(), 0);
}

#[test]
fn body_that_is_no_array_is_one_event() {
    let only = start(7);
    let batch = TelemetryBatch::from(format!("\n{only}\n"));
    assert_eq!(texts(&batch), [&*only]);
    assert!(!is_other(&batch.iter().next().unwrap()));
    for body in [
        r#""text""#,
        "7",
        "null",
        "{}",
        "text",
        "{\"time\":",
        "]",
        ",",
    ] {
        let batch = TelemetryBatch::from(body);
        assert_eq!(texts(&batch), [body]);
        assert!(batch.iter().all(|event| is_other(&event)));
    }
}

#[test]
fn element_that_is_no_event_has_no_type() {
    let elements = [
        "null",
        "7",
        "-1.5e3",
        "\"te,]xt\"",
        "[1, [2]]",
        "{}",
        "true",
    ];
    let text = format!("[ {} ]", elements.join(" , "));
    let batch = TelemetryBatch::from(&*text);
    assert_eq!(texts(&batch), elements);
    for event in &batch {
        assert_eq!((event.time.as_str(), event.record.kind()), ("", ""));
    }
}

#[test]
fn rest_after_invalid_json_is_one_event() {
    let (first, last) = (start(1), start(2));
    for broken in [
        format!("{{\"time\":oops}},{last}]"),
        format!("{{\"time\":\"{TIME}\",\"type\":\"function\",\"record\":\"a\nb\"}},{last}]"),
        r#"{"time":"2026-03-04T09:15"#.to_owned(),
        format!("oops,{last}]"),
        format!(",{last}]"),
        "]".to_owned(),
    ] {
        let batch = TelemetryBatch::from(format!("[{first},{broken}"));
        assert_eq!(texts(&batch), [&*first, &*broken]);
        let other: Vec<_> = batch.iter().map(|event| is_other(&event)).collect();
        assert_eq!(other, [false, true]);
    }
    for after in [
        format!("{last}]"),
        format!(": {last}]"),
        format!("] {last}"),
    ] {
        let batch = TelemetryBatch::from(format!("[{first}{after}"));
        assert_eq!(texts(&batch), [&*first, after.trim_start_matches("] ")]);
    }
}

#[test]
fn truncated_batch_keeps_its_complete_events() {
    let events = samples("*");
    let text = format!("[{}]", events.join(","));
    for (end, _) in text.char_indices().step_by(7) {
        let batch = TelemetryBatch::from(&text[..end]);
        let whole = texts(&batch)
            .into_iter()
            .zip(&events)
            .take_while(|(text, event)| text == *event);
        let whole = whole.count();
        let length: usize = events[..whole].iter().map(|event| event.len() + 1).sum();
        // The rest is less than an event.
        assert!(
            end.saturating_sub(length) <= events.get(whole).map_or(2, |event| event.len()),
            "{end}"
        );
        assert!(
            batch.iter().take(whole).all(|event| !is_other(&event)),
            "{end}"
        );
        assert!(batch.iter().count() <= whole + 1, "{end}");
    }
}

#[test]
fn ten_thousand_levels_overflow_no_stack() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    for deep in [deep, objects] {
        let events = [
            start(1),
            format!(r#"{{"time":"{TIME}","type":"function","record":{deep}}}"#),
            format!(
                r#"{{"time":"{TIME}","type":"platform.start","record":{{"requestId":{deep}}}}}"#
            ),
            format!(
                r#"{{"time":"{TIME}","type":"platform.start","record":{{"new":{deep},"requestId":"2"}}}}"#
            ),
            format!(
                r#"{{"time":"{TIME}","type":"platform.report","record":{{"metrics":{{"durationMs":{deep}}}}}}}"#
            ),
            format!(r#"{{"new":{deep},"time":{deep},"type":{deep},"record":{deep}}}"#),
            deep,
            start(3),
        ];
        // On a thread with little room.
        let read = move || {
            let batch = TelemetryBatch::from(format!("[{}]", events.join(",")));
            assert_eq!(texts(&batch), events);
            let other: Vec<_> = batch.iter().map(|event| is_other(&event)).collect();
            assert_eq!(other, [false, false, true, false, true, true, true, false]);
            for event in &batch {
                assert_eq!(
                    serde_json::to_string(&event.to_owned()).unwrap(),
                    event.as_json()
                );
            }
        };
        let thread = std::thread::Builder::new().stack_size(128 << 10);
        thread.spawn(read).unwrap().join().unwrap();
    }
}

#[test]
fn finished_iteration_stays_finished() {
    let batch = TelemetryBatch::from(format!("[{}] oops", start(1)));
    let mut events = batch.iter();
    assert_eq!(events.by_ref().count(), 2);
    assert!(events.next().is_none() && events.next().is_none());
}
