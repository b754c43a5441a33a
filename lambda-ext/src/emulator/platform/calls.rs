//! The answers to calls.

use uuid::Uuid;

use super::Platform;
use crate::emulator::call::Call;
use crate::emulator::extensions::Registration;
use crate::emulator::fault::Fault;
use crate::emulator::incoming::{Answer, IncomingRequest};
use crate::emulator::record::StepKind;
use crate::emulator::reply::Reply;
use crate::emulator::settings::TelemetrySupport;

impl Platform {
    /// Takes the next fault of a call, which is about to happen.
    pub(crate) fn take_fault(&mut self, call: Call) -> Option<Fault> {
        let fault = self.faults.take(call)?;
        self.record(StepKind::Faulted {
            call,
            fault: fault.to_string(),
            made: fault.makes_the_call(),
        });
        Some(fault)
    }

    pub(crate) fn answer(&mut self, call: Call, request: &mut IncomingRequest) -> Answer {
        let (extension, answer) = match call {
            Call::Register => {
                let answer = self.register(request);
                let reply = answer.unwrap_or_else(|refused| refused);
                (request.name.clone(), Answer::Now(reply))
            }
            Call::Next | Call::InitError | Call::ExitError => {
                match self.registry.identify(call, request) {
                    Ok(id) => (
                        self.registry.name_of(id),
                        self.answer_registered(call, id, request),
                    ),
                    Err(refused) => (None, Answer::Now(refused)),
                }
            }
            Call::Telemetry | Call::Logs => {
                let caller = self.registry.identify(call, request);
                let id = caller.as_ref().ok();
                let name = id.and_then(|id| self.registry.name_of(*id));
                let answer = self.subscribe(call, caller, request);
                let reply = answer.unwrap_or_else(|refused| refused);
                (name, Answer::Now(reply))
            }
            Call::RuntimeNext => (None, self.runtime_next()),
            Call::RuntimeInitError => {
                let reply = self.runtime_init_error(request);
                (None, Answer::Now(reply))
            }
            Call::RuntimeResponse | Call::RuntimeError => {
                let answer = self.runtime_response(call, request);
                let reply = answer.unwrap_or_else(|refused| refused);
                (None, Answer::Now(reply))
            }
        };
        if let Answer::Now(reply) = &answer {
            let mut answered = request.answered(Some(call), reply);
            answered.extension = extension.filter(|name| !name.is_empty());
            self.record(StepKind::Answered(answered));
        }
        answer
    }

    fn register(&mut self, request: &IncomingRequest) -> Result<Reply, Reply> {
        self.renew();
        let managed = self.managed();
        let is_external = |name: &str| self.external.contains(name);
        let registration = Registration::read(request, is_external, managed)?;
        let external = self.external.len();
        let id = self.registry.register(registration, external, managed)?;
        Ok(Registration::reply(request, id, &self.settings.function))
    }

    fn answer_registered(&mut self, call: Call, id: Uuid, request: &IncomingRequest) -> Answer {
        if let Err(refused) = self.registry.advance(id, call, self.settings.managed()) {
            return Answer::Now(refused);
        }
        if call == Call::Next {
            return self.registry.next(id, &mut self.recorder);
        }
        if let Some(fatal) = self.registry.report(id, call, request) {
            self.generation.fail(fatal);
        }
        Answer::Now(Reply::accepted())
    }

    /// Answers a subscription. The Logs API is refused, as by other local platforms.
    fn subscribe(
        &mut self,
        call: Call,
        caller: Result<Uuid, Reply>,
        request: &mut IncomingRequest,
    ) -> Result<Reply, Reply> {
        if call == Call::Logs {
            return Err(if self.managed() {
                Reply::not_found()
            } else {
                Reply::not_supported("Logs")
            });
        }
        if self.settings.telemetry == TelemetrySupport::NotSupported {
            return Err(Reply::not_supported("Telemetry"));
        }
        let id = caller?;
        let name = self.registry.name_of(id).ok_or_else(Reply::not_found)?;
        self.telemetry.subscribe(id, name, request)
    }

    /// Returns whether a subscription over TCP is worth a connection.
    pub(crate) fn may_subscribe(&self, request: &IncomingRequest) -> bool {
        self.settings.telemetry == TelemetrySupport::Supported
            && self.registry.identify(Call::Telemetry, request).is_ok()
    }

    fn runtime_init_error(&mut self, request: &IncomingRequest) -> Reply {
        match self
            .runtime
            .report_init_error(request, self.settings.managed())
        {
            Ok(fatal) => {
                self.generation.fail(fatal);
                Reply::accepted()
            }
            Err(refused) => refused,
        }
    }

    fn runtime_next(&mut self) -> Answer {
        let managed = self.managed();
        let done = match self.runtime.ask(managed) {
            Ok(done) => done,
            Err(refused) => return Answer::Now(refused),
        };
        if self.unregistered().is_empty() {
            self.registry.close();
        }
        if let Some(request_id) = done {
            self.finish_function(&request_id, None);
        }
        let answer = self.runtime.next(managed);
        if let Answer::Later(_) = answer {
            self.record(StepKind::RuntimeWaits);
        }
        answer
    }

    fn runtime_response(&mut self, call: Call, request: &IncomingRequest) -> Result<Reply, Reply> {
        let id = request.request_id.as_deref().unwrap_or_default();
        self.runtime
            .check_response(id, call, self.settings.managed())?;
        let error_type = (call == Call::RuntimeError).then(|| {
            let named = request.error_type.clone().filter(|name| !name.is_empty());
            named.unwrap_or_else(|| "Function.Unknown".to_owned())
        });
        let body = String::from_utf8_lossy(&request.body).into_owned();
        self.respond(id, body, error_type);
        Ok(Reply::accepted())
    }
}
