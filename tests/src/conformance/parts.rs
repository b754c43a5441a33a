//! An answer taken apart, so that a difference is told where it is.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::Answer;

/// The parts of an answer, by their names in the list of differences.
pub(super) fn parts(answer: &Answer) -> BTreeMap<String, String> {
    let Answer::Some {
        status,
        headers,
        body,
    } = answer
    else {
        return BTreeMap::from([("status".to_owned(), "(no answer)".to_owned())]);
    };
    let mut parts = BTreeMap::from([
        ("status".to_owned(), status.clone()),
        ("body".to_owned(), shown(body)),
    ]);
    parts.extend(
        headers
            .iter()
            .map(|(name, value)| (format!("header {name}"), value.clone())),
    );
    if let Some(fields) = fields(body) {
        let end = if body.ends_with('\n') { "↵" } else { "" };
        parts.insert("end of body".to_owned(), end.to_owned());
        add(&mut parts, "body", &fields);
    }
    parts
}

/// Adds the fields of an object, and of objects in it.
fn add(parts: &mut BTreeMap<String, String>, of: &str, of_object: &[(String, &str)]) {
    let names: Vec<_> = of_object.iter().map(|(name, _)| name.as_str()).collect();
    parts.insert(format!("order of {of}"), names.join(", "));
    for (name, text) in of_object {
        let separator = if of == "body" { ' ' } else { '.' };
        let part = format!("{of}{separator}{name}");
        match (fields(text), serde_json::from_str(text)) {
            (Some(fields), _) => add(parts, &part, &fields),
            (None, Ok(Value::String(value))) => {
                parts.insert(part, shown(&value));
            }
            (None, _) => {
                parts.insert(part, (*text).to_owned());
            }
        }
    }
}

/// The fields of an object, in the order in which they are written.
fn fields(text: &str) -> Option<Vec<(String, &str)>> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let fields = fields.into_iter().map(|(name, value)| (name, value.get()));
    let mut fields: Vec<_> = fields.collect();
    // They are slices of the text itself.
    fields.sort_by_key(|(_, value)| value.as_ptr());
    Some(fields)
}

fn shown(text: &str) -> String {
    text.replace('\n', "↵")
}
