//! The findings about calls that the platform refuses.

use std::time::Duration;

use serde_json::Value;

use super::finding::Finding;
use crate::emulator::call::Call;
use crate::emulator::record::Request;

/// The platform's reason for refusing a call.
pub(super) struct Refusal {
    error_type: String,
    message: String,
}

impl Refusal {
    pub(super) fn new(request: &Request) -> Self {
        let body: Value = serde_json::from_str(&request.reply).unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        Self {
            error_type: text("errorType"),
            message: text("errorMessage"),
        }
    }

    /// The states of the transition that was refused.
    fn transition(&self) -> Option<(&str, &str)> {
        let rest = self.message.strip_prefix("State transition from ")?;
        let (states, _) = rest.split_once(" failed for extension")?;
        states.split_once(" to ")
    }

    /// Returns whether the caller asked for SHUTDOWN under a name that no launched extension has.
    pub(super) fn is_of_unknown_registrant(&self) -> bool {
        let message = &self.message;
        message.contains("ShutdownEventNotSupportedForInternalExtension")
    }

    /// Returns whether it follows from an error report, after which all calls are refused.
    pub(super) fn follows_a_report(&self) -> bool {
        matches!(self.transition(), Some(("InitError" | "ExitError", _)))
    }
}

/// The finding about a refused call of the extension `name`, which is empty if it is not known. The
/// text before it distinguishes findings of one rule.
pub(super) fn explain(request: &Request, name: &str, at: Duration) -> (String, Finding) {
    let refusal = Refusal::new(request);
    let explanation = match request.call {
        Some(call) if request.status != 404 && request.status != 405 => {
            explain_refusal(call, &refusal, request.status)
        }
        _ => explain_unknown_path(request),
    };
    let caller = match name {
        "" => "an unknown client".to_owned(),
        name => format!("`{name}`"),
    };
    let text = format!("{caller} {}", explanation.text);
    let finding = Finding::error(explanation.rule, name, at, text);
    (explanation.subject, finding.with_help(explanation.help))
}

/// An explanation of a refusal, which begins after the name of the caller.
struct Explanation {
    rule: &'static str,
    /// Distinguishes findings of one rule.
    subject: String,
    text: String,
    help: String,
}

impl Explanation {
    fn new(rule: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            rule,
            subject: String::new(),
            text: text.into(),
            help: help.into(),
        }
    }

    fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }
}

fn explain_refusal(call: Call, refusal: &Refusal, status: u16) -> Explanation {
    let Refusal {
        error_type,
        message,
    } = refusal;
    match (call, error_type.as_str(), refusal.transition()) {
        (Call::Register, "Extension.InvalidExtensionName", _) => Explanation::new(
            "no-name",
            format!("registers without a name: 403 `{error_type}`"),
            "send the file name of the executable in the header `Lambda-Extension-Name`",
        ),
        (Call::Register, "InvalidRequestFormat", _) => Explanation::new(
            "malformed-registration",
            format!("registers with a body that cannot be read: 403 `{error_type}`, {message}"),
            "send JSON such as `{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}`; for no events it is \
             `{}`, an empty body is refused",
        ),
        (Call::Register, "Extension.InvalidEventType", _) => explain_event_type(refusal),
        (Call::Register, "Extension.RegistrationClosed", _) => Explanation::new(
            "registration-closed",
            format!("registers after the runtime's first `next`: 403 `{error_type}`"),
            "register at once when the process starts; an internal extension registers before the \
             runtime asks for its first invocation",
        ),
        (Call::Register, "Extension.TooManyExtensions", _) => Explanation::new(
            "too-many-extensions",
            format!("is one extension too many: 403 `{error_type}`"),
            "a function has at most 10 extensions, internal ones included",
        ),
        (Call::Register, _, Some(_)) | (Call::Register, "Extension.InvalidExtensionState", _) => {
            Explanation::new(
                "registers-twice",
                "registers a second time: 403 `Extension.InvalidExtensionState`",
                "register once, and keep the identifier for every later call",
            )
        }
        (Call::Next, _, Some(("Ready", "Ready"))) => Explanation::new(
            "next-twice",
            "calls `next` while one waits already: 403, `State transition from Ready to Ready \
             failed`",
            "make one call of `next` at a time, from one thread, without a timeout: the platform \
             does not notice that a client gave up, and the event is lost",
        ),
        (Call::InitError, _, Some(("Ready" | "Running", _))) => Explanation::new(
            "init-error-too-late",
            format!(
                "reports an init error after its first `next`: 403 `{error_type}`, the \
                 report is lost"
            ),
            "the first `next` ends init; from then on report to `/2020-01-01/extension/exit/error`",
        ),
        (_, "Extension.MissingExtensionIdentifier", _) => Explanation::new(
            "no-identifier",
            format!("calls {call} without an identifier: 403 `{error_type}`"),
            "send the `Lambda-Extension-Identifier` of the register reply's header with every \
             later call",
        )
        .about(call.to_string()),
        (_, "Extension.InvalidExtensionIdentifier" | "Extension.UnknownExtensionIdentifier", _) => {
            Explanation::new(
                "wrong-identifier",
                format!("calls {call} with an unknown identifier: 403 `{error_type}`"),
                "send the register reply's `Lambda-Extension-Identifier` back unchanged; it is \
                 new each time that the environment starts",
            )
            .about(call.to_string())
        }
        (_, "Extension.MissingHeader", _) => Explanation::new(
            "no-error-type",
            format!(
                "reports an {call} without an error type: 403 `{error_type}`, the report is \
                 lost"
            ),
            "send the header `Lambda-Extension-Function-Error-Type`, such as \
             `Extension.ConfigInvalid`",
        )
        .about(call.to_string()),
        (_, "Telemetry.SubscriptionClosed" | "Logs.SubscriptionClosed", _) => Explanation::new(
            "subscribes-too-late",
            format!("subscribes to telemetry after init is over: 403 `{error_type}`"),
            "subscribe after register and before the first `next`, and wait for the reply",
        ),
        (Call::Telemetry | Call::Logs, "ValidationError", _) => Explanation::new(
            "invalid-subscription",
            format!(
                "subscribes to telemetry with an invalid request: {status} \
                 `ValidationError`, {message}"
            ),
            "check `schemaVersion`, `types`, `buffering` and `destination`, which is \
             `http://sandbox.localdomain:PORT`",
        )
        .about(message.as_str()),
        _ => Explanation::new(
            "refused-call",
            format!("calls {call} and is refused: {status} `{error_type}`, {message}"),
            "check the reply's status, and what the call needs in this state",
        )
        .about(format!("{call} {status} {error_type} {message}")),
    }
}

