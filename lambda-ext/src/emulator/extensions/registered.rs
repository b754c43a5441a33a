//! A registered extension: its state, its events, and the answers to its calls.

use std::collections::BTreeSet;

use tokio::sync::oneshot;

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

#[derive(Debug)]
pub(super) struct RegisteredExtension {
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
    pub(super) fn new(registration: Registration) -> Self {
        Self {
            name: registration.name,
            external: registration.external,
            events: registration.events,
            state: ExtensionState::Registered,
            reported: None,
            arrived: false,
            pending: false,
            waiting: None,
            abandoned: None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_external(&self) -> bool {
        self.external
    }

    pub(super) fn state(&self) -> ExtensionState {
        self.state
    }

    pub(super) fn has_arrived(&self) -> bool {
        self.arrived
    }

    pub(super) fn takes(&self, event: EventType) -> bool {
        self.events.contains(event.as_str()) && (self.external || event == EventType::Invoke)
    }

    pub(super) fn status(&self) -> ExtensionStatus<'_> {
        ExtensionStatus {
            name: &self.name,
            state: self.state,
            events: self.events.iter().copied().collect(),
            error_type: self.reported.as_deref(),
        }
    }

    /// Makes the transition that a call asks for, or refuses it.
    pub(super) fn advance(&mut self, call: Call, id: &str, managed: bool) -> Result<(), Reply> {
        let next = self.state.after(call, id, managed);
        self.state =
            next.map_err(|message| Reply::forbidden("Extension.InvalidExtensionState", message))?;
        Ok(())
    }

    /// Answers `next`, now if an event is pending.
    pub(super) fn next(
        &mut self,
        event: Option<&LifecycleEvent>,
        recorder: &mut Recorder,
    ) -> Answer {
        let extension = self.name.clone();
        recorder.record(StepKind::Waits { extension });
        if let Some(event) = event.filter(|_| self.pending) {
            self.pending = false;
            self.receive(event, recorder);
            return Answer::Event(event.reply());
        }
        self.arrived = true;
        let (sender, receiver) = oneshot::channel();
        self.waiting = Some(sender);
        Answer::Later(receiver)
    }

    fn receive(&mut self, event: &LifecycleEvent, recorder: &mut Recorder) {
        self.state = ExtensionState::Running;
        recorder.record(StepKind::Receives {
            extension: self.name.clone(),
            event: event.event_type(),
        });
    }

    /// Sends an event, now or at its next `next`.
    pub(super) fn release(&mut self, event: &LifecycleEvent, id: &str, recorder: &mut Recorder) {
        self.arrived = false;
        let Some(waiting) = self.waiting.take() else {
            self.pending = true;
            return;
        };
        let reply = if self.state == ExtensionState::Ready {
            self.receive(event, recorder);
            event.reply()
        } else {
            let reason = "Concurrent state modification";
            let message = refusal(self.state, Call::Next, id, reason);
            Reply::forbidden("Extension.InvalidExtensionState", message)
        };
        // As on Lambda, the event is lost if the client has hung up.
        let _ = waiting.send(reply);
    }

    /// Keeps an error report. The first one fails the environment.
    pub(super) fn report(&mut self, call: Call, request: &IncomingRequest) -> Option<FatalError> {
        if self.reported.is_some() {
            return None;
        }
        self.reported.clone_from(&request.error_type);
        Some(FatalError {
            error_type: match call {
                Call::InitError => "Extension.InitError",
                _ => "Extension.ExitError",
            },
            extension: Some(self.name.clone()),
            reported: report_line(request),
        })
    }

    /// Notes that it has exited, at SHUTDOWN with its final state.
    pub(super) fn exited(&mut self, state: Option<ExtensionState>) {
        self.state = state.unwrap_or(self.state);
        self.abandoned = self.waiting.take();
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
