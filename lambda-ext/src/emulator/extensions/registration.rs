//! A registration: its name and events, and the platform's answer.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::emulator::incoming::IncomingRequest;
use crate::emulator::reply::Reply;
use crate::event::EventType;
use crate::register::Register;

/// The body of the answer to a registration.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegisterResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    function_name: &'a str,
    function_version: &'a str,
    handler: &'a str,
}

/// A registration that is well-formed, and for events that the extension may receive.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(super) name: String,
    pub(super) external: bool,
    pub(super) events: BTreeSet<&'static str>,
}

impl Registration {
    /// Reads a registration, and checks it in the platform's order: name, body, events.
    pub(crate) fn read(
        request: &IncomingRequest,
        is_external: impl FnOnce(&str) -> bool,
        managed: bool,
    ) -> Result<Self, Reply> {
        let name = request.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(Reply::forbidden(
                "Extension.InvalidExtensionName",
                "Empty extension name",
            ));
        }
        let external = is_external(name);
        let events = check_events(read_events(&request.body)?, external, managed)?;
        Ok(Self {
            name: name.to_owned(),
            external,
            events,
        })
    }

    /// The answer to an accepted registration.
    pub(crate) fn reply(request: &IncomingRequest, id: Uuid, function: &Register) -> Reply {
        let features = request.features.as_deref().unwrap_or_default();
        let asked = features
            .split(',')
            .any(|feature| feature.trim() == "accountId");
        let body = RegisterResponse {
            account_id: function.account_id.as_deref().filter(|_| asked),
            function_name: &function.function_name,
            function_version: &function.function_version,
            handler: &function.handler,
        };
        Reply::json(200, &body).with_header("Lambda-Extension-Identifier", id.to_string())
    }
}

/// Returns the events, or refuses the first that the extension may not receive.
fn check_events(
    events: Vec<String>,
    external: bool,
    managed: bool,
) -> Result<BTreeSet<&'static str>, Reply> {
    let invalid = |message: String| Reply::forbidden("Extension.InvalidEventType", message);
    if managed && !external && !events.is_empty() {
        return Err(invalid(
            "No events allowed for internal extensions".to_owned(),
        ));
    }
    let check = |word: String| {
        let known = EventType::ALL.iter().find(|known| known.as_str() == word);
        match known {
            Some(EventType::Shutdown) if !external => Err(invalid(format!(
                "{word}: ShutdownEventNotSupportedForInternalExtension"
            ))),
            Some(known) if !managed || *known != EventType::Invoke => Ok(known.as_str()),
            _ => Err(invalid(format!("{word}: ErrorInvalidEventType"))),
        }
    };
    events.into_iter().map(check).collect()
}

/// Reads the events of a registration. Unlike an empty object, an absent body is refused.
fn read_events(body: &[u8]) -> Result<Vec<String>, Reply> {
    let malformed = |message: String| Reply::forbidden("InvalidRequestFormat", message);
    let body: Value = serde_json::from_slice(body).map_err(|error| {
        malformed(match error.classify() {
            serde_json::error::Category::Eof => "unexpected end of JSON input".to_owned(),
            _ => error.to_string(),
        })
    })?;
    let body = match body {
        Value::Null => Map::new(),
        Value::Object(body) => body,
        other => {
            return Err(malformed(format!(
                "json: cannot unmarshal {} into Go value of type struct {{ \
                 handler.RegisterRequest; ConfigurationKeys []string \
                 \"json:\\\"configurationKeys\\\"\" }}",
                kind_of(&other)
            )));
        }
    };
    let strings = |key: &str, field: &str, list: &str, item: &str| {
        // Like the platform's decoder, ignore the case.
        let found = body.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        let wrong = |value: &Value, wanted: &str| {
            malformed(format!(
                "json: cannot unmarshal {} into Go struct field {field} of type {wanted}",
                kind_of(value)
            ))
        };
        match found.map(|(_, value)| value) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value {
                    Value::String(text) => Ok(text.clone()),
                    Value::Null => Ok(String::new()),
                    other => Err(wrong(other, item)),
                })
                .collect(),
            Some(other) => Err(wrong(other, list)),
        }
    };
    let keys = strings(
        "configurationKeys",
        ".configurationKeys",
        "[]string",
        "string",
    )?;
    let events = strings(
        "events",
        ".RegisterRequest.events",
        "[]core.Event",
        "core.Event",
    )?;
    if !keys.is_empty() {
        return Err(malformed(
            "configurationKeys are deprecated; use environment variables instead".to_owned(),
        ));
    }
    Ok(events)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
