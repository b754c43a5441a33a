//! Who may register, and for what.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::platform::{Agent, Platform, Request};
use super::reply::Reply;
use super::{Call, State};
use crate::EventType;

/// External and internal extensions together.
const MOST_EXTENSIONS: usize = 10;

impl Platform {
    /// In the platform's order: name, body, events, state.
    pub(super) fn register(&mut self, request: &Request) -> Result<Reply, Reply> {
        let name = request.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(Reply::forbidden(
                "Extension.InvalidExtensionName",
                "Empty extension name",
            ));
        }
        let external = self.expected.contains(name);
        let events = read_events(&request.body)?;
        if !external && events.contains(EventType::Shutdown.as_str()) {
            return Err(Reply::forbidden(
                "Extension.InvalidEventType",
                "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
            ));
        }
        let invalid_state =
            |message: String| Reply::forbidden("Extension.InvalidExtensionState", message);
        let registered = self.agents.values().find(|agent| agent.name == name);
        if external {
            let state = registered.map_or(State::Started, |agent| agent.state);
            state.after(Call::Register, name).map_err(invalid_state)?;
        } else if self.registration_closed {
            return Err(Reply::forbidden(
                "Extension.RegistrationClosed",
                "Extension registration closed already",
            ));
        }
        let internals = self.agents.values().filter(|agent| !agent.external).count();
        if !external && self.expected.len() + internals >= MOST_EXTENSIONS {
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
        let id = Uuid::new_v4();
        let agent = Agent {
            name: name.to_owned(),
            external,
            events,
            state: State::Registered,
            latched: false,
            waiting: None,
        };
        self.agents.insert(id, agent);
        let mut body = json!({
            "functionName": self.function.function_name,
            "functionVersion": self.function.function_version,
            "handler": self.function.handler,
        });
        let features = request.features.as_deref().unwrap_or_default();
        if features
            .split(',')
            .any(|feature| feature.trim() == "accountId")
        {
            if let Some(account_id) = &self.function.account_id {
                body["accountId"] = account_id.as_str().into();
            }
        }
        Ok(Reply {
            header: Some(("Lambda-Extension-Identifier", id.to_string())),
            ..Reply::json(200, &body)
        })
    }
}

/// The events of a registration. An absent body is not an empty object.
fn read_events(body: &[u8]) -> Result<BTreeSet<&'static str>, Reply> {
    let malformed = |message: String| Reply::forbidden("InvalidRequestFormat", message);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(malformed("unexpected end of JSON input".to_owned()));
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let strings = |key: &str| -> Result<Vec<String>, Reply> {
        let wrong = || malformed(format!("json: cannot unmarshal field {key}"));
        match body.get(key) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    };
    if !body.is_object() {
        return Err(malformed(
            "json: cannot unmarshal into an object".to_owned(),
        ));
    }
    if !strings("configurationKeys")?.is_empty() {
        return Err(malformed(
            "configurationKeys are deprecated; use environment variables instead".to_owned(),
        ));
    }
    strings("events")?
        .into_iter()
        .map(|word| {
            EventType::ALL
                .iter()
                .map(|known| known.as_str())
                .find(|known| *known == word)
                .ok_or_else(|| {
                    let message = format!("{word}: ErrorInvalidEventType");
                    Reply::forbidden("Extension.InvalidEventType", message)
                })
        })
        .collect()
}
