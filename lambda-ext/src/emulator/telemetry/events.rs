//! What the platform tells of each phase.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::super::agent::TraceContext;
use super::super::platform::Platform;
use super::super::record::What;
use super::super::reply::json;
use super::super::runtime::Current;
use super::super::settings::MEMORY_MB;
use super::super::{Initialization, State};
use super::Event;
use super::event::{Object, duration, span};

/// What a phase ends with: the platform's status, and the type of the error behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Ending<'a> {
    timed_out: bool,
    error_type: Option<&'a str>,
}

impl<'a> Ending<'a> {
    pub(in super::super) const SUCCESS: Self = Self {
        timed_out: false,
        error_type: None,
    };
    /// It has no error type.
    pub(in super::super) const TIMEOUT: Self = Self {
        timed_out: true,
        error_type: None,
    };

    pub(in super::super) fn error(error_type: &'a str) -> Self {
        Self {
            timed_out: false,
            error_type: Some(error_type),
        }
    }

    /// Adds it to a record.
    fn add_to(self, record: Object) -> Object {
        let status = match self {
            Self {
                timed_out: true, ..
            } => "timeout",
            Self {
                error_type: None, ..
            } => "success",
            // The platform's own fault, and nobody else's.
            Self {
                error_type: Some(error_type),
                ..
            } if error_type.starts_with("Sandbox.") => "failure",
            _ => "error",
        };
        record
            .text("status", status)
            .when(self.error_type, |record, error_type| {
                record.text("errorType", error_type)
            })
    }
}

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
    fn of_init(&self, suppressed: bool) -> Object {
        Object::default()
            .text("initializationType", self.settings.initialization.as_str())
            .text("phase", if suppressed { "invoke" } else { "init" })
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
        let record = self.add_environment(self.of_init(suppressed)).end();
        self.tell(Event::platform("platform.initStart", record));
    }

    pub(in super::super) fn tell_init_runtime_done(
        &mut self,
        suppressed: bool,
        ending: Ending<'_>,
    ) {
        let record = ending.add_to(self.of_init(suppressed)).end();
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
        let record = ending
            .add_to(self.of_init(suppressed))
            .raw("metrics", duration(took))
            .end();
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
        let agents = self.agents.values().map(|agent| {
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
            .when(tracing(current), |record, tracing| {
                record.raw("tracing", tracing)
            })
            .when(managed.then_some(&current.function_arn), |record, arn| {
                record.text("functionArn", arn)
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
        let spans = spans(current, Some(now));
        let record = of_invocation(current, ending.unwrap_or(Ending::SUCCESS), &metrics, &spans);
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
        let (metrics, spans) = if self.settings.managed() {
            (duration(took), spans(&current, None))
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
        let record = of_invocation(&current, ending, &metrics, &spans);
        self.tell(Event::platform("platform.report", record));
    }
}

/// What `runtimeDone` and `report` have in common.
fn of_invocation(current: &Current, ending: Ending<'_>, metrics: &str, spans: &[String]) -> String {
    ending
        .add_to(Object::default().text("requestId", &current.request_id))
        .raw("metrics", metrics)
        .list("spans", spans)
        .when(tracing(current), |record, tracing| {
            record.raw("tracing", tracing)
        })
        .end()
}

fn tracing(current: &Current) -> Option<String> {
    let context = current.tracing.as_ref()?;
    Some(json(&TraceContext {
        span_id: Some(span_id(&current.request_id)),
        ..context.clone()
    }))
}

/// 16 hexadecimal digits; the same for all events of an invocation.
fn span_id(request_id: &str) -> String {
    let digits = request_id.chars().filter(char::is_ascii_hexdigit);
    format!("{:0<16}", digits.take(16).collect::<String>())
}

/// The parts of an invocation that was responded to; an error has none.
fn spans(current: &Current, done: Option<Instant>) -> Vec<String> {
    let Some(response) = &current.response else {
        return Vec::new();
    };
    if response.error_type.is_some() {
        return Vec::new();
    }
    let latency = response.at - current.began;
    let at: SystemTime = current.began_at + latency;
    let mut spans = vec![
        span("responseLatency", current.began_at, latency),
        span("responseDuration", at, Duration::ZERO),
    ];
    spans.extend(done.map(|done| span("runtimeOverhead", at, done - response.at)));
    spans
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
            assert_eq!(ending.add_to(Object::default()).end(), record);
        }
    }
}
