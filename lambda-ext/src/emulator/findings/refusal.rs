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
    let who = match name {
        "" => "an unknown client".to_owned(),
        name => format!("`{name}`"),
    };
    let (rule, subject, text, help) = match request.call {
        Some(call) if request.status != 404 && request.status != 405 => {
            let (rule, subject, text, help) = known(call, &refusal, &who, request.status);
            (rule, subject, text, help.to_owned())
        }
        _ => unknown_path(request, &who),
    };
    (
        subject,
        Finding::error(rule, name, at, text).with_help(help),
    )
}

type Known = (&'static str, String, String, &'static str);

#[expect(clippy::too_many_lines, reason = "one row after the other: a table")]
fn known(call: Call, refusal: &Refusal, who: &str, status: u16) -> Known {
    let Refusal {
        error_type,
        message,
    } = refusal;
    let said = |rule, text: String, help| (rule, String::new(), text, help);
    match (call, error_type.as_str(), refusal.transition()) {
        (Call::Register, "Extension.InvalidExtensionName", _) => said(
            "no-name",
            format!("{who} registers without a name: 403 `{error_type}`"),
            "send the file name of the executable in the header `Lambda-Extension-Name`",
        ),
        (Call::Register, "InvalidRequestFormat", _) => said(
            "malformed-registration",
            format!(
                "{who} registers with a body that cannot be read: 403 `{error_type}`, {message}"
            ),
            "send JSON such as `{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}`; for no events it is \
             `{}`, an empty body is refused",
        ),
        (Call::Register, "Extension.InvalidEventType", _) => event_type(refusal, who),
        (Call::Register, "Extension.RegistrationClosed", _) => said(
            "registration-closed",
            format!("{who} registers after the runtime's first `next`: 403 `{error_type}`"),
            "register at once when the process starts; an internal extension registers before the \
             runtime asks for its first invocation",
        ),
        (Call::Register, "Extension.TooManyExtensions", _) => said(
            "too-many-extensions",
            format!("{who} is one extension too many: 403 `{error_type}`"),
            "a function has at most 10 extensions, internal ones included",
        ),
        (Call::Register, _, Some(_)) | (Call::Register, "Extension.InvalidExtensionState", _) => {
            said(
                "registers-twice",
                format!("{who} registers a second time: 403 `Extension.InvalidExtensionState`"),
                "register once, and keep the identifier for every later call",
            )
        }
        (Call::Next, _, Some(("Ready", "Ready"))) => said(
            "next-twice",
            format!(
                "{who} calls `next` while one waits already: 403, `State transition from Ready to \
                 Ready failed`"
            ),
            "make one call of `next` at a time, from one thread, without a timeout: the platform \
             does not notice that a client gave up, and the event is lost",
        ),
        (Call::InitError, _, Some(("Ready" | "Running", _))) => said(
            "init-error-too-late",
            format!(
                "{who} reports an init error after its first `next`: 403 `{error_type}`, the \
                 report is lost"
            ),
            "the first `next` ends init; from then on report to `/2020-01-01/extension/exit/error`",
        ),
        (_, "Extension.MissingExtensionIdentifier", _) => (
            "no-identifier",
            call.to_string(),
            format!("{who} calls {call} without an identifier: 403 `{error_type}`"),
            "send the `Lambda-Extension-Identifier` of the register reply's header with every \
             later call",
        ),
        (_, "Extension.InvalidExtensionIdentifier" | "Extension.UnknownExtensionIdentifier", _) => {
            (
                "wrong-identifier",
                call.to_string(),
                format!("{who} calls {call} with an unknown identifier: 403 `{error_type}`"),
                "send the register reply's `Lambda-Extension-Identifier` back unchanged; it is \
                 new each time that the environment starts",
            )
        }
        (_, "Extension.MissingHeader", _) => (
            "no-error-type",
            call.to_string(),
            format!(
                "{who} reports an {call} without an error type: 403 `{error_type}`, the report is \
                 lost"
            ),
            "send the header `Lambda-Extension-Function-Error-Type`, such as \
             `Extension.ConfigInvalid`",
        ),
        (_, "Telemetry.SubscriptionClosed" | "Logs.SubscriptionClosed", _) => said(
            "subscribes-too-late",
            format!("{who} subscribes to telemetry after init is over: 403 `{error_type}`"),
            "subscribe after register and before the first `next`, and wait for the reply",
        ),
        (Call::Telemetry | Call::Logs, "ValidationError", _) => (
            "invalid-subscription",
            message.clone(),
            format!(
                "{who} subscribes to telemetry with an invalid request: {status} \
                 `ValidationError`, {message}"
            ),
            "check `schemaVersion`, `types`, `buffering` and `destination`, which is \
             `http://sandbox.localdomain:PORT`",
        ),
        _ => (
            "refused-call",
            format!("{call} {status} {error_type} {message}"),
            format!("{who} calls {call} and is refused: {status} `{error_type}`, {message}"),
            "check the reply's status, and what the call needs in this state",
        ),
    }
}

