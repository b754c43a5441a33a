//! The platform's answers: status, headers, and body.

use serde::Serialize;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<&'static str>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    error_message: &'a str,
    error_type: &'a str,
}

impl Reply {
    /// JSON as the platform's encoder writes it: on one line, with a line end.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        Self::json_text(status, json(body) + "\n")
    }

    /// A body that is JSON already.
    pub(super) fn json_text(status: u16, body: String) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            body,
            ..Self::default()
        }
    }

    pub(super) fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: Some(TEXT),
            body: body.into(),
            ..Self::default()
        }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn error(status: u16, error_type: &str, message: &str) -> Self {
        let body = ErrorBody {
            error_message: message,
            error_type,
        };
        Self::json(status, &body)
    }

    /// An error of an extension, which is always a 403.
    pub(super) fn forbidden(error_type: &str, message: impl AsRef<str>) -> Self {
        Self::error(403, error_type, message.as_ref())
    }

    pub(super) fn internal_error() -> Self {
        Self::error(500, "InternalServerError", "Internal Server Error")
    }

    /// The answer to error reports, and to the runtime's responses.
    pub(super) fn accepted() -> Self {
        #[derive(Serialize)]
        struct StatusBody {
            status: &'static str,
        }
        Self::json(202, &StatusBody { status: "OK" })
    }

    /// An INVOKE, with an identifier and without a line end.
    pub(super) fn invoke(body: String) -> Self {
        Self::json_text(200, body).with_header(
            "Lambda-Extension-Event-Identifier",
            uuid::Uuid::new_v4().to_string(),
        )
    }

    /// A SHUTDOWN, which the platform sends as text and without an identifier.
    pub(super) fn shutdown(body: String) -> Self {
        Self::text(200, body)
    }

    pub(super) fn not_found() -> Self {
        Self::text(404, "404 page not found\n").with_header("X-Content-Type-Options", "nosniff")
    }

    /// The path has another method, which the standard platform names.
    pub(super) fn method_not_allowed(allow: Option<&str>) -> Self {
        let reply = Self {
            status: 405,
            ..Self::default()
        };
        match allow {
            Some(method) => reply.with_header("Allow", method),
            None => reply,
        }
    }

    /// The answer of a platform without telemetry to every subscription.
    pub(super) fn not_supported(api: &str) -> Self {
        let message = format!("{api} API is not supported");
        Self::error(202, &format!("{api}.NotSupported"), &message)
    }
}

/// JSON as the platform's encoder writes it, with the characters escaped that HTML uses.
pub(super) fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        // Outside of strings, JSON has none of these.
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}
