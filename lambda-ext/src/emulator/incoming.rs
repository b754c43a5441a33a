//! A request to the platform's APIs, and the moment of its answer.

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::call::Call;
use super::record::Request;
use super::recorder::excerpt;
use super::reply::Reply;

/// The parts of a request that the platform looks at.
#[derive(Debug, Default)]
pub(super) struct IncomingRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) name: Option<String>,
    pub(super) features: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) error_type: Option<String>,
    /// The request id in the path of a call of the runtime.
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
    /// The connection that a subscription over TCP asks for, or the reason why it failed.
    pub(super) connected: Option<Result<TcpStream, String>>,
}

impl IncomingRequest {
    /// The request with its answer, as the record keeps it, without the caller's name.
    pub(super) fn answered(&self, call: Option<Call>, reply: &Reply) -> Request {
        Request {
            extension: None,
            call,
            method: self.method.clone(),
            path: self.path.clone(),
            body: excerpt(&self.body),
            error_type: self.error_type.clone(),
            status: reply.status,
            reply: excerpt(reply.body.as_bytes()),
        }
    }
}

/// The answer to a request, now or later.
#[derive(Debug)]
pub(super) enum Answer {
    Now(Reply),
    /// An event that had come before `next` was called.
    Event(Reply),
    Later(oneshot::Receiver<Reply>),
}
