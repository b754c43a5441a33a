//! One exchange with the platform: the request, its budget, its retries, and the reply.

use std::time::Duration;

use hyper::body::Bytes;
use reqwest::header::{ACCEPT, HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode, Url};
use tokio::time::{sleep, timeout};

use super::http::Http;
use crate::report::sources;
use crate::{ClientError, Refusal, budget, json, report};

/// The most that is read of a reply, in bytes. Events have a few hundred.
const LONGEST_REPLY: usize = 1 << 20;
/// The most that is quoted of an error reply that is not JSON, in bytes.
const LONGEST_QUOTE: usize = 512;

/// An endpoint of the Extensions API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint {
    /// As errors name it.
    pub(super) name: &'static str,
    pub(super) method: &'static Method,
    pub(super) path: &'static str,
    /// The time it has, retries included; none where it may take for ever, or the caller sees to it.
    pub(super) budget: Option<Duration>,
}

/// A successful reply.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A request that can be sent again.
pub(super) struct Call {
    endpoint: &'static Endpoint,
    http: Http,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    pub(super) fn new<const N: usize>(
        http: Http,
        endpoint: &'static Endpoint,
        more: [(HeaderName, HeaderValue); N],
        body: Vec<u8>,
    ) -> Self {
        // With what reqwest would add to each request, and with room for more, which is looked for.
        let mut headers = HeaderMap::with_capacity(N + 3);
        headers.insert(HOST, http.address().host().clone());
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.extend(more);
        Self {
            endpoint,
            url: http.address().url(endpoint.path),
            http,
            headers,
            body,
        }
    }

    fn request(&self) -> Request {
        let mut request = Request::new(self.endpoint.method.clone(), self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }

    /// Sends the request and reads the reply, within the endpoint's budget.
    pub(super) async fn exchange(&self) -> Result<Reply, ClientError> {
        let Some(budget) = self.endpoint.budget else {
            return self.attempts().await;
        };
        timeout(budget, self.attempts())
            .await
            .unwrap_or(Err(ClientError::TimedOut {
                call: self.endpoint.name,
                after: budget,
            }))
    }

    /// Repeats what was answered 'try again', and once what a kept connection swallowed.
    async fn attempts(&self) -> Result<Reply, ClientError> {
        let mut pauses = budget::RETRY_PAUSES.iter();
        loop {
            match self.attempt().await {
                Err(Failure::Lost(_)) if self.http.may_be_kept() => {}
                Err(Failure::Temporary(refusal)) => match pauses.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(ClientError::Refused(refusal)),
                },
                Err(Failure::Lost(error) | Failure::Final(error)) => return Err(error),
                Ok(reply) => return Ok(reply),
            }
        }
    }

    async fn attempt(&self) -> Result<Reply, Failure> {
        let name = self.endpoint.name;
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            call: name,
            runtime_api: self.http.address().to_string(),
            source: source.without_url(),
        };
        let sending = self.http.execute(self.request());
        let mut response = sending.await.map_err(|source| {
            if is_lost(&source) {
                Failure::Lost(unreachable(source))
            } else {
                Failure::Final(unreachable(source))
            }
        })?;
        self.http.keep();
        let read = budget::in_time(budget::REPLY_BODY, read(&mut response)).await;
        let body = read.unwrap_or(Err(Unread::Stalled)).map_err(|unread| {
            Failure::Final(match unread {
                Unread::Broken(source) => unreachable(source),
                Unread::Stalled => ClientError::TimedOut {
                    call: name,
                    after: budget::REPLY_BODY,
                },
                Unread::TooLong => ClientError::InvalidReply {
                    call: name,
                    source: format!("it has more than {LONGEST_REPLY} bytes").into(),
                },
            })
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(Reply {
                status,
                headers: std::mem::take(response.headers_mut()),
                body,
            });
        }
        let refusal = refusal(name, status, &body);
        Err(if is_temporary(status) {
            Failure::Temporary(refusal)
        } else {
            Failure::Final(ClientError::Refused(refusal))
        })
    }
}

/// What became of an attempt that failed.
enum Failure {
    /// The connection was closed before the head of the reply was in.
    Lost(ClientError),
    /// The platform asked to try again.
    Temporary(Refusal),
    Final(ClientError),
}

enum Unread {
    Broken(reqwest::Error),
    Stalled,
    TooLong,
}

/// Reads to the announced length, or to the end. A reply is one chunk mostly, taken as it is.
async fn read(response: &mut Response) -> Result<Bytes, Unread> {
    let announced = response.content_length();
    let complete = |length: usize| announced == Some(length as u64);
    let mut next = async || response.chunk().await.map_err(Unread::Broken);
    let first = next().await?.unwrap_or_default();
    if complete(first.len()) {
        return Ok(first);
    }
    let mut body = Vec::from(first);
    while body.len() <= LONGEST_REPLY {
        if complete(body.len()) {
            return Ok(body.into());
        }
        match next().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(body.into()),
        }
    }
    Err(Unread::TooLong)
}

/// Whether the connection ended before the head of the reply was in, so that the platform may never
/// have seen the request. Where a part of the head had come it has, which hyper does not tell apart.
fn is_lost(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};

    !error.is_connect()
        && sources(error).any(|cause| {
            let closed = cause
                .downcast_ref::<hyper::Error>()
                .is_some_and(|error| error.is_incomplete_message() || error.is_canceled());
            let reset = cause.downcast_ref::<std::io::Error>().is_some_and(|error| {
                matches!(
                    error.kind(),
                    BrokenPipe | ConnectionAborted | ConnectionReset
                )
            });
            closed || reset
        })
}

/// 403 is a mistake of ours and 500 the end of the environment; these alone may pass.
fn is_temporary(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// The platform's own words, whatever it calls their content type.
fn refusal(call: &'static str, status: StatusCode, body: &[u8]) -> Refusal {
    let text = String::from_utf8_lossy(body);
    let words: Words = serde_json::from_str(&text).unwrap_or_default();
    let error_message = if words.error_type.is_empty() && words.error_message.is_empty() {
        report::cut(text.trim(), LONGEST_QUOTE).to_owned()
    } else {
        words.error_message
    };
    Refusal {
        call,
        status: status.as_u16(),
        error_type: words.error_type,
        error_message,
    }
}

#[derive(Default)]
struct Words {
    error_type: String,
    error_message: String,
}

json::object!(Words { "errorType" => error_type, "errorMessage" => error_message });

/// The headers of the Extensions API.
pub(super) mod header {
    use super::HeaderName;

    pub(crate) const NAME: HeaderName = HeaderName::from_static("lambda-extension-name");
    pub(crate) const ACCEPT_FEATURE: HeaderName =
        HeaderName::from_static("lambda-extension-accept-feature");
    pub(crate) const IDENTIFIER: HeaderName =
        HeaderName::from_static("lambda-extension-identifier");
    pub(crate) const ERROR_TYPE: HeaderName =
        HeaderName::from_static("lambda-extension-function-error-type");
}
