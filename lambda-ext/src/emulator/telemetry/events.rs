//! What the platform tells of each phase.

use std::time::Duration;

use tokio::time::Instant;

use super::super::platform::Platform;
use super::super::record::What;
use super::super::reply::json;
use super::super::settings::MEMORY_MB;
use super::super::{Initialization, State};
use super::event::{Object, duration, span};
use super::invocation::{of_invocation, spans, tracing};
use super::{Ending, Event};

impl Platform {
    /// Puts what subscribers were not told since the last time into the record, as one step each.
    pub(in super::super) fn note_drops(&mut self) {
        for (extension, records, bytes) in self.telemetry.drops() {
            self.note(What::Dropped {
                extension,
                records,
                bytes,
            });
        }
    }

    /// What all records of init begin with.
    fn of_init(&self) -> Object {
        Object::default().text("initializationType", self.settings.initialization.as_str())
    }

    /// What `initStart` and `restoreStart` have in common.
    fn add_environment(&self, record: Object) -> Object {
        let memory = match self.settings.initialization {
            // In bytes there.
            Initialization::ManagedInstances => MEMORY_MB * 1024 * 1024,
            _ => MEMORY_MB,
        };
        let function = &self.settings.function;
        record
            .text("functionName", &function.function_name)
            .text("functionVersion", &function.function_version)
            .text("instanceId", &self.telemetry.instance_id)
            .raw("instanceMaxMemory", memory)
    }

    pub(in super::super) fn tell_init_start(&mut self, suppressed: bool) {
        // Of a runtime that Lambda does not update, the version is empty.
        let record = self
            .of_init()
            .text("runtimeVersion", "")
            .text("runtimeVersionArn", "");
        let record = self
            .add_environment(record)
            .text("phase", phase(suppressed))
            .end();
        self.tell(Event::platform("platform.initStart", record));
    }

    pub(in super::super) fn tell_init_runtime_done(
        &mut self,
        suppressed: bool,
        ending: Ending<'_>,
    ) {
        let record = ending
            .add_to(self.of_init())
            .text("phase", phase(suppressed));
        let record = ending.add_type_to(record).end();
        self.tell(Event::platform("platform.initRuntimeDone", record));
    }

    /// One for each extension, and the report of init.
    pub(in super::super) fn tell_init_report(
        &mut self,
        suppressed: bool,
        ending: Ending<'_>,
        took: Duration,
    ) {
        for record in self.extensions() {
            self.tell(Event::platform("platform.extension", record));
        }
        let record = self
            .of_init()
            .raw("metrics", duration(took))
            .text("phase", phase(suppressed));
        let record = ending.add_type_to(ending.add_to(record)).end();
        self.tell(Event::platform("platform.initReport", record));
    }

    /// A record of each extension that was launched or has registered.
    fn extensions(&self) -> Vec<String> {
        let record = |name: &str, state: State, events: &[String], error_type: Option<&str>| {
            Object::default()
                .text("name", name)
                .text("state", &format!("{state:?}"))
                .raw("events", format_args!("[{}]", events.join(",")))
                .when(error_type, |record, error_type| {
                    record.text("errorType", error_type)
                })
                .end()
        };
        let registered = |name: &str| self.agents.values().any(|agent| agent.name == name);
        let launched = self.members.iter().filter(|(name, _)| !registered(name));
        let launched = launched.map(|(name, member)| {
            let state = member.state.unwrap_or(State::Started);
            let error_type = (state == State::LaunchError).then_some("PermissionDenied");
            record(name, state, &[], error_type)
        });
        let mut agents: Vec<_> = self.agents.values().collect();
        agents.sort_by_key(|agent| (!agent.external, &agent.name));
        let agents = agents.into_iter().map(|agent| {
            let events: Vec<_> = agent.events.iter().map(json).collect();
            record(&agent.name, agent.state, &events, agent.reported.as_deref())
        });
        launched.chain(agents).collect()
    }

    pub(in super::super) fn tell_restore(&mut self, took: Duration) {
        let start = self.add_environment(Object::default()).end();
        self.tell(Event::platform("platform.restoreStart", start));
        let done = || Ending::SUCCESS.add_to(Object::default());
        self.tell(Event::platform("platform.restoreRuntimeDone", done().end()));
        let report = done().raw("metrics", duration(took)).end();
        self.tell(Event::platform("platform.restoreReport", report));
    }

