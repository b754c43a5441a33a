//! What calls say about their callers.

use std::time::Duration;

use serde_json::Value;

use super::super::Call;
use super::super::record::{Phase, Request};
use super::conduct::Report;
use super::error;
use super::refusal::{Refusal, explain};
use super::stranger::Stranger;
use super::walk::Walk;
use crate::EventType;

/// What an extension may keep an invocation longer than the function without a remark.
const UNREMARKABLE: Duration = Duration::from_millis(50);

impl<'a> Walk<'a> {
    pub(super) fn answered(&mut self, request: &'a Request, at: Duration) {
        let name = self.caller(request);
        let refusal = (request.status >= 400).then(|| Refusal::of(request));
        let launched = self.extensions.get(name);
        let launched = launched.is_some_and(|conduct| conduct.launched.is_some());
        if request.call == Some(Call::Register) && !launched && !name.is_empty() {
            let refused = refusal.as_ref().is_some_and(Refusal::is_of_a_stranger);
            if refused || refusal.is_none() {
                self.strangers.push(Stranger {
                    name,
                    at,
                    refusal: refused.then_some(request),
                    known: false,
                });
            }
            if refused {
                return;
            }
        }
        if let Some(refusal) = refusal {
            return self.refused(name, request, &refusal, at);
        }
        if name.is_empty() {
            return;
        }
        let conduct = self.extensions.entry(name).or_default();
        conduct.refused = false;
        match request.call {
            Some(Call::Register) => {
                conduct.registered = true;
                conduct.takes_shutdown = request.body.contains(EventType::Shutdown.as_str());
            }
            Some(Call::Telemetry | Call::Logs) => {
                let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
                let mut types = body["types"].as_array().into_iter().flatten();
                conduct.listener.takes_output = types.any(|kind| kind == "extension");
            }
            Some(call @ (Call::InitError | Call::ExitError)) if conduct.report.is_none() => {
                conduct.report = Some(Report::of(call, request, at));
            }
            _ => {}
        }
    }

    pub(super) fn faulted(&mut self, call: Call, made: bool) {
        // Of another the platform does not learn.
        if made {
            self.faulted.push(call);
        }
    }

    /// Whether a fault in this call explains what comes of it; each explains one thing.
    fn excuse(&mut self, call: Option<Call>) -> bool {
        let fault = self
            .faulted
            .iter()
            .position(|faulted| Some(*faulted) == call);
        fault.map(|fault| self.faulted.remove(fault)).is_some()
    }

    /// Who called: where that is not known, the only one that it can be.
    fn caller(&self, request: &'a Request) -> &'a str {
        let known = request.extension.as_deref().unwrap_or_default();
        if !known.is_empty() && known != "?" {
            return known;
        }
        let mut there = self.extensions.iter().filter(|(_, conduct)| !conduct.gone);
        match (there.next(), there.next()) {
            (Some((name, _)), None) => name,
            _ => "",
        }
    }

    fn refused(&mut self, name: &'a str, request: &Request, refusal: &Refusal, at: Duration) {
        if let Some(conduct) = self.extensions.get_mut(name) {
            conduct.refused = true;
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
        if of_the_function || refusal.follows_a_report() {
            return;
        }
        let who = match name {
            "" => {
                self.astray = true;
                "somebody".to_owned()
            }
            name => format!("`{name}`"),
        };
        let (rule, subject, text, help) = explain(request, &who);
        self.findings
            .add(&subject, error(rule, name, at, text, &help));
    }

    pub(super) fn waits(&mut self, extension: &'a str, at: Duration) {
        let function = self.phases.iter().rev().find_map(|(phase, began)| {
            let done = self.responded?;
            matches!(phase, Phase::Invoke { .. }).then(|| done.saturating_sub(*began))
        });
        let done = self.responded;
        let told = self
            .extensions
            .get(extension)
            .is_some_and(|conduct| conduct.told.is_some());
        let lost = told && self.excuse(Some(Call::Next));
        let conduct = self.extensions.entry(extension).or_default();
        conduct.asked = true;
        conduct.refused = false;
        if lost {
            // SHUTDOWN went into a connection that was closed.
            conduct.excused = true;
        } else if told {
            conduct.polled.get_or_insert(at);
        }
        let busy = conduct.busy.take();
        if let (Some(_), Some(done), Some(function)) = (busy, done, function) {
            let extra = at.saturating_sub(done);
            if extra >= UNREMARKABLE && extra > function {
                if conduct.held.is_none() {
                    conduct.held_at = at;
                }
                let times = conduct.held.map_or(0, |(.., times)| times) + 1;
                let longest = conduct.held.map_or((extra, function), |(held, beside, _)| {
                    (held, beside).max((extra, function))
                });
                conduct.held = Some((longest.0, longest.1, times));
            }
        }
    }

    pub(super) fn delivered(
        &mut self,
        extension: &'a str,
        status: Option<u16>,
        error: Option<&str>,
        at: Duration,
    ) {
        let conduct = self.extensions.entry(extension).or_default();
        conduct.listener.delivered = true;
        // At its end a listener may be gone before the platform is.
        if conduct.told.is_some() || conduct.gone || conduct.killed.is_some() {
            return;
        }
        let how = match (error, status) {
            (Some(error), _) => error.to_owned(),
            (None, Some(status @ 400..)) => format!("its listener answers {status}"),
            _ => {
                conduct.listener.recovered |= conduct.listener.failed.is_some();
                return;
            }
        };
        let listener = &mut conduct.listener;
        listener.failures += 1;
        listener.recovered = false;
        listener.failed.get_or_insert((at, how));
    }
}
