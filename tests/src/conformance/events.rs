//! What was delivered to a subscriber, without what differs from one run to the next.

use std::collections::BTreeMap;

use serde_json::Value;

/// Between the name of a step and that of an event that it was told of.
pub(super) const OF: &str = " > ";

/// A time as telemetry has it.
const TIME: &str = "0000-00-00T00:00:00.000Z";

/// One event.
pub(super) struct Event {
    /// Its type, and from the second of that on its number.
    pub(super) name: String,
    /// Its text, in which times, durations and sizes are words.
    pub(super) text: String,
}

/// The events that came to a subscriber, and a JSON object that has their order: that of the
/// platform's by their types, and of lines, which say themselves where they belong, the number.
/// Events of several categories come in an order of chance, and so do those of several extensions.
pub(super) fn read(events: &[Value]) -> (Vec<Event>, String) {
    let mut numbers = BTreeMap::new();
    let mut platform = Vec::new();
    let mut events: Vec<_> = events.iter().filter_map(Value::as_str).collect();
    let record = |text: &str| {
        let (_, record) = text.split_once(r#""platform.extension","record""#)?;
        Some(record.to_owned())
    };
    for same in events.chunk_by_mut(|one, next| record(one).is_some() && record(next).is_some()) {
        same.sort_by_key(|text| record(text));
    }
    let read = events.iter().map(|text| {
        let event: Value = serde_json::from_str(text).unwrap_or_default();
        let kind = event["type"].as_str().unwrap_or("no event").to_owned();
        if let Some(kind) = kind.strip_prefix("platform.") {
            platform.push(kind.to_owned());
        }
        let number = numbers.entry(kind.clone()).or_insert(0);
        *number += 1;
        let text = settled(text, kind == "platform.report");
        let name = match number {
            1 => kind,
            number => format!("{kind} {number}"),
        };
        Event { name, text }
    });
    let mut read: Vec<_> = read.collect();
    read.sort_by_key(|event| {
        let mut kinds = ["platform.", "function", "extension"].iter();
        kinds.position(|kind| event.name.starts_with(kind))
    });
    let of = |kind: &str| numbers.get(kind).copied().unwrap_or(0);
    let order = format!(
        r#"{{"platform":"{}","function":{},"extension":{}}}"#,
        platform.join(", "),
        of("function"),
        of("extension"),
    );
    (read, order)
}

/// The text of an event; the first duration of a report, which is its own, has three places, come
/// what may.
fn settled(text: &str, report: bool) -> String {
    let mut exactly = report;
    let text = numbers(text, "durationMs", |number| {
        duration(number, std::mem::take(&mut exactly))
    });
    let text = numbers(&text, "instanceMaxMemory", |number| {
        let bytes = number.len() > 7 && number.parse::<u64>().is_ok();
        let unit = if bytes { "bytes" } else { "megabytes" };
        format!(r#""{{{unit}}}""#)
    });
    times(&text)
}

/// A duration in milliseconds, or what it is instead.
fn duration(number: &str, exactly: bool) -> String {
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let right = digits(whole) && digits(places) && places.len() <= 3;
    match (right, exactly) {
        (true, false) => r#""{milliseconds}""#.to_owned(),
        (true, true) if places.len() == 3 => r#""{milliseconds, to 3 places}""#.to_owned(),
        _ => format!(r#""not milliseconds: {number}""#),
    }
}

/// Replaces the numbers that are a field's value.
pub(super) fn numbers(text: &str, field: &str, mut word: impl FnMut(&str) -> String) -> String {
    let key = format!(r#""{field}":"#);
    let mut pieces = text.split(&key);
    let mut replaced = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)));
        let (number, rest) = piece.split_at(end.unwrap_or(piece.len()));
        // Text of what was no number stays to be told from it.
        let word = if number.is_empty() {
            String::new()
        } else {
            word(number)
        };
        replaced.extend([&key, &word, rest]);
    }
    replaced
}

fn times(text: &str) -> String {
    let alike = |(byte, like): (u8, u8)| match like {
        b'0' => byte.is_ascii_digit(),
        like => byte == like,
    };
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let word = rest.get(..TIME.len());
        if word.is_some_and(|word| word.bytes().zip(TIME.bytes()).all(alike)) {
            replaced += "{time}";
            rest = &rest[TIME.len()..];
        } else {
            replaced.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    replaced
}
