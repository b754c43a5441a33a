//! What the platform tells of each phase.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::super::Initialization;
use super::super::agent::TraceContext;
use super::super::platform::Platform;
use super::super::record::What;
use super::super::reply::json;
use super::super::runtime::Current;
use super::super::settings::MEMORY_MB;
use super::Event;
use super::event::{duration, list, milliseconds, object, span, text};

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

    fn status(self) -> Option<String> {
        text(match self {
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
        })
    }

    fn error_type(self) -> Option<String> {
        self.error_type.and_then(text)
    }
}

impl Platform {
    pub(in super::super) fn note_drops(&mut self) {
        for (extension, records, bytes) in self.telemetry.drops() {
            self.note(What::Dropped {
                extension,
                records,
                bytes,
            });
        }
    }

    fn initialization_type(&self) -> Option<String> {
        text(self.settings.initialization.as_str())
    }

    /// Which phase init is part of.
    fn init_phase(suppressed: bool) -> Option<String> {
        text(if suppressed { "invoke" } else { "init" })
    }

    /// What `initStart` and `restoreStart` have in common.
    fn environment(&self) -> Vec<super::event::Field> {
        let memory = match self.settings.initialization {
            // In bytes there.
            Initialization::ManagedInstances => MEMORY_MB * 1024 * 1024,
            _ => MEMORY_MB,
        };
        vec![
            ("functionName", text(&self.settings.function.function_name)),
            (
                "functionVersion",
                text(&self.settings.function.function_version),
            ),
            ("instanceId", text(&self.telemetry.instance_id)),
            ("instanceMaxMemory", Some(memory.to_string())),
        ]
    }

    pub(in super::super) fn tell_init_start(&mut self, suppressed: bool) {
        let mut fields = vec![
            ("initializationType", self.initialization_type()),
            ("phase", Self::init_phase(suppressed)),
        ];
        fields.extend(self.environment());
        self.tell(Event::platform("platform.initStart", object(fields)));
    }

    pub(in super::super) fn tell_init_runtime_done(
        &mut self,
        suppressed: bool,
        ending: Ending<'_>,
    ) {
        let record = object([
            ("initializationType", self.initialization_type()),
            ("phase", Self::init_phase(suppressed)),
            ("status", ending.status()),
            ("errorType", ending.error_type()),
        ]);
        self.tell(Event::platform("platform.initRuntimeDone", record));
    }

    /// One for each extension, and the report of init.
    pub(in super::super) fn tell_init_report(
        &mut self,
        suppressed: bool,
        ending: Ending<'_>,
        took: Duration,
    ) {
        let mut extensions = Vec::new();
        for (name, member) in &self.members {
            if !self.agents.values().any(|agent| agent.name == *name) {
                let state = match member.state {
                    Some(state) => format!("{state:?}"),
                    None => "Started".to_owned(),
                };
                let failed = (state == "LaunchError").then(|| "PermissionDenied".to_owned());
                extensions.push((name.clone(), state, Vec::new(), failed));
            }
        }
        for agent in self.agents.values() {
            let events: Vec<_> = agent.events.iter().map(json).collect();
            let state = format!("{:?}", agent.state);
            extensions.push((agent.name.clone(), state, events, agent.reported.clone()));
        }
        for (name, state, events, error_type) in extensions {
            let record = object([
                ("name", text(&name)),
                ("state", text(&state)),
                ("events", Some(format!("[{}]", events.join(",")))),
                ("errorType", error_type.as_deref().and_then(text)),
            ]);
            self.tell(Event::platform("platform.extension", record));
        }
        let record = object([
            ("initializationType", self.initialization_type()),
            ("phase", Self::init_phase(suppressed)),
            ("status", ending.status()),
            ("errorType", ending.error_type()),
            ("metrics", Some(duration(took))),
        ]);
        self.tell(Event::platform("platform.initReport", record));
    }

    pub(in super::super) fn tell_restore(&mut self, took: Duration) {
        let start = object(self.environment());
        self.tell(Event::platform("platform.restoreStart", start));
        let done = object([("status", Ending::SUCCESS.status())]);
        self.tell(Event::platform("platform.restoreRuntimeDone", done));
        let report = object([
            ("status", Ending::SUCCESS.status()),
            ("metrics", Some(duration(took))),
        ]);
        self.tell(Event::platform("platform.restoreReport", report));
    }

    pub(in super::super) fn tell_start(&mut self) {
        let Some(current) = &self.runtime.invocation else {
            return;
        };
        let record = object([
            ("requestId", text(&current.request_id)),
            ("version", text(&self.settings.function.function_version)),
            ("tracing", tracing(current)),
            (
                "functionArn",
                text(&current.function_arn).filter(|_| self.settings.managed()),
            ),
        ]);
        self.tell(Event::platform("platform.start", record));
    }

    /// The runtime is done with its invocation; without an ending, as it responded. A managed
    /// instance does not tell that.
    pub(in super::super) fn runtime_done(&mut self, ending: Option<Ending<'_>>) {
        let managed = self.settings.managed();
        let Some(current) = &mut self.runtime.invocation else {
            return;
        };
        if current.done.is_some() {
            return;
        }
        let now = Instant::now();
        current.done = Some(now);
        let ending = ending.unwrap_or(Ending::SUCCESS);
        let answered = current.response.as_ref();
        let produced = answered
            .filter(|response| response.error_type.is_none())
            .map_or(0, |response| response.body.len());
        let metrics = object([
            ("durationMs", milliseconds(now - current.began)),
            ("producedBytes", Some(produced.to_string())),
        ]);
        let record = object([
            ("requestId", text(&current.request_id)),
            ("status", ending.status()),
            ("errorType", ending.error_type()),
            ("metrics", Some(metrics)),
            ("spans", list(&spans(current, Some(now)))),
            ("tracing", tracing(current)),
        ]);
        if !managed {
            self.tell(Event::platform("platform.runtimeDone", record));
        }
    }

    /// The invocation is over.
    pub(in super::super) fn tell_report(&mut self, ending: Ending<'_>, init: Option<Duration>) {
        let Some(current) = self.runtime.invocation.take() else {
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
            let metrics = object([
                ("durationMs", milliseconds(took)),
                ("billedDurationMs", Some(billed.ceil().to_string())),
                ("memorySizeMB", Some(MEMORY_MB.to_string())),
                ("maxMemoryUsedMB", Some((MEMORY_MB / 2).to_string())),
                ("initDurationMs", init.and_then(milliseconds)),
            ]);
            let active = !self.agents.is_empty();
            (metrics, overhead.filter(|_| active).into_iter().collect())
        };
        let record = object([
            ("requestId", text(&current.request_id)),
            ("status", ending.status()),
            ("errorType", ending.error_type()),
            ("metrics", Some(metrics)),
            ("spans", list(&spans)),
            ("tracing", tracing(&current)),
        ]);
        self.tell(Event::platform("platform.report", record));
    }
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
