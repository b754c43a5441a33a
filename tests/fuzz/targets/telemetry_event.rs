//! Any text is an event, and how its JSON is spaced makes no difference to what it tells.

#![no_main]

use lambda_ext::TelemetryEvent;
use lambda_ext_fuzz::{is_json, look_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let event = TelemetryEvent::from(text);
    look_at(&event);
    // Around it a form feed is a space, too, which it is not in JSON.
    if !is_json(text.trim_ascii()) {
        assert_eq!(event.as_json(), text);
        return;
    }
    assert_eq!(event.as_json(), text.trim_ascii());
    // With a space that the platform does not write, an event is read in another way.
    if let Some(rest) = event.as_json().strip_prefix('{') {
        let spaced = format!("{{ {rest} ");
        let read = TelemetryEvent::from(&*spaced);
        assert_eq!(read.time, event.time);
        assert_eq!(read.record.kind(), event.record.kind());
        if event.record_json() != event.as_json() {
            assert_eq!(read.record, event.record);
            assert_eq!(read.record_json(), event.record_json());
        }
    }
});
