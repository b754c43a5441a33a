//! Times: any text may be one, and what is read as one is the time that others write.

#![no_main]

use std::time::{Duration, SystemTime};

use humantime::{format_rfc3339_nanos, parse_rfc3339};
use lambda_ext::telemetry::Timestamp;
use libfuzzer_sys::fuzz_target;

/// 10000-01-01T00:00:00Z, which has more digits than a year may have.
const END: Duration = Duration::from_secs(253_402_300_800);

fuzz_target!(|text: &str| {
    let time = Timestamp::from(text);
    assert_eq!(time.as_str(), text);
    assert_eq!(time.to_string(), text);
    let read = time.system_time();
    // It knows no leap seconds, and takes more for a fraction or a `Z` than they are.
    let is_plain = |rest: &str| {
        rest.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'Z'))
    };
    let is_odd = text.contains(":60") || text.contains(".Z");
    if !is_odd && text.get(19..).is_some_and(is_plain) {
        if let Ok(expected) = parse_rfc3339(text) {
            assert_eq!(read, Some(expected), "{text}");
        }
    }
    let Some(read) = read else { return };
    let since = read.duration_since(SystemTime::UNIX_EPOCH);
    if since.is_ok_and(|since| since < END) {
        let written = format_rfc3339_nanos(read).to_string();
        assert_eq!(Timestamp::from(written).system_time(), Some(read), "{text}");
    }
});
