//! The registered extensions: their states, and the events that they receive.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::external::MAX_EXTENSIONS;
use super::registration::Registration;
use crate::emulator::call::Call;
use crate::emulator::extension_state::{ExtensionState, refusal};
use crate::emulator::generation::FatalError;
use crate::emulator::incoming::{Answer, IncomingRequest};
use crate::emulator::lifecycle_event::LifecycleEvent;
use crate::emulator::record::StepKind;
use crate::emulator::recorder::Recorder;
use crate::emulator::reply::Reply;
use crate::event::EventType;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    by_id: BTreeMap<Uuid, RegisteredExtension>,
    /// The event of the current phase.
    event: Option<LifecycleEvent>,
    /// True once internal extensions are refused.
    closed: bool,
    /// The internal extensions that the built-in function waits for.
    expected_internal: Vec<String>,
}

#[derive(Debug)]
struct RegisteredExtension {
    name: String,
    external: bool,
    events: BTreeSet<&'static str>,
    state: ExtensionState,
    /// The error type that it reported.
    reported: Option<String>,
    /// True once it has called `next` in this phase, which the phase waits for.
    arrived: bool,
    /// True if an event came while it was not waiting. Its next `next` is answered at once.
    pending: bool,
    waiting: Option<oneshot::Sender<Reply>>,
    /// The `next` that waited when it exited. Its client gets no answer.
    abandoned: Option<oneshot::Sender<Reply>>,
}

/// A registered extension, as telemetry reports it.
pub(crate) struct ExtensionStatus<'a> {
    pub(crate) name: &'a str,
    pub(crate) state: ExtensionState,
    pub(crate) events: Vec<&'static str>,
    pub(crate) error_type: Option<&'a str>,
}

impl RegisteredExtension {
    fn takes(&self, event: EventType) -> bool {
        self.events.contains(event.as_str()) && (self.external || event == EventType::Invoke)
    }
}

impl Registry {
    /// Forgets the extensions of the generation that has ended.
    pub(crate) fn renew(&mut self) {
        self.by_id.clear();
        self.event = None;
        self.closed = false;
    }

    pub(crate) fn clear(&mut self) {
        self.by_id.clear();
    }

