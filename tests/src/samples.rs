//! What platforms have sent: the events in `tests/telemetry`, one in each line.

use std::fs;
use std::path::Path;

/// The events of one file, or of all of them for `*`. They are never freed, so that what is read
/// from them can be passed around.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn samples(of: &str) -> Vec<&'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("telemetry");
    let files = fs::read_dir(folder).expect("a folder of samples");
    let mut paths: Vec<_> = files.flatten().map(|file| file.path()).collect();
    paths.retain(|path| of == "*" || path.file_stem().is_some_and(|name| name == of));
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("text").leak());
    let samples: Vec<_> = texts.flat_map(|text| text.lines()).collect();
    assert!(!samples.is_empty(), "no samples: {of}");
    samples
}

/// The first sample of a file with this in it.
///
/// # Panics
/// Where there is none.
#[must_use]
#[track_caller]
pub fn sample(of: &str, part: &str) -> &'static str {
    let mut found = samples(of).into_iter().filter(|text| text.contains(part));
    found.next().unwrap_or_else(|| panic!("no {part}"))
}

/// An event of this type, with this JSON as its record; it is never freed either.
#[must_use]
pub fn event(kind: &str, record: &str) -> &'static str {
    format!(r#"{{"time":"2026-03-04T09:15:00.101Z","type":"{kind}","record":{record}}}"#).leak()
}

/// The event's record, or a failure that shows the event.
#[macro_export]
macro_rules! record {
    ($json:expr, $variant:ident) => {
        match ::lambda_ext::TelemetryEvent::from($json).record {
            ::lambda_ext::TelemetryRecord::$variant(record) => record,
            other => panic!("{other:?}"),
        }
    };
}
