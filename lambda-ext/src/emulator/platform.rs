//! The platform: who is registered, in which state, and what each call is answered. Nothing here
//! waits: a call that must is handed a receiver.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::agent::{Agent, CurrentEvent};
use super::fault::Faults;
use super::member::Member;
use super::process::Exit;
use super::record::{Request as Answered, What};
use super::recorder::{Recorder, excerpt};
use super::reply::Reply;
use super::runtime::Runtime;
use super::settings::Settings;
use super::state::refusal;
use super::telemetry::{Pace, Telemetry};
use super::{Call, State};
use crate::EventType;

/// The answer to a call, now or later.
#[derive(Debug)]
pub(super) enum Answer {
    Now(Reply),
    /// An event that had come before it was asked for.
    Event(Reply),
    Later(oneshot::Receiver<Reply>),
}

/// What a call brings along.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) name: Option<String>,
    pub(super) features: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) error_type: Option<String>,
    /// In the path of a runtime's call.
    pub(super) of_invocation: Option<String>,
    pub(super) body: Vec<u8>,
    /// The connection that a subscription over TCP asks for, or why there is none.
    pub(super) dialled: Option<Result<TcpStream, String>>,
}

/// The first fatal error of the environment: it outlives what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Fatal {
    pub(super) error_type: &'static str,
    /// None where it is the runtime.
    pub(super) extension: Option<String>,
    pub(super) reported: Option<String>,
}

/// Where the environment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing runs. After a reset, the next init is part of an invocation.
    Idle {
        reset: bool,
    },
    Init,
    Ready,
    Ending,
}

pub(super) struct Platform {
    pub(super) settings: Arc<Settings>,
    pub(super) recorder: Recorder,
    pub(super) stage: Stage,
    /// What is here is of a generation that has ended.
    outdated: bool,
    /// How many have ended.
    pub(super) generation: u64,
    /// What is in `/opt/extensions`, so to speak, by name.
    pub(super) members: BTreeMap<String, Member>,
    /// Those of this process that ran before a reset, and have not been made again.
    pub(super) departed: Vec<String>,
    /// The internal extensions that the built-in function waits for.
    pub(super) internals: Vec<String>,
    /// By identifier.
    pub(super) agents: BTreeMap<Uuid, Agent>,
    pub(super) current: Option<CurrentEvent>,
    pub(super) registration_closed: bool,
    pub(super) fatal: Option<Fatal>,
    /// Somebody has left: what the environment waits for will not come.
    pub(super) cancelled: bool,
    pub(super) runtime: Runtime,
    pub(super) telemetry: Telemetry,
    pub(super) faults: Faults,
}

impl Platform {
    pub(super) fn new(settings: Arc<Settings>, recorder: Recorder, runtime: Runtime) -> Self {
        Self {
            recorder,
            stage: Stage::Idle { reset: false },
            outdated: false,
            generation: 0,
            members: BTreeMap::new(),
            departed: Vec::new(),
            internals: Vec::new(),
            agents: BTreeMap::new(),
            current: None,
            registration_closed: false,
            fatal: None,
            cancelled: false,
            runtime,
            telemetry: Telemetry::new(&settings),
            faults: Faults::default(),
            settings,
        }
    }

    pub(super) fn note(&mut self, what: What) {
        self.recorder.note(what);
    }

    /// The generation has ended.
    pub(super) fn outdate(&mut self) {
        self.outdated = true;
        self.generation += 1;
    }

    /// Begins a generation after the one that has ended: new identifiers, nobody registered. That
    /// may be at the start of init, or before it by somebody who registers in good time.
    pub(super) fn renew(&mut self) {
        if !std::mem::take(&mut self.outdated) {
            return;
        }
        self.agents.clear();
        self.current = None;
        self.registration_closed = false;
        self.fatal = None;
        self.cancelled = false;
        self.runtime.renew();
        self.telemetry.renew(&self.settings);
    }

    /// Nothing is to be done: the environment is frozen, unless it is a managed instance.
    pub(super) fn rest(&mut self) {
        if !self.settings.managed() {
            self.telemetry.goes(Pace::Frozen);
        }
    }

    /// Whether the environment has ended, and no other has begun.
    pub(super) fn is_over(&self) -> bool {
        self.outdated && matches!(self.stage, Stage::Idle { .. })
    }

    /// Expects an extension of this process, or says why it cannot be.
    pub(super) fn expect(&mut self, name: &str) -> Result<(), &'static str> {
        if self.stage == Stage::Ready {
            return Err("was made after init: make it before the first `init` or `invoke`");
        }
        if self.members.contains_key(name) {
            return Err("is there already: every extension has a name of its own");
        }
        self.departed.retain(|departed| departed != name);
        self.members.insert(name.to_owned(), Member::default());
        Ok(())
    }

    /// Those of this process are there for one generation; after a reset they have to be made
    /// again, as Lambda starts all extensions again.
    pub(super) fn dismiss(&mut self, reset: bool) {
        self.departed.clear();
        for (name, member) in std::mem::take(&mut self.members) {
            if member.executable.is_some() {
                self.members.insert(name, member);
            } else if reset && member.announced {
                self.departed.push(name);
            }
        }
    }

    /// Puts the launch of those extensions of this process that run into the record.
    pub(super) fn announce(&mut self) {
        let members = self.members.iter_mut();
        let new = members.filter(|(_, member)| {
            member.executable.is_none() && member.runs() && !member.announced
        });
        let names: Vec<_> = new
            .map(|(name, member)| {
                member.announced = true;
                name.clone()
            })
            .collect();
        for extension in names {
            self.note(What::Launched {
                extension,
                pid: None,
            });
        }
    }

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

    /// An extension has ended. Outside SHUTDOWN that is a crash, whatever its exit code.
    pub(super) fn left(&mut self, name: &str, exit: Exit) {
        let ending = self.stage == Stage::Ending;
        let state = if ending && exit.code == Some(0) {
            State::Exited
        } else {
            State::ShutdownFailed
        };
        if let Some(agent) = self.agents.values_mut().find(|agent| agent.name == name) {
            if ending {
                agent.state = state;
            }
            agent.left_waiting = agent.waiting.take();
        }
        self.note_drops();
        self.telemetry.unsubscribe(name);
        if let Some(member) = self.members.get_mut(name) {
            member.ended(ending.then_some(state));
        }
        if !ending {
            self.cancelled = true;
            self.fatal.get_or_insert_with(|| Fatal {
                error_type: "Extension.Crash",
                extension: Some(name.to_owned()),
                reported: None,
            });
        }
        let extension = name.to_owned();
        self.note(What::Left {
            extension,
            code: exit.code,
            signal: exit.signal,
            state,
        });
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

    /// The external extensions that have not registered.
    pub(super) fn unregistered(&self) -> Vec<String> {
        let registered = |name: &str| self.agents.values().any(|agent| agent.name == name);
        let names = self.members.keys();
        names.filter(|name| !registered(name)).cloned().collect()
    }

    /// The external extensions that run, of those that take SHUTDOWN, or of the others.
    pub(super) fn running(&self, take_shutdown: bool) -> Vec<String> {
        let takes = |name: &str| {
            let mut agents = self.agents.values();
            agents.any(|agent| agent.name == name && agent.takes(EventType::Shutdown))
        };
        self.members
            .iter()
            .filter(|(name, member)| member.runs() && takes(name) == take_shutdown)
            .map(|(name, _)| name.clone())
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
