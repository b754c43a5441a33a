//! The platform's side of the Extensions API: who is registered, in which state, and what each
//! call is answered. Nothing here waits: a `next` that must is handed a receiver.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::record::{Record, Request as Answered, Step, What};
use super::reply::Reply;
use super::state::refusal;
use super::{Call, State};
use crate::{EventType, Register};

/// The environment's event, which a released `next` is answered with.
#[derive(Debug, Clone)]
pub(super) struct CurrentEvent {
    pub(super) event_type: EventType,
    pub(super) body: String,
}

impl CurrentEvent {
    fn reply(&self) -> Reply {
        match self.event_type {
            EventType::Invoke => Reply::invoke(self.body.clone()),
            EventType::Shutdown => Reply::shutdown(self.body.clone()),
        }
    }
}

/// A registered extension.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) name: String,
    pub(super) external: bool,
    pub(super) events: BTreeSet<&'static str>,
    pub(super) state: State,
    /// Released while it was not waiting: its next `next` is answered at once.
    pub(super) latched: bool,
    pub(super) waiting: Option<oneshot::Sender<Reply>>,
}

impl Agent {
    pub(super) fn takes(&self, event: EventType) -> bool {
        self.events.contains(event.as_str())
    }
}

/// The answer to a call, now or later.
#[derive(Debug)]
pub(super) enum Answer {
    Now(Reply),
    Later(oneshot::Receiver<Reply>),
}

/// What a call brings along.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) name: Option<String>,
    pub(super) features: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The first fatal error of the environment: it outlives what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Fatal {
    pub(super) extension: String,
    pub(super) error_type: &'static str,
    pub(super) reported: Option<String>,
}

pub(super) struct Platform {
    started: Instant,
    pub(super) function: Register,
    /// The names of the files in `/opt/extensions`, so to speak.
    pub(super) expected: BTreeSet<String>,
    /// Those of them that are processes, and have not ended.
    pub(super) running: BTreeSet<String>,
    /// By identifier.
    pub(super) agents: BTreeMap<Uuid, Agent>,
    pub(super) current: Option<CurrentEvent>,
    pub(super) registration_closed: bool,
    pub(super) fatal: Option<Fatal>,
    pub(super) record: Record,
    observer: Option<Observer>,
}

pub(super) type Observer = Box<dyn Fn(&Step) + Send>;

impl Platform {
    pub(super) fn new(function: Register, observer: Option<Observer>) -> Self {
        Self {
            started: Instant::now(),
            function,
            expected: BTreeSet::new(),
            running: BTreeSet::new(),
            agents: BTreeMap::new(),
            current: None,
            registration_closed: false,
            fatal: None,
            record: Record::default(),
            observer,
        }
    }

    pub(super) fn note(&mut self, what: What) {
        let step = Step {
            at: self.started.elapsed(),
            what,
        };
        if let Some(observer) = &self.observer {
            observer(&step);
        }
        self.record.steps.push(step);
    }

    pub(super) fn answer(&mut self, call: Call, request: &Request) -> Answer {
        let (extension, answer) = match call {
            Call::Register => {
                let name = request.name.clone().unwrap_or_default();
                let answer = self.register(request);
                (name, Answer::Now(answer.unwrap_or_else(|refused| refused)))
            }
            Call::Next | Call::InitError | Call::ExitError => match self.identify(call, request) {
                Ok(id) => self.answer_registered(call, id, request),
                Err(refused) => ("?".to_owned(), Answer::Now(refused)),
            },
            _ => (String::new(), Answer::Now(Reply::not_found())),
        };
        match &answer {
            Answer::Now(reply) => self.note(What::Answered(Answered {
                extension: Some(extension),
                call: Some(call),
                method: call.method().to_owned(),
                path: call.path().to_owned(),
                body: String::from_utf8_lossy(&request.body).into_owned(),
                error_type: request.error_type.clone(),
                status: reply.status,
                reply: reply.body.clone(),
            })),
            Answer::Later(_) => self.note(What::Waits { extension }),
        }
        answer
    }

    fn identify(&self, call: Call, request: &Request) -> Result<Uuid, Reply> {
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

    fn answer_registered(&mut self, call: Call, id: Uuid, request: &Request) -> (String, Answer) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return (String::new(), Answer::Now(Reply::not_found()));
        };
        let name = agent.name.clone();
        let repeated = matches!(agent.state, State::InitError | State::ExitError);
        match agent.state.after(call, &id.to_string()) {
            Ok(state) => agent.state = state,
            Err(message) => {
                let refused = Reply::forbidden("Extension.InvalidExtensionState", message);
                return (name, Answer::Now(refused));
            }
        }
        let answer = match (call, &self.current) {
            (Call::Next, Some(current)) if agent.latched => {
                agent.latched = false;
                agent.state = State::Running;
                let (reply, event) = (current.reply(), current.event_type);
                self.note(What::Receives {
                    extension: name.clone(),
                    event,
                });
                Answer::Now(reply)
            }
            (Call::Next, _) => {
                let (sender, receiver) = oneshot::channel();
                agent.waiting = Some(sender);
                Answer::Later(receiver)
            }
            _ => {
                if !repeated {
                    self.fatal.get_or_insert_with(|| Fatal {
                        extension: name.clone(),
                        error_type: match call {
                            Call::InitError => "Extension.InitError",
                            _ => "Extension.ExitError",
                        },
                        reported: request.error_type.clone(),
                    });
                }
                Answer::Now(Reply::json(202, &json!({ "status": "OK" })))
            }
        };
        (name, answer)
    }

    /// Lets go of the extensions of this process that do not take SHUTDOWN: nobody can kill them.
    pub(super) fn abandon(&mut self) {
        for agent in self.agents.values_mut() {
            if !self.running.contains(&agent.name) && !agent.takes(EventType::Shutdown) {
                agent.waiting = None;
            }
        }
    }

    /// A process has ended. Outside SHUTDOWN that is a crash, whatever its exit code.
    pub(super) fn left(&mut self, name: &str, code: Option<i32>) {
        let in_shutdown =
            matches!(&self.current, Some(event) if event.event_type == EventType::Shutdown);
        let state = if in_shutdown && code == Some(0) {
            State::Exited
        } else {
            State::ShutdownFailed
        };
        if let Some(agent) = self.agents.values_mut().find(|agent| agent.name == name) {
            agent.state = state;
            agent.waiting = None;
        }
        self.running.remove(name);
        if !in_shutdown {
            self.fatal.get_or_insert_with(|| Fatal {
                extension: name.to_owned(),
                error_type: "Extension.Crash",
                reported: None,
            });
        }
        let extension = name.to_owned();
        self.note(What::Left {
            extension,
            code,
            state,
        });
    }

    /// Hands `event` to every extension that takes it: now to those that wait, to the others when
    /// they ask.
    pub(super) fn release(&mut self, event: CurrentEvent) {
        let mut received = Vec::new();
        for (id, agent) in &mut self.agents {
            let listens = agent.external || event.event_type == EventType::Invoke;
            if !listens || !agent.takes(event.event_type) {
                continue;
            }
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
}
