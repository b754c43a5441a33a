//! The calls of extensions: who calls, what each is answered, and who is handed an event.

use tokio::sync::oneshot;
use uuid::Uuid;

use super::agent::{Agent, CurrentEvent};
use super::platform::{Answer, Fatal, Platform, Request};
use super::record::{Request as Answered, What};
use super::recorder::excerpt;
use super::reply::Reply;
use super::state::refusal;
use super::{Call, State};
use crate::EventType;

impl Platform {
    pub(super) fn answer(&mut self, call: Call, request: &mut Request) -> Answer {
        let (extension, answer) = match call {
            Call::Register => {
                let answer = self.register(request);
                let reply = answer.unwrap_or_else(|refused| refused);
                (request.name.clone(), Answer::Now(reply))
            }
            Call::Next | Call::InitError | Call::ExitError => match self.identify(call, request) {
                Ok(id) => self.answer_registered(call, id, request),
                Err(refused) => (None, Answer::Now(refused)),
            },
            Call::Telemetry | Call::Logs => {
                let caller = self.identify(call, request);
                let name = caller.as_ref().ok().and_then(|id| self.name_of(*id));
                (name, Answer::Now(self.subscribe(call, caller, request)))
            }
            Call::RuntimeNext
            | Call::RuntimeResponse
            | Call::RuntimeError
            | Call::RuntimeInitError => (None, self.answer_runtime(call, request)),
        };
        match (&answer, extension) {
            (Answer::Now(reply), extension) => {
                self.note_answered(Some(call), extension, request, reply);
            }
            (Answer::Later(_), Some(extension)) => self.note(What::Waits { extension }),
            (Answer::Later(_) | Answer::Event(_), _) => {}
        }
        answer
    }

    /// Puts an answered request into the record.
    pub(super) fn note_answered(
        &mut self,
        call: Option<Call>,
        extension: Option<String>,
        request: &Request,
        reply: &Reply,
    ) {
        self.note(What::Answered(Answered {
            extension: extension.filter(|name| !name.is_empty()),
            call,
            method: request.method.clone(),
            path: request.path.clone(),
            body: excerpt(&request.body),
            error_type: request.error_type.clone(),
            status: reply.status,
            reply: excerpt(reply.body.as_bytes()),
        }));
    }

    pub(super) fn name_of(&self, id: Uuid) -> Option<String> {
        self.agents.get(&id).map(|agent| agent.name.clone())
    }

    pub(super) fn identify(&self, call: Call, request: &Request) -> Result<Uuid, Reply> {
        let text = request.identifier.as_deref().unwrap_or_default();
        if text.is_empty() {
            return Err(Reply::forbidden(
                "Extension.MissingExtensionIdentifier",
                "Missing Lambda-Extension-Identifier header",
            ));
        }
        let Ok(id) = Uuid::parse_str(text) else {
            return Err(Reply::forbidden(
                "Extension.InvalidExtensionIdentifier",
                "Invalid Lambda-Extension-Identifier",
            ));
        };
        let reports = matches!(call, Call::InitError | Call::ExitError);
        if reports && request.error_type.as_deref().unwrap_or_default().is_empty() {
            return Err(Reply::forbidden(
                "Extension.MissingHeader",
                "Lambda-Extension-Function-Error-Type not found",
            ));
        }
        if self.agents.contains_key(&id) {
            return Ok(id);
        }
        let message = if reports {
            "Unknown Lambda-Extension-Identifier".to_owned()
        } else {
            format!("Unknown extension {id}")
        };
        Err(Reply::forbidden(
            "Extension.UnknownExtensionIdentifier",
            message,
        ))
    }

    fn answer_registered(
        &mut self,
        call: Call,
        id: Uuid,
        request: &Request,
    ) -> (Option<String>, Answer) {
        let managed = self.settings.managed();
        let Some(agent) = self.agents.get_mut(&id) else {
            return (None, Answer::Now(Reply::not_found()));
        };
        let name = agent.name.clone();
        match agent.state.after(call, &id.to_string(), managed) {
            Ok(state) => agent.state = state,
            Err(message) => {
                let refused = Reply::forbidden("Extension.InvalidExtensionState", message);
                return (Some(name), Answer::Now(refused));
            }
        }
        let answer = match (call, &self.current) {
            (Call::Next, Some(current)) if agent.latched => {
                agent.latched = false;
                agent.state = State::Running;
                let (reply, event) = (current.reply(), current.event_type);
                let extension = name.clone();
                self.note(What::Waits {
                    extension: extension.clone(),
                });
                self.note(What::Receives { extension, event });
                Answer::Event(reply)
            }
            (Call::Next, _) => {
                agent.arrived = true;
                let (sender, receiver) = oneshot::channel();
                agent.waiting = Some(sender);
                Answer::Later(receiver)
            }
            _ => {
                if agent.reported.is_none() {
                    agent.reported.clone_from(&request.error_type);
                    let reported = reported(request);
                    self.fatal.get_or_insert_with(|| Fatal {
                        error_type: match call {
                            Call::InitError => "Extension.InitError",
                            _ => "Extension.ExitError",
                        },
                        extension: Some(name.clone()),
                        reported,
                    });
                }
                Answer::Now(Reply::accepted())
            }
        };
        (Some(name), answer)
    }

    /// Hands `event` to every extension that takes it: now to those that wait, to the others when
    /// they ask.
    pub(super) fn release(&mut self, event: CurrentEvent) {
        let mut received = Vec::new();
        for (id, agent) in &mut self.agents {
            if !agent.takes(event.event_type) {
                continue;
            }
            agent.arrived = false;
            let Some(waiting) = agent.waiting.take() else {
                agent.latched = true;
                continue;
            };
            let reply = if agent.state == State::Ready {
                agent.state = State::Running;
                received.push(What::Receives {
                    extension: agent.name.clone(),
                    event: event.event_type,
                });
                event.reply()
            } else {
                let why = "Concurrent state modification";
                let message = refusal(agent.state, Call::Next, &id.to_string(), why);
                Reply::forbidden("Extension.InvalidExtensionState", message)
            };
            // One that hung up meanwhile is not noticed, and its event is lost: as on Lambda.
            let _ = waiting.send(reply);
        }
        self.current = Some(event);
        for what in received {
            self.note(what);
        }
    }

    /// The extensions, of those that take the event, that have not called `next` since.
    pub(super) fn busy(&self, event: Option<EventType>) -> Vec<String> {
        let meant = |agent: &&Agent| event.is_none_or(|event| agent.takes(event));
        let agents = self.agents.values().filter(meant);
        agents
            .filter(|agent| !agent.arrived)
            .map(|agent| agent.name.clone())
            .collect()
    }
}

/// A report in a line: its type, and the message in its body where there is one.
fn reported(request: &Request) -> Option<String> {
    let error_type = request.error_type.clone()?;
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    Some(match body["errorMessage"].as_str() {
        Some(message) => format!("{error_type}: {message}"),
        None => error_type,
    })
}