/// A registration for events that the extension cannot have.
fn event_type(refusal: &Refusal, who: &str) -> Known {
    let (error_type, message) = (&refusal.error_type, &refusal.message);
    let rule = "invalid-event";
    let subject = message.clone();
    match message.strip_suffix(": ErrorInvalidEventType") {
        Some(event @ ("INVOKE" | "SHUTDOWN")) => (
            rule,
            subject,
            format!("{who} registers for {event}, which it cannot have here: 403 `{error_type}`"),
            "on Managed Instances external extensions register for SHUTDOWN only: look at \
             `AWS_LAMBDA_INITIALIZATION_TYPE`",
        ),
        Some(event) if matches!(&*event.to_ascii_uppercase(), "INVOKE" | "SHUTDOWN") => (
            rule,
            subject,
            format!(
                "{who} registers for `{event}`, which must be in upper case: 403 `{error_type}`"
            ),
            "write `INVOKE` and `SHUTDOWN`",
        ),
        Some(event) => (
            rule,
            subject,
            format!("{who} registers for `{event}`, which is no event: 403 `{error_type}`"),
            "the events are `INVOKE` and `SHUTDOWN`; telemetry is a subscription, not an event",
        ),
        None if refusal.is_of_unknown_registrant() => (
            rule,
            subject,
            format!(
                "{who} registers for SHUTDOWN, but no extension of that name was launched: 403 \
                 `{error_type}`, `ShutdownEventNotSupportedForInternalExtension`"
            ),
            "an external extension registers under the full file name of its executable; an \
             internal one cannot have SHUTDOWN",
        ),
        None => (
            rule,
            subject,
            format!(
                "{who} registers for an event that it cannot have: 403 `{error_type}`, {message}"
            ),
            "on Managed Instances external extensions register for SHUTDOWN only, and internal \
             ones for nothing",
        ),
    }
}

/// A call to a path, or with a method, that no API has.
fn unknown_path(request: &Request, who: &str) -> (&'static str, String, String, String) {
    let (method, path, status) = (&request.method, &request.path, request.status);
    let trimmed = path.trim_end_matches('/');
    let tail = |path: &str| path.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
    let find = |same: &dyn Fn(&Call) -> bool| Call::ALL.into_iter().find(|call| same(call));
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
            "the date is part of the path: {call} is `{}`, whatever the schema",
            call.path()
        )
    } else {
        "the base is `http://` and `AWS_LAMBDA_RUNTIME_API`, the paths begin with \
         `/2020-01-01/extension/`; telemetry is `/2022-07-01/telemetry`"
            .to_owned()
    };
    (
        "unknown-path",
        format!("{method} {path}"),
        format!("{who} calls `{method} {path}`, which does not exist: {status}"),
        help,
    )
}
