//! The platform's answers: statuses, headers and bodies.

use serde::Serialize;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// One answer.
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
    /// JSON as the platform's encoder writes it: one line, and its end.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            body: json(body) + "\n",
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

    /// An error of an extension: everything that it does wrong is a 403.
    pub(super) fn forbidden(error_type: &str, message: impl AsRef<str>) -> Self {
        Self::error(403, error_type, message.as_ref())
    }

    pub(super) fn internal_error() -> Self {
        Self::error(500, "InternalServerError", "Internal Server Error")
    }

    /// What a report is answered, and what the runtime's posts are.
    pub(super) fn accepted() -> Self {
        #[derive(Serialize)]
        struct Status {
            status: &'static str,
        }
        Self::json(202, &Status { status: "OK" })
    }

    /// An INVOKE: an identifier for the delivery, and no line end.
    pub(super) fn invoke(body: String) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            body,
            ..Self::default()
        }
        .with_header(
            "Lambda-Extension-Event-Identifier",
            uuid::Uuid::new_v4().to_string(),
        )
    }

    /// A SHUTDOWN: the platform sends it as text, and without an identifier.
    pub(super) fn shutdown(body: String) -> Self {
        Self::text(200, body)
    }

    pub(super) fn not_found() -> Self {
        Self::text(404, "404 page not found\n").with_header("X-Content-Type-Options", "nosniff")
    }

    /// The method is not the path's; the standard platform says which one is.
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

    /// What a platform without telemetry says to every subscription.
    pub(super) fn not_supported(api: &str) -> Self {
        let message = format!("{api} API is not supported");
        Self::error(202, &format!("{api}.NotSupported"), &message)
    }
}

/// JSON as the platform's encoder writes it: what HTML could take for its own is escaped.
pub(super) fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        // Outside of strings JSON has none of these.
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
