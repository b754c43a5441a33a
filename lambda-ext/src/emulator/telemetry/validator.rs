//! The platform's validator of subscriptions: its checks, and its messages.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// The message of the platform's validator.
pub(super) fn invalid(pointer: &str, path: &str, what: impl AsRef<str>) -> String {
    let what = what.as_ref();
    format!(
        "schema validation error: jsonschema: '{pointer}' does not validate with \
         file:///var/task/telemetry-subscription-schema.json#{path}: {what}"
    )
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn wrong_type(pointer: &str, path: &str, expected: &str, found: &Value) -> String {
    let what = format!("expected {expected}, but got {}", kind_of(found));
    invalid(pointer, &format!("{path}/type"), what)
}

pub(super) fn required(
    object: &Map<String, Value>,
    pointer: &str,
    path: &str,
    keys: &[&str],
) -> Result<(), String> {
    let missing: Vec<_> = keys
        .iter()
        .filter(|key| !object.contains_key(**key))
        .map(|key| format!("'{key}'"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!("missing properties: {}", missing.join(", "));
    let path = path.trim_start_matches('#');
    Err(invalid(pointer, &format!("{path}/required"), what))
}

/// Reads one of a few words; the message is `"a"`, or `one of "a", "b"`.
pub(super) fn word<T: Copy>(
    value: &Value,
    (pointer, path): (&str, &str),
    words: &[(T, &str)],
) -> Result<T, String> {
    let Some(found) = value.as_str() else {
        return Err(wrong_type(pointer, path, "string", value));
    };
    let known = words.iter().find(|(_, word)| *word == found);
    known.map(|(known, _)| *known).ok_or_else(|| {
        let quoted: Vec<_> = words.iter().map(|(_, word)| format!("{word:?}")).collect();
        let one_of = if quoted.len() > 1 { "one of " } else { "" };
        let what = format!("value must be {one_of}{}", quoted.join(", "));
        invalid(pointer, &format!("{path}/enum"), what)
    })
}

/// Reads one limit, which must be in its range.
pub(super) fn limit(
    object: &Map<String, Value>,
    key: &str,
    range: RangeInclusive<u64>,
    default: u64,
) -> Result<u64, String> {
    let Some(value) = object.get(key) else {
        return Ok(default);
    };
    let pointer = format!("/buffering/{key}");
    let path = format!("/properties/buffering/properties/{key}");
    let whole = value.as_f64().filter(|number| number.fract() == 0.0);
    let Some(number) = whole else {
        return Err(wrong_type(&pointer, &path, "integer", value));
    };
    #[allow(clippy::cast_precision_loss)] // the limits are small
    let (least, most) = (*range.start() as f64, *range.end() as f64);
    if number < least {
        let what = format!(
            "must be >= {} but found {}",
            go_number(least),
            go_number(number)
        );
        Err(invalid(&pointer, &format!("{path}/minimum"), what))
    } else if number > most {
        let what = format!(
            "must be <= {} but found {}",
            go_number(most),
            go_number(number)
        );
        Err(invalid(&pointer, &format!("{path}/maximum"), what))
    } else {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it is in the range
        Ok(number as u64)
    }
}

/// Formats a number like the platform, which is written in Go: large ones in scientific notation.
fn go_number(number: f64) -> String {
    if number.abs() < 1e6 {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent:0>2}"),
        None => text,
    }
}
