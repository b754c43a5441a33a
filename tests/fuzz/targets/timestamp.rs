//! Times: any text may be one, and what is read as one is the time that others write.

#![no_main]

use std::time::{Duration, SystemTime};

use humantime::{
    format_rfc3339_millis, format_rfc3339_nanos, format_rfc3339_seconds, parse_rfc3339,
};
use lambda_ext::telemetry::Timestamp;
use libfuzzer_sys::fuzz_target;

/// 10000-01-01T00:00:00Z, which has more digits than a year may have.
const END: Duration = Duration::from_secs(253_402_300_800);

fuzz_target!(|text: &str| {
    let time = Timestamp::from(text);
    assert_eq!(time.as_str(), text);
    assert_eq!(time.to_string(), text);
    let read = time.system_time();
    // It takes more than times are, so what it takes must be what it writes.
    if let Ok(expected) = parse_rfc3339(text) {
        let forms = [
            format_rfc3339_seconds,
            format_rfc3339_millis,
            format_rfc3339_nanos,
        ];
        if forms.iter().any(|form| form(expected).to_string() == text) {
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
