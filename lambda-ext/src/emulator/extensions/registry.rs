//! The registry of extensions, by their identifiers.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::external::MAX_EXTENSIONS;
use super::registered::{ExtensionStatus, RegisteredExtension};
use super::registration::Registration;
use crate::emulator::call::Call;
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::generation::FatalError;
use crate::emulator::incoming::{Answer, IncomingRequest};
use crate::emulator::lifecycle_event::LifecycleEvent;
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
        self.get(name).map(RegisteredExtension::state)
    }

    pub(crate) fn name_of(&self, id: Uuid) -> Option<String> {
        let extension = self.by_id.get(&id)?;
        Some(extension.name().to_owned())
    }

    pub(crate) fn takes_shutdown(&self, name: &str) -> bool {
        let extension = self.get(name);
        extension.is_some_and(|extension| extension.takes(EventType::Shutdown))
    }

    fn count_internal(&self) -> usize {
        let extensions = self.by_id.values();
        extensions
            .filter(|extension| !extension.is_external())
            .count()
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
        extensions.find(|extension| extension.name() == name)
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
        let extension = RegisteredExtension::new(registration);
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
        extension.advance(call, &id.to_string(), managed)
    }

    /// Answers `next`, now if an event is pending.
    pub(crate) fn next(&mut self, id: Uuid, recorder: &mut Recorder) -> Answer {
        match self.by_id.get_mut(&id) {
            Some(extension) => extension.next(self.event.as_ref(), recorder),
            None => Answer::Now(Reply::not_found()),
        }
    }

    /// Keeps an error report. The first one of an extension fails the environment.
    pub(crate) fn report(
        &mut self,
        id: Uuid,
        call: Call,
        request: &IncomingRequest,
    ) -> Option<FatalError> {
        self.by_id.get_mut(&id)?.report(call, request)
    }

    /// Sends an event to every extension that takes it: now to those that wait, to the others when
    /// they call `next`.
    pub(crate) fn release(&mut self, event: LifecycleEvent, recorder: &mut Recorder) {
        for (id, extension) in &mut self.by_id {
            if extension.takes(event.event_type()) {
                extension.release(&event, &id.to_string(), recorder);
            }
        }
        self.event = Some(event);
    }

    /// The extensions, of those that take the event, that have not called `next` since it came.
    pub(crate) fn busy(&self, event: Option<EventType>) -> Vec<String> {
        let busy = |extension: &&RegisteredExtension| {
            let takes = event.is_none_or(|event| extension.takes(event));
            takes && !extension.has_arrived()
        };
        let extensions = self.by_id.values().filter(busy);
        extensions
            .map(|extension| extension.name().to_owned())
            .collect()
    }

    /// Notes that an extension has exited, at SHUTDOWN with its final state.
    pub(crate) fn exited(&mut self, name: &str, state: Option<ExtensionState>) {
        let mut extensions = self.by_id.values_mut();
        if let Some(extension) = extensions.find(|extension| extension.name() == name) {
            extension.exited(state);
        }
    }

    /// Every registered extension, the external ones first.
    pub(crate) fn statuses(&self) -> Vec<ExtensionStatus<'_>> {
        let mut extensions: Vec<_> = self.by_id.values().collect();
        extensions.sort_by_key(|extension| (!extension.is_external(), extension.name()));
        let extensions = extensions.into_iter();
        extensions.map(RegisteredExtension::status).collect()
    }
}
