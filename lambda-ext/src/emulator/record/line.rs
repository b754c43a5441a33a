//! The line that describes a step.

use serde_json::Value;

use super::step::{KillReason, Phase, Request, StepKind};
use super::text::{MAX_TEXT, sanitize};
use crate::emulator::call::Call;
use crate::emulator::extension_state::ExtensionState;

/// The subject of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    Extension(&'a str),
    Function,
    Platform,
}

impl<'a> Subject<'a> {
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Extension(name) => name,
            Self::Function => "function",
            Self::Platform => "platform",
        }
    }
}

/// The prominence of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Steps that happen all the time.
    Quiet,
    Bad,
}

/// The description of a step.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StepLine<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) tone: Tone,
    pub(super) text: String,
}

impl<'a> StepLine<'a> {
    /// Describes a step. The begin of a phase is a heading in the timeline instead.
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    pub(super) fn new(kind: &'a StepKind) -> Self {
        use Subject::{Extension, Function, Platform};
        use Tone::{Bad, Plain, Quiet};
        let (subject, tone, text): (_, _, String) = match kind {
            StepKind::Began(phase) => (Platform, Plain, format!("{phase} begins")),
            StepKind::Ended { phase, error: None } => {
                (Platform, Quiet, format!("{} is over", phase.word()))
            }
            StepKind::Ended {
                phase,
                error: Some(error),
            } => {
                let error = sanitize(error, MAX_TEXT);
                (Platform, Bad, format!("{} fails: {error}", phase.word()))
            }
            StepKind::Launched { extension, pid } => {
                let text = match pid {
                    Some(pid) => format!("is launched, pid {pid}"),
                    None => "is launched in this process".to_owned(),
                };
                (Extension(extension), Quiet, text)
            }
            StepKind::LaunchFailed { extension, error } => {
                let error = sanitize(error, MAX_TEXT);
                (
                    Extension(extension),
                    Bad,
                    format!("cannot be launched: {error}"),
                )
            }
            StepKind::Answered(request) => answered(request),
            StepKind::Waits { extension } => {
                (Extension(extension), Quiet, "waits in next".to_owned())
            }
            StepKind::Receives { extension, event } => {
                (Extension(extension), Plain, format!("gets {event}"))
            }
            StepKind::Output { extension, line } => {
                let line = sanitize(line, MAX_TEXT);
                (Extension(extension), Plain, format!("│ {line}"))
            }
            StepKind::FunctionOutput { line } => {
                (Function, Plain, format!("│ {}", sanitize(line, MAX_TEXT)))
            }
            StepKind::RuntimeStarted { pid } => {
                let text = match pid {
                    Some(pid) => format!("is started, pid {pid}"),
                    None => "is started".to_owned(),
                };
                (Function, Quiet, text)
            }
            StepKind::Responded {
                error_type: None, ..
            } => (Function, Plain, "responds".to_owned()),
            StepKind::Responded {
                error_type: Some(error_type),
                ..
            } => {
                let error_type = sanitize(error_type, MAX_TEXT);
                (
                    Function,
                    Plain,
                    format!("responds with the error {error_type}"),
                )
            }
            StepKind::RuntimeWaits => (Function, Quiet, "waits in next".to_owned()),
            StepKind::TimedOut { .. } => (Function, Bad, "is not done at its timeout".to_owned()),
            StepKind::RuntimeExited { code, signal } => {
                (Function, Plain, describe_exit(*code, *signal))
            }
            StepKind::Delivered {
                extension,
                records,
                bytes,
                status,
                error,
            } => {
                let text = format!("gets telemetry, {}", amount(*records as u64, *bytes as u64));
                match (status, error) {
                    (_, Some(error)) => {
                        let error = sanitize(error, MAX_TEXT);
                        (Extension(extension), Bad, format!("{text}: {error}"))
                    }
                    (Some(status @ 400..), _) => {
                        (Extension(extension), Bad, format!("{text} → {status}"))
                    }
                    (Some(status), _) => {
                        (Extension(extension), Quiet, format!("{text} → {status}"))
                    }
                    (None, None) => (Extension(extension), Quiet, text),
                }
            }
            StepKind::Dropped {
                extension,
                records,
                bytes,
            } => {
                let text = format!("misses telemetry, {} dropped", amount(*records, *bytes));
                (Extension(extension), Bad, text)
            }
            StepKind::Faulted { call, fault, .. } => {
                let fault = sanitize(fault, MAX_TEXT);
                (Platform, Plain, format!("fault in {call}: {fault}"))
            }
            StepKind::Frozen => (Platform, Quiet, "freezes the environment".to_owned()),
            StepKind::Thawed => (Platform, Quiet, "thaws the environment".to_owned()),
            StepKind::Killed { extension, reason } => {
                let (tone, reason) = match reason {
                    KillReason::Deadline => (Bad, "at its deadline"),
                    KillReason::NotRegisteredForShutdown => (Plain, "not registered for SHUTDOWN"),
                };
                (Extension(extension), tone, format!("is killed, {reason}"))
            }
            StepKind::Exited {
                extension,
                code,
                signal,
                state,
            } => {
                let tone = if *state == ExtensionState::Exited {
                    Plain
                } else {
                    Bad
                };
                (Extension(extension), tone, describe_exit(*code, *signal))
            }
        };
        Self {
            subject,
            tone,
            text: text.trim_end().to_owned(),
        }
    }
}