    pub(in super::super) fn tell_start(&mut self, request_id: &str) {
        let Some(current) = self.runtime.invocation(request_id) else {
            return;
        };
        let managed = self.settings.managed();
        let record = Object::default()
            .text("requestId", &current.request_id)
            .text("version", &self.settings.function.function_version)
            .when(managed.then_some(&current.function_arn), |record, arn| {
                record.text("functionArn", arn)
            })
            .when(tracing(current, managed), |record, tracing| {
                record.raw("tracing", tracing)
            })
            .end();
        self.tell(Event::platform("platform.start", record));
    }

    /// The runtime is done with its invocation; without an ending, as it responded. A managed
    /// instance does not tell that.
    pub(in super::super) fn runtime_done(&mut self, request_id: &str, ending: Option<Ending<'_>>) {
        let managed = self.settings.managed();
        let Some(current) = self.runtime.invocation_mut(request_id) else {
            return;
        };
        if current.done.is_some() {
            return;
        }
        let now = Instant::now();
        current.done = Some(now);
        let answered = current.response.as_ref();
        let produced = answered
            .filter(|response| response.error_type.is_none())
            .map_or(0, |response| response.body.len());
        let metrics = Object::default()
            .milliseconds("durationMs", now - current.began)
            .raw("producedBytes", produced)
            .end();
        let spans = spans(current, managed, Some(now));
        let ending = ending.unwrap_or(Ending::SUCCESS);
        let tracing = tracing(current, managed);
        let record = of_invocation(&current.request_id, ending, &metrics, tracing, &spans);
        if !managed {
            self.tell(Event::platform("platform.runtimeDone", record));
        }
    }

    /// The invocation is over.
    pub(in super::super) fn tell_report(
        &mut self,
        request_id: &str,
        ending: Ending<'_>,
        init: Option<Duration>,
    ) {
        let Some(current) = self.runtime.over(request_id) else {
            return;
        };
        let took = current.began.elapsed();
        let managed = self.settings.managed();
        let error_type = current
            .response
            .as_ref()
            .and_then(|response| response.error_type.as_deref());
        let ending = match error_type {
            // There it tells of the function's error, too.
            Some(error_type) if managed && ending.is_success() => Ending::error(error_type),
            _ => ending,
        };
        let (metrics, spans) = if managed {
            // This one has its three places, come what may.
            let metrics = format!("{:.3}", took.as_secs_f64() * 1e3);
            let metrics = Object::default().raw("durationMs", metrics).end();
            (metrics, spans(&current, true, None))
        } else {
            let overhead = current.done.map(|done| {
                let start = current.began_at + (done - current.began);
                span("extensionOverhead", start, done.elapsed())
            });
            let billed = (took + init.unwrap_or_default()).as_secs_f64() * 1e3;
            let metrics = Object::default()
                .milliseconds("durationMs", took)
                .raw("billedDurationMs", billed.ceil())
                .raw("memorySizeMB", MEMORY_MB)
                .raw("maxMemoryUsedMB", MEMORY_MB / 2)
                .when(init, |metrics, init| {
                    metrics.milliseconds("initDurationMs", init)
                })
                .end();
            let active = !self.agents.is_empty();
            (metrics, overhead.filter(|_| active).into_iter().collect())
        };
        let tracing = tracing(&current, managed);
        let record = of_invocation(&current.request_id, ending, &metrics, tracing, &spans);
        self.tell(Event::platform("platform.report", record));
    }
}

/// The phase in which init runs.
fn phase(suppressed: bool) -> &'static str {
    if suppressed { "invoke" } else { "init" }
}

#[cfg(test)]
mod tests {
    use super::super::event::Object;
    use super::Ending;

    #[test]
    fn only_the_platforms_own_faults_are_failures_and_a_timeout_has_no_error_type() {
        for (ending, record) in [
            (Ending::SUCCESS, r#"{"status":"success"}"#),
            (Ending::TIMEOUT, r#"{"status":"timeout"}"#),
            (
                Ending::error("Runtime.ExitError"),
                r#"{"status":"error","errorType":"Runtime.ExitError"}"#,
            ),
            (
                Ending::error("Sandbox.Failure"),
                r#"{"status":"failure","errorType":"Sandbox.Failure"}"#,
            ),
        ] {
            let told = ending.add_type_to(ending.add_to(Object::default()));
            assert_eq!(told.end(), record);
        }
    }
}