/// A registration for events that the extension cannot have.
fn explain_event_type(refusal: &Refusal) -> Explanation {
    let (error_type, message) = (&refusal.error_type, &refusal.message);
    let rule = "invalid-event";
    let explanation = match message.strip_suffix(": ErrorInvalidEventType") {
        Some(event @ ("INVOKE" | "SHUTDOWN")) => Explanation::new(
            rule,
            format!("registers for {event}, which it cannot have here: 403 `{error_type}`"),
            "on Managed Instances external extensions register for SHUTDOWN only: look at \
             `AWS_LAMBDA_INITIALIZATION_TYPE`",
        ),
        Some(event) if matches!(&*event.to_ascii_uppercase(), "INVOKE" | "SHUTDOWN") => {
            Explanation::new(
                rule,
                format!("registers for `{event}`, which must be in upper case: 403 `{error_type}`"),
                "write `INVOKE` and `SHUTDOWN`",
            )
        }
        Some(event) => Explanation::new(
            rule,
            format!("registers for `{event}`, which is no event: 403 `{error_type}`"),
            "the events are `INVOKE` and `SHUTDOWN`; telemetry is a subscription, not an event",
        ),
        None if refusal.is_of_unknown_registrant() => Explanation::new(
            rule,
            format!(
                "registers for SHUTDOWN, but no extension of that name was launched: 403 \
                 `{error_type}`, `ShutdownEventNotSupportedForInternalExtension`"
            ),
            "an external extension registers under the full file name of its executable; an \
             internal one cannot have SHUTDOWN",
        ),
        None => Explanation::new(
            rule,
            format!("registers for an event that it cannot have: 403 `{error_type}`, {message}"),
            "on Managed Instances external extensions register for SHUTDOWN only, and internal \
             ones for nothing",
        ),
    };
    explanation.about(message.as_str())
}

/// A call to a path, or with a method, that no API has.
fn explain_unknown_path(request: &Request) -> Explanation {
    let (method, path, status) = (&request.method, &request.path, request.status);
    let trimmed = path.trim_end_matches('/');
    let tail = |path: &str| path.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
    let find = |same: &dyn Fn(&Call) -> bool| Call::ALL.iter().copied().find(|call| same(call));
    let help = if let Some(call) = find(&|call| call.path() == path && call.method() != method) {
        format!("the method of {call} is {}", call.method())
    } else if request.call.is_some() {
        "this environment does not have it; the Telemetry API supersedes the Logs API".to_owned()
    } else if let Some(call) = find(&|call| call.path() == trimmed) {
        format!(
            "without the slash at the end it is {call}: `{}`",
            call.path()
        )
    } else if let Some(call) =
        find(&|call| !trimmed.is_empty() && tail(call.path()) == tail(trimmed))
    {
        format!(
            "the date is part of the path: {call} is `{}` for every schema",
            call.path()
        )
    } else {
        "the base is `http://` and `AWS_LAMBDA_RUNTIME_API`, the paths begin with \
         `/2020-01-01/extension/`; telemetry is `/2022-07-01/telemetry`"
            .to_owned()
    };
    Explanation::new(
        "unknown-path",
        format!("calls `{method} {path}`, which does not exist: {status}"),
        help,
    )
    .about(format!("{method} {path}"))
}
