//! The calls of the platform's APIs.

use std::fmt;

/// A call of the platform's APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Call {
    /// `POST /2020-01-01/extension/register`
    Register,
    /// `GET /2020-01-01/extension/event/next`
    Next,
    /// `POST /2020-01-01/extension/init/error`
    InitError,
    /// `POST /2020-01-01/extension/exit/error`
    ExitError,
    /// `PUT /2022-07-01/telemetry`
    Telemetry,
    /// `PUT /2020-08-15/logs`
    Logs,
    /// `GET /2018-06-01/runtime/invocation/next`
    RuntimeNext,
    /// `POST /2018-06-01/runtime/invocation/{request id}/response`
    RuntimeResponse,
    /// `POST /2018-06-01/runtime/invocation/{request id}/error`
    RuntimeError,
    /// `POST /2018-06-01/runtime/init/error`
    RuntimeInitError,
}

impl Call {
    /// Every call.
    pub const ALL: &'static [Self] = &[
        Self::Register,
        Self::Next,
        Self::InitError,
        Self::ExitError,
        Self::Telemetry,
        Self::Logs,
        Self::RuntimeNext,
        Self::RuntimeResponse,
        Self::RuntimeError,
        Self::RuntimeInitError,
    ];

    /// Its method, path, and name.
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Register => ("POST", "/2020-01-01/extension/register", "register"),
            Self::Next => ("GET", "/2020-01-01/extension/event/next", "next"),
            Self::InitError => ("POST", "/2020-01-01/extension/init/error", "init error"),
            Self::ExitError => ("POST", "/2020-01-01/extension/exit/error", "exit error"),
            Self::Telemetry => ("PUT", "/2022-07-01/telemetry", "telemetry subscription"),
            Self::Logs => ("PUT", "/2020-08-15/logs", "logs subscription"),
            Self::RuntimeNext => ("GET", "/2018-06-01/runtime/invocation/next", "runtime next"),
            Self::RuntimeResponse => (
                "POST",
                "/2018-06-01/runtime/invocation/{request_id}/response",
                "runtime response",
            ),
            Self::RuntimeError => (
                "POST",
                "/2018-06-01/runtime/invocation/{request_id}/error",
                "runtime error",
            ),
            Self::RuntimeInitError => (
                "POST",
                "/2018-06-01/runtime/init/error",
                "runtime init error",
            ),
        }
    }

    /// Its method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        self.row().0
    }

    /// Its path, with `{request_id}` for a request id.
    #[must_use]
    pub const fn path(self) -> &'static str {
        self.row().1
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.row().2)
    }
}
