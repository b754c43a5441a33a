//! The calls of extensions, and the deliveries to them.

use std::time::Duration;

use serde_json::Value;

use super::{Analyzer, UnknownRegistrant};
use crate::emulator::call::Call;
use crate::emulator::findings::history::ErrorReport;
use crate::emulator::findings::refusal::{Refusal, explain};
use crate::emulator::record::{Phase, Request};
use crate::event::EventType;

/// The time for which an extension may hold an invocation after the function without a warning.
const TOLERATED_OVERHEAD: Duration = Duration::from_millis(50);

impl<'a> Analyzer<'a> {
    pub(super) fn answered(&mut self, request: &'a Request, at: Duration) {
        let name = self.caller(request);
        let refusal = (request.status >= 400).then(|| Refusal::new(request));
        let launched = self.extensions.get(name);
        let launched = launched.is_some_and(|history| history.launched.is_some());
        if request.call == Some(Call::Register) && !launched && !name.is_empty() {
            let refused = refusal
                .as_ref()
                .is_some_and(Refusal::is_of_unknown_registrant);
            if refused || refusal.is_none() {
                self.unknown.push(UnknownRegistrant {
                    name,
                    at,
                    refused: refused.then_some(request),
                    identified: false,
                });
            }
            if refused {
                return;
            }
        }
        if refusal.is_some() {
            return self.refused(name, request, at);
        }
        if name.is_empty() {
            return;
        }
        let history = self.extensions.entry(name).or_default();
        history.refused = false;
        match request.call {
            Some(Call::Register) => {
                history.registered = true;
                history.takes_shutdown = request.body.contains(EventType::Shutdown.as_str());
            }
            Some(Call::Telemetry | Call::Logs) => {
                let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
                let mut types = body["types"].as_array().into_iter().flatten();
                let to_output = types.any(|kind| kind == "extension");
                history.listener.subscribed(to_output);
            }
            Some(call @ (Call::InitError | Call::ExitError)) if history.report.is_none() => {
                history.report = Some(ErrorReport::new(call, request, at));
            }
            _ => {}
        }
    }

    pub(super) fn faulted(&mut self, call: Call, made: bool) {
        // The platform does not notice a call that is not made.
        if made {
            self.lost_replies.push(call);
        }
    }

    /// Returns whether a fault in this call explains its consequence. Each fault explains one.
    fn excuse(&mut self, call: Option<Call>) -> bool {
        let mut lost = self.lost_replies.iter();
        let lost = lost.position(|lost| Some(*lost) == call);
        lost.map(|lost| self.lost_replies.remove(lost)).is_some()
    }

    /// The name of the caller. If it is not known, it is the only running extension, if there is just
    /// one.
    fn caller(&self, request: &'a Request) -> &'a str {
        let known = request.extension.as_deref().unwrap_or_default();
        if !known.is_empty() && known != "?" {
            return known;
        }
        let mut there = self.extensions.iter().filter(|(_, history)| !history.gone);
        match (there.next(), there.next()) {
            (Some((name, _)), None) => name,
            _ => "",
        }
    }

    fn refused(&mut self, name: &'a str, request: &Request, at: Duration) {
        if let Some(history) = self.extensions.get_mut(name) {
            history.refused = true;
        }
        if self.excuse(request.call) {
            return;
        }
        let of_the_function = matches!(
            request.call,
            Some(
                Call::RuntimeNext
                    | Call::RuntimeResponse
                    | Call::RuntimeError
                    | Call::RuntimeInitError
            )
        );
        if of_the_function || Refusal::new(request).follows_a_report() {
            return;
        }
        self.unknown_refused |= name.is_empty();
        let (subject, finding) = explain(request, name, at);
        self.findings.add(&subject, finding);
    }

    pub(super) fn waits(&mut self, extension: &'a str, at: Duration) {
        let function = self.phases.iter().rev().find_map(|(phase, began)| {
            let done = self.responded?;
            matches!(phase, Phase::Invoke { .. }).then(|| done.saturating_sub(*began))
        });
        let done = self.responded;
        let at_shutdown = self
            .extensions
            .get(extension)
            .is_some_and(|history| history.shutdown.is_some());
        let lost = at_shutdown && self.excuse(Some(Call::Next));
        let history = self.extensions.entry(extension).or_default();
        history.asked = true;
        history.refused = false;
        if lost {
            // SHUTDOWN was written to a closed connection.
            history.excused = true;
        } else if at_shutdown {
            history.polled.get_or_insert(at);
        }
        let busy = history.busy.take();
        if let (Some(_), Some(done), Some(function)) = (busy, done, function) {
            let extra = at.saturating_sub(done);
            if extra >= TOLERATED_OVERHEAD && extra > function {
                history.hold(at, extra, function);
            }
        }
    }

    pub(super) fn delivered(&mut self, extension: &'a str, failure: Option<String>, at: Duration) {
        let history = self.extensions.entry(extension).or_default();
        history.listener.sent();
        // At its end, an extension may close its listener before the platform stops to deliver.
        if history.shutdown.is_some() || history.gone || history.killed.is_some() {
            return;
        }
        match failure {
            Some(failure) => history.listener.failed(failure, at),
            None => history.listener.arrived(),
        }
    }
}
