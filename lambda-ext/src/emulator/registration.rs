//! Who may register, and for what.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::agent::Agent;
use super::builder::MOST_EXTENSIONS;
use super::platform::{Platform, Request};
use super::reply::Reply;
use super::{Call, State};
use crate::EventType;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Registered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    function_name: &'a str,
    function_version: &'a str,
    handler: &'a str,
}

impl Platform {
    /// In the platform's order: name, body, events, state.
    pub(super) fn register(&mut self, request: &Request) -> Result<Reply, Reply> {
        self.renew();
        let managed = self.settings.managed();
        let name = request.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(Reply::forbidden(
                "Extension.InvalidExtensionName",
                "Empty extension name",
            ));
        }
        let external = self.members.contains_key(name);
        let events = legal(read_events(&request.body)?, external, managed)?;
        let invalid_state =
            |message: String| Reply::forbidden("Extension.InvalidExtensionState", message);
        let registered = self.agents.values().find(|agent| agent.name == name);
        if external {
            let state = registered.map_or(State::Started, |agent| agent.state);
            state
                .after(Call::Register, name, managed)
                .map_err(invalid_state)?;
        } else {
            if self.registration_closed {
                return Err(Reply::forbidden(
                    "Extension.RegistrationClosed",
                    "Extension registration closed already",
                ));
            }
            let internals = self.agents.values().filter(|agent| !agent.external).count();
            if self.members.len() + internals >= MOST_EXTENSIONS {
                return Err(Reply::forbidden(
                    "Extension.TooManyExtensions",
                    format!("Extension limit ({MOST_EXTENSIONS}) reached"),
                ));
            }
            if registered.is_some() {
                return Err(invalid_state(
                    "Extension with this name already registered".to_owned(),
                ));
            }
        }
        let id = Uuid::new_v4();
        let agent = Agent {
            name: name.to_owned(),
            external,
            events,
            state: State::Registered,
            reported: None,
            arrived: false,
            latched: false,
            waiting: None,
            left_waiting: None,
        };
        self.agents.insert(id, agent);
        let features = request.features.as_deref().unwrap_or_default();
        let asked = features
            .split(',')
            .any(|feature| feature.trim() == "accountId");
        let function = &self.settings.function;
        let body = Registered {
            account_id: function.account_id.as_deref().filter(|_| asked),
            function_name: &function.function_name,
            function_version: &function.function_version,
            handler: &function.handler,
        };
        Ok(Reply::json(200, &body).with_header("Lambda-Extension-Identifier", id.to_string()))
    }
}

/// The events, if each may be asked for; the first that may not is the answer.
fn legal(
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
    let legal = |word: String| {
        let known = EventType::ALL.iter().find(|known| known.as_str() == word);
        match known {
            Some(EventType::Shutdown) if !external => Err(invalid(format!(
                "{word}: ShutdownEventNotSupportedForInternalExtension"
            ))),
            Some(known) if !managed || *known != EventType::Invoke => Ok(known.as_str()),
            _ => Err(invalid(format!("{word}: ErrorInvalidEventType"))),
        }
    };
    events.into_iter().map(legal).collect()
}

/// The events of a registration. An absent body is not an empty object.
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
        // As the platform's decoder, which does not mind the case.
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