    /// Refuses further internal extensions.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn state(&self, name: &str) -> Option<ExtensionState> {
        self.get(name).map(|extension| extension.state)
    }

    pub(crate) fn name_of(&self, id: Uuid) -> Option<String> {
        self.by_id.get(&id).map(|extension| extension.name.clone())
    }

    pub(crate) fn takes_shutdown(&self, name: &str) -> bool {
        let extension = self.get(name);
        extension.is_some_and(|extension| extension.takes(EventType::Shutdown))
    }

    fn count_internal(&self) -> usize {
        let extensions = self.by_id.values();
        extensions.filter(|extension| !extension.external).count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn has_internal(&self) -> bool {
        self.count_internal() > 0
    }

    pub(crate) fn expect_internal(&mut self, name: &str) {
        self.expected_internal.push(name.to_owned());
    }

    pub(crate) fn expect_no_internal(&mut self) {
        self.expected_internal.clear();
    }

    /// The expected internal extensions that have not registered.
    pub(crate) fn missing_internal(&self) -> Vec<String> {
        let names = self.expected_internal.iter();
        names.filter(|name| !self.contains(name)).cloned().collect()
    }

    fn get(&self, name: &str) -> Option<&RegisteredExtension> {
        let mut extensions = self.by_id.values();
        extensions.find(|extension| extension.name == name)
    }

    /// Registers an extension beside `external` external ones, or refuses it.
    pub(crate) fn register(
        &mut self,
        registration: Registration,
        external: usize,
        managed: bool,
    ) -> Result<Uuid, Reply> {
        let invalid_state =
            |message: String| Reply::forbidden("Extension.InvalidExtensionState", message);
        let state = self.state(&registration.name);
        if registration.external {
            let state = state.unwrap_or(ExtensionState::Started);
            state
                .after(Call::Register, &registration.name, managed)
                .map_err(invalid_state)?;
        } else if self.closed {
            return Err(Reply::forbidden(
                "Extension.RegistrationClosed",
                "Extension registration closed already",
            ));
        } else if external + self.count_internal() >= MAX_EXTENSIONS {
            return Err(Reply::forbidden(
                "Extension.TooManyExtensions",
                format!("Extension limit ({MAX_EXTENSIONS}) reached"),
            ));
        } else if state.is_some() {
            return Err(invalid_state(
                "Extension with this name already registered".to_owned(),
            ));
        }
        let id = Uuid::new_v4();
        let extension = RegisteredExtension {
            name: registration.name,
            external: registration.external,
            events: registration.events,
            state: ExtensionState::Registered,
            reported: None,
            arrived: false,
            pending: false,
            waiting: None,
            abandoned: None,
        };
        self.by_id.insert(id, extension);
        Ok(id)
    }

    /// The caller of a request, by its identifier.
    pub(crate) fn identify(&self, call: Call, request: &IncomingRequest) -> Result<Uuid, Reply> {
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
        if self.by_id.contains_key(&id) {
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

    /// Makes the transition that a call asks for, or refuses it.
    pub(crate) fn advance(&mut self, id: Uuid, call: Call, managed: bool) -> Result<(), Reply> {
        let extension = self.by_id.get_mut(&id).ok_or_else(Reply::not_found)?;
        let next = extension.state.after(call, &id.to_string(), managed);
        extension.state =
            next.map_err(|message| Reply::forbidden("Extension.InvalidExtensionState", message))?;
        Ok(())
    }

    /// Answers `next`, now if an event is pending.
    pub(crate) fn next(&mut self, id: Uuid, recorder: &mut Recorder) -> Answer {
        let Some(extension) = self.by_id.get_mut(&id) else {
            return Answer::Now(Reply::not_found());
        };
        let name = || extension.name.clone();
        recorder.record(StepKind::Waits { extension: name() });
        if let Some(event) = self.event.as_ref().filter(|_| extension.pending) {
            recorder.record(StepKind::Receives {
                extension: name(),
                event: event.event_type(),
            });
            extension.pending = false;
            extension.state = ExtensionState::Running;
            return Answer::Event(event.reply());
        }
        extension.arrived = true;
        let (sender, receiver) = oneshot::channel();
        extension.waiting = Some(sender);
        Answer::Later(receiver)
    }

    /// Keeps an error report. The first one of an extension fails the environment.
    pub(crate) fn report(
        &mut self,
        id: Uuid,
        call: Call,
        request: &IncomingRequest,
    ) -> Option<FatalError> {
        let extension = self.by_id.get_mut(&id)?;
        if extension.reported.is_some() {
            return None;
        }
        extension.reported.clone_from(&request.error_type);
        Some(FatalError {
            error_type: match call {
                Call::InitError => "Extension.InitError",
                _ => "Extension.ExitError",
            },
            extension: Some(extension.name.clone()),
            reported: report_line(request),
        })
    }

    /// Sends an event to every extension that takes it: now to those that wait, to the others when
    /// they call `next`.
    pub(crate) fn release(&mut self, event: LifecycleEvent, recorder: &mut Recorder) {
        for (id, extension) in &mut self.by_id {
            if !extension.takes(event.event_type()) {
                continue;
            }
            extension.arrived = false;
            let Some(waiting) = extension.waiting.take() else {
                extension.pending = true;
                continue;
            };
            let reply = if extension.state == ExtensionState::Ready {
                extension.state = ExtensionState::Running;
                recorder.record(StepKind::Receives {
                    extension: extension.name.clone(),
                    event: event.event_type(),
                });
                event.reply()
            } else {
                let reason = "Concurrent state modification";
                let message = refusal(extension.state, Call::Next, &id.to_string(), reason);
                Reply::forbidden("Extension.InvalidExtensionState", message)
            };
            // As on Lambda, the event is lost if the client has hung up.
            let _ = waiting.send(reply);
        }
        self.event = Some(event);
    }

    /// The extensions, of those that take the event, that have not called `next` since it came.
    pub(crate) fn busy(&self, event: Option<EventType>) -> Vec<String> {
        let takes =
            |extension: &RegisteredExtension| event.is_none_or(|event| extension.takes(event));
        let extensions = self.by_id.values();
        extensions
            .filter(|extension| takes(extension) && !extension.arrived)
            .map(|extension| extension.name.clone())
            .collect()
    }

    /// Notes that an extension has exited, at SHUTDOWN with its final state.
    pub(crate) fn exited(&mut self, name: &str, state: Option<ExtensionState>) {
        let mut extensions = self.by_id.values_mut();
        if let Some(extension) = extensions.find(|extension| extension.name == name) {
            extension.state = state.unwrap_or(extension.state);
            extension.abandoned = extension.waiting.take();
        }
    }

    /// Every registered extension, the external ones first.
    pub(crate) fn statuses(&self) -> Vec<ExtensionStatus<'_>> {
        let mut extensions: Vec<_> = self.by_id.values().collect();
        extensions.sort_by_key(|extension| (!extension.external, &extension.name));
        extensions
            .into_iter()
            .map(|extension| ExtensionStatus {
                name: &extension.name,
                state: extension.state,
                events: extension.events.iter().copied().collect(),
                error_type: extension.reported.as_deref(),
            })
            .collect()
    }
}

/// A report on one line: its error type, and the message if its body has one.
fn report_line(request: &IncomingRequest) -> Option<String> {
    let error_type = request.error_type.clone()?;
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    Some(match body["errorMessage"].as_str() {
        Some(message) => format!("{error_type}: {message}"),
        None => error_type,
    })
}
