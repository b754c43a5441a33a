//! The platform's answers: statuses, headers and bodies.

use serde_json::json;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<&'static str>,
    pub(super) header: Option<(&'static str, String)>,
    pub(super) body: String,
}

impl Reply {
    /// JSON as the platform's encoder writes it: one line, and its end.
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            header: None,
            body: format!("{body}\n"),
        }
    }

    /// An error: everything that a client does wrong is a 403.
    pub(super) fn forbidden(error_type: &str, message: impl Into<String>) -> Self {
        let body = json!({ "errorMessage": message.into(), "errorType": error_type });
        Self::json(403, &body)
    }

    /// An INVOKE: an identifier for the delivery, and no line end.
    pub(super) fn invoke(body: String) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            header: Some((
                "Lambda-Extension-Event-Identifier",
                uuid::Uuid::new_v4().to_string(),
            )),
            body,
        }
    }

    /// A SHUTDOWN: the platform sends it as text, and without an identifier.
    pub(super) fn shutdown(body: String) -> Self {
        Self {
            status: 200,
            content_type: Some(TEXT),
            header: None,
            body,
        }
    }

    pub(super) fn not_found() -> Self {
        Self {
            status: 404,
            content_type: Some("text/plain"),
            header: None,
            body: "404 page not found\n".to_owned(),
        }
    }

    pub(super) fn method_not_allowed() -> Self {
        Self {
            status: 405,
            content_type: None,
            header: None,
            body: String::new(),
        }
    }

    /// What a platform without telemetry says to every subscription.
    pub(super) fn no_telemetry() -> Self {
        let body = json!({
            "errorMessage": "Telemetry API is not supported",
            "errorType": "Telemetry.NotSupported",
        });
        Self::json(202, &body)
    }
}