impl Phase {
    /// Its name, without its parameters.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Init { .. } => "INIT",
            Self::Restore => "RESTORE",
            Self::Invoke { .. } => "INVOKE",
            Self::Shutdown { .. } => "SHUTDOWN",
        }
    }
}

/// Describes the exit of a process.
pub(crate) fn describe_exit(code: Option<i32>, signal: Option<i32>) -> String {
    const NAMES: [(i32, &str); 7] = [
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (15, "SIGTERM"),
    ];
    match (code, signal) {
        (Some(code), _) => format!("exits with code {code}"),
        (None, None) => "is gone".to_owned(),
        (None, Some(signal)) => {
            // Other systems have other numbers.
            let name = NAMES.into_iter().find(|(number, _)| *number == signal);
            match name.filter(|_| cfg!(target_os = "linux")) {
                Some((_, name)) => format!("is ended by {name}"),
                None => format!("is ended by signal {signal}"),
            }
        }
    }
}

fn amount(records: u64, bytes: u64) -> String {
    let plural = if records == 1 { "" } else { "s" };
    format!("{records} record{plural}, {bytes} bytes")
}

fn answered(request: &Request) -> (Subject<'_>, Tone, String) {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let list = |key: &str| {
        let words = body[key].as_array().into_iter().flatten();
        let words: Vec<_> = words.filter_map(Value::as_str).collect();
        sanitize(&words.join(", "), MAX_TEXT)
    };
    let call = match request.call {
        Some(call @ Call::Register) => match list("events") {
            events if events.is_empty() => call.to_string(),
            events => format!("{call} for {events}"),
        },
        Some(call @ (Call::Telemetry | Call::Logs)) => format!("{call}: {}", list("types")),
        Some(call @ (Call::InitError | Call::ExitError)) => {
            let error_type = sanitize(request.error_type.as_deref().unwrap_or("-"), MAX_TEXT);
            match body["errorMessage"].as_str() {
                Some(message) => format!("{call} {error_type}: {}", sanitize(message, MAX_TEXT)),
                None => format!("{call} {error_type}"),
            }
        }
        Some(call) => call.to_string(),
        None => sanitize(&format!("{} {}", request.method, request.path), MAX_TEXT),
    };
    let reply: Value = serde_json::from_str(&request.reply).unwrap_or_default();
    let said = match (reply["errorType"].as_str(), reply["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => sanitize(&format!(" {kind}: {message}"), 2 * MAX_TEXT),
        (Some(kind), None) => sanitize(&format!(" {kind}"), MAX_TEXT),
        _ => String::new(),
    };
    let subject = match (&request.extension, request.call) {
        (Some(name), _) if !name.is_empty() => Subject::Extension(name),
        (_, Some(call)) if call.path().contains("/runtime/") => Subject::Function,
        _ => Subject::Extension("?"),
    };
    let tone = match request.status {
        ..400 => Tone::Plain,
        _ => Tone::Bad,
    };
    (subject, tone, format!("{call} → {}{said}", request.status))
}
