//! The reports of failures.

use hyper::Method;
use hyper::header::HeaderValue;

use super::call::{Call, Endpoint, header};
use super::decode;
use super::transport::Transport;
use crate::budget;
use crate::error::ClientError;
use crate::report::{ErrorRequest, StatusResponse};

static INIT_ERROR: Endpoint = Endpoint {
    name: "init error",
    method: Method::POST,
    path: "/2020-01-01/extension/init/error",
    budget: Some(budget::REPORT),
};
static EXIT_ERROR: Endpoint = Endpoint {
    name: "exit error",
    method: Method::POST,
    path: "/2020-01-01/extension/exit/error",
    budget: Some(budget::REPORT),
};

/// The report that the platform accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReportKind {
    /// Before the first request for an event.
    InitError,
    /// After it.
    ExitError,
}

/// Reports a failure, at most once of each kind: after a report the platform refuses every other
/// call of this extension, and waits for the process to exit.
#[derive(Debug, Clone)]
pub struct ErrorReporter {
    pub(super) transport: Transport,
    pub(super) identifier: HeaderValue,
}

impl ErrorReporter {
    /// Reports that initialisation failed. Legal until the first `next_event`.
    ///
    /// # Errors
    /// The platform refuses, cannot be reached, or does not answer within 500 ms.
    pub async fn init_error(&self, error: &ErrorRequest) -> Result<StatusResponse, ClientError> {
        self.report(ReportKind::InitError, error).await
    }

    /// Reports a failure that ends the extension. Legal at any time.
    ///
    /// # Errors
    /// The platform refuses, cannot be reached, or does not answer within 500 ms.
    pub async fn exit_error(&self, error: &ErrorRequest) -> Result<StatusResponse, ClientError> {
        self.report(ReportKind::ExitError, error).await
    }

    /// The same by a new connection, for a thread with a runtime of its own.
    pub(crate) fn reconnected(&self) -> Self {
        Self {
            transport: self.transport.reconnected(),
            identifier: self.identifier.clone(),
        }
    }

    pub(crate) async fn report(
        &self,
        kind: ReportKind,
        error: &ErrorRequest,
    ) -> Result<StatusResponse, ClientError> {
        let endpoint = match kind {
            ReportKind::InitError => &INIT_ERROR,
            ReportKind::ExitError => &EXIT_ERROR,
        };
        let headers = [
            (header::IDENTIFIER, self.identifier.clone()),
            (header::ERROR_TYPE, error.header()),
        ];
        let call = Call::new(self.transport.clone(), endpoint, headers, error.body())?;
        let reply = call.exchange().await?;
        // That it was accepted is what counts; some platforms answer with an empty body.
        Ok(decode(endpoint, reply.body()).unwrap_or_default())
    }
}
