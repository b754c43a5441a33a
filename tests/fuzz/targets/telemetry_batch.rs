//! Of a delivery nothing is lost, and what is kept of it is a delivery again.

#![no_main]

use lambda_ext::{OwnedTelemetryEvent, TelemetryBatch, TelemetryEvent, TelemetryRecord};
use lambda_ext_fuzz::{is_json, look_at};
use libfuzzer_sys::fuzz_target;

/// Whether it is what may be between events.
fn is_framing(text: &str) -> bool {
    text.chars()
        .all(|char| char.is_ascii_whitespace() || matches!(char, '[' | ']' | ','))
}

fuzz_target!(|text: &str| {
    let batch = TelemetryBatch::from(text);
    assert_eq!(batch.as_str(), text);
    let events: Vec<_> = batch.iter().collect();

    let mut rest = batch.as_str();
    for (place, event) in events.iter().enumerate() {
        let json = event.as_json();
        let start = json.as_ptr() as usize - rest.as_ptr() as usize;
        let (between, after) = rest.split_at(start);
        assert!(is_framing(between), "{between:?} is in no event");
        assert!(!json.is_empty());
        rest = &after[json.len()..];

        // What is no event, or is where none should be, is one together with all that follows.
        let is_last = place + 1 == events.len();
        let alone = TelemetryEvent::from(json);
        if is_last && alone != *event {
            let TelemetryRecord::Other { kind, record } = &event.record else {
                panic!("{event:?}, and by itself {alone:?}");
            };
            assert_eq!((&**kind, *record), ("", json));
        } else {
            look_at(event);
        }
    }
    assert!(is_framing(rest), "{rest:?} is in no event");
    if is_json(text) && text.trim_ascii_start().starts_with('[') {
        let values: Vec<OwnedTelemetryEvent> = serde_json::from_str(text).expect("an array");
        let kept: Vec<_> = events.iter().map(TelemetryEvent::to_owned).collect();
        assert_eq!(kept, values);
    }

    let kept: Vec<_> = events.iter().map(TelemetryEvent::to_owned).collect();
    let sent = serde_json::to_string(&kept).expect("JSON");
    let read: Vec<OwnedTelemetryEvent> = serde_json::from_str(&sent).expect("events");
    assert_eq!(read, kept);
    let again = TelemetryBatch::from(sent);
    let again: Vec<_> = again.iter().map(|event| event.to_owned()).collect();
    assert_eq!(again, kept);
});
