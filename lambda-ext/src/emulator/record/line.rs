//! What a step says, in a few words.

use serde_json::Value;

use super::super::{Call, State};
use super::text::{LONGEST, harmless};
use super::{Kill, Phase, Request, What};

/// Whom a step is about.
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

/// How a step is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// What happens all the time.
    Quiet,
    Bad,
}

/// What a step says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) tone: Tone,
    pub(super) text: String,
}

impl<'a> Line<'a> {
    /// The words for `what`. The begin of a phase has none: it is a heading.
    #[expect(clippy::too_many_lines, reason = "one row after the other: a table")]
    pub(super) fn of(what: &'a What) -> Self {
        use Subject::{Extension, Function, Platform};
        use Tone::{Bad, Plain, Quiet};
        let (subject, tone, text): (_, _, String) = match what {
            What::Began(phase) => (Platform, Plain, format!("{phase} begins")),
            What::Ended { phase, error: None } => {
                (Platform, Quiet, format!("{} is over", phase.word()))
            }
            What::Ended {
                phase,
                error: Some(error),
            } => {
                let error = harmless(error, LONGEST);
                (Platform, Bad, format!("{} fails: {error}", phase.word()))
            }
            What::Launched { extension, pid } => {
                let text = match pid {
                    Some(pid) => format!("is launched, pid {pid}"),
                    None => "is launched in this process".to_owned(),
                };
                (Extension(extension), Quiet, text)
            }
            What::LaunchFailed { extension, error } => {
                let error = harmless(error, LONGEST);
                (
                    Extension(extension),
                    Bad,
                    format!("cannot be launched: {error}"),
                )
            }
            What::Answered(request) => answered(request),
            What::Waits { extension } => (Extension(extension), Quiet, "waits in next".to_owned()),
            What::Receives { extension, event } => {
                (Extension(extension), Plain, format!("gets {event}"))
            }
            What::Output { extension, line } => {
                let line = harmless(line, LONGEST);
                (Extension(extension), Plain, format!("│ {line}"))
            }
            What::FunctionOutput { line } => {
                (Function, Plain, format!("│ {}", harmless(line, LONGEST)))
            }
            What::RuntimeStarted { pid } => {
                let text = match pid {
                    Some(pid) => format!("is started, pid {pid}"),
                    None => "is started".to_owned(),
                };
                (Function, Quiet, text)
            }
            What::Responded {
                error_type: None, ..
            } => (Function, Plain, "responds".to_owned()),
            What::Responded {
                error_type: Some(error_type),
                ..
            } => {
                let error_type = harmless(error_type, LONGEST);
                (
                    Function,
                    Plain,
                    format!("responds with the error {error_type}"),
                )
            }
            What::RuntimeWaits => (Function, Quiet, "waits in next".to_owned()),
            What::TimedOut { .. } => (Function, Bad, "is not done at its timeout".to_owned()),
            What::RuntimeLeft { code, signal } => (Function, Plain, end(*code, *signal)),
            What::Delivered {
                extension,
                records,
                bytes,
                status,
                error,
            } => {
                let text = format!("gets telemetry, {}", amount(*records as u64, *bytes as u64));
                match (status, error) {
                    (_, Some(error)) => {
                        let error = harmless(error, LONGEST);
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
            What::Dropped {
                extension,
                records,
                bytes,
            } => {
                let text = format!("misses telemetry, {} dropped", amount(*records, *bytes));
                (Extension(extension), Bad, text)
            }
            What::Faulted { call, fault, .. } => {
                let fault = harmless(fault, LONGEST);
                (Platform, Plain, format!("fault in {call}: {fault}"))
            }
            What::Frozen => (Platform, Quiet, "freezes the environment".to_owned()),
            What::Thawed => (Platform, Quiet, "thaws the environment".to_owned()),
            What::Killed { extension, why } => {
                let (tone, why) = match why {
                    Kill::Deadline => (Bad, "at its deadline"),
                    Kill::NotRegisteredForShutdown => (Plain, "not registered for SHUTDOWN"),
                };
                (Extension(extension), tone, format!("is killed, {why}"))
            }
            What::Left {
                extension,
                code,
                signal,
                state,
            } => {
                let tone = if *state == State::Exited { Plain } else { Bad };
                (Extension(extension), tone, end(*code, *signal))
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
    /// Its name, without what tells it from others of its kind.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Init { .. } => "INIT",
            Self::Restore => "RESTORE",
            Self::Invoke { .. } => "INVOKE",
            Self::Shutdown { .. } => "SHUTDOWN",
        }
    }
}

/// How a process, or what stands for one, has ended.
pub(in super::super) fn end(code: Option<i32>, signal: Option<i32>) -> String {
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
            // Others have other numbers elsewhere.
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
        harmless(&words.join(", "), LONGEST)
    };
    let call = match request.call {
        Some(call @ Call::Register) => match list("events") {
            events if events.is_empty() => call.to_string(),
            events => format!("{call} for {events}"),
        },
        Some(call @ (Call::Telemetry | Call::Logs)) => format!("{call}: {}", list("types")),
        Some(call @ (Call::InitError | Call::ExitError)) => {
            let error_type = harmless(request.error_type.as_deref().unwrap_or("-"), LONGEST);
            match body["errorMessage"].as_str() {
                Some(message) => format!("{call} {error_type}: {}", harmless(message, LONGEST)),
                None => format!("{call} {error_type}"),
            }
        }
        Some(call) => call.to_string(),
        None => harmless(&format!("{} {}", request.method, request.path), LONGEST),
    };
    let reply: Value = serde_json::from_str(&request.reply).unwrap_or_default();
    let said = match (reply["errorType"].as_str(), reply["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => harmless(&format!(" {kind}: {message}"), 2 * LONGEST),
        (Some(kind), None) => harmless(&format!(" {kind}"), LONGEST),
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
