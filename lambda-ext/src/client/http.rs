//! One exchange with the platform: the request, its budget, its retries, and the reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, Request, StatusCode, Url, redirect, retry};
use tokio::time::{sleep, timeout};

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
#[derive(Debug)]
pub(super) struct Call {
    endpoint: &'static Endpoint,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    fn request(&self) -> Request {
        let mut request = Request::new(self.endpoint.method.clone(), self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }
}

/// The connection to the platform. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    /// Whether a connection may be a kept one, which the platform may have closed meanwhile.
    kept: Arc<AtomicBool>,
}

impl Http {
    /// For `host:port`, or a URL that may have a path prefix.
    pub(super) fn new(runtime_api: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::InvalidRuntimeApi(runtime_api.to_owned());
        let address = runtime_api.trim();
        let base = if address.contains("://") {
            Url::parse(address)
        } else {
            Url::parse(&format!("http://{address}"))
        }
        .map_err(|_| invalid())?;
        let extra = [base.query(), base.fragment(), base.password()];
        // `9001` alone would be read as an address, and leave the machine.
        let port_only = address.parse::<u32>().is_ok();
        if base.scheme() != "http" || extra != [None; 3] || base.username() != "" || port_only {
            return Err(invalid());
        }
        // Plain as it is, it fails where a reqwest of the author's own has TLS, and TLS no certificates.
        let client = connector().build().map_err(ClientError::NoHttpClient)?;
        Ok(Self {
            client,
            base,
            kept: Arc::default(),
        })
    }

    /// The same platform by a new connection: one belongs to the runtime that made it.
    pub(super) fn reconnected(&self) -> Self {
        Self {
            client: connector().build().unwrap_or_else(|_| self.client.clone()),
            base: self.base.clone(),
            kept: Arc::default(),
        }
    }

    pub(super) fn call(
        &self,
        endpoint: &'static Endpoint,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Call {
        let mut url = self.base.clone();
        url.set_path(&[self.base.path().trim_end_matches('/'), endpoint.path].concat());
        Call {
            endpoint,
            url,
            headers,
            body,
        }
    }

    /// Sends the call and reads the reply, within the endpoint's budget.
    pub(super) async fn exchange(&self, call: &Call) -> Result<Reply, ClientError> {
        let Some(budget) = call.endpoint.budget else {
            return self.attempts(call).await;
        };
        timeout(budget, self.attempts(call))
            .await
            .unwrap_or(Err(ClientError::TimedOut {
                call: call.endpoint.name,
                after: budget,
            }))
    }

    /// Repeats what was answered 'try again', and once what a kept connection swallowed.
    async fn attempts(&self, call: &Call) -> Result<Reply, ClientError> {
        let mut pauses = budget::RETRY_PAUSES.iter();
        loop {
            match self.attempt(call).await {
                Err(Failure::Lost(_)) if self.kept.swap(false, Ordering::Relaxed) => {}
                Err(Failure::Temporary(refusal)) => match pauses.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(ClientError::Refused(refusal)),
                },
                Err(Failure::Lost(error) | Failure::Final(error)) => return Err(error),
                Ok(reply) => return Ok(reply),
            }
        }
    }

    async fn attempt(&self, call: &Call) -> Result<Reply, Failure> {
        let name = call.endpoint.name;
        let unreachable = |source| ClientError::Unreachable {
            call: name,
            runtime_api: self.base.to_string(),
            source,
        };
        let mut response = self
            .client
            .execute(call.request())
            .await
            .map_err(|source| {
                if is_lost(&source) {
                    Failure::Lost(unreachable(source))
                } else {
                    Failure::Final(unreachable(source))
                }
            })?;
        self.kept.store(true, Ordering::Relaxed);
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

fn connector() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        // The function's own proxy settings must never capture these calls.
        .no_proxy()
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        // Idle times mean nothing across a freeze.
        .pool_idle_timeout(None)
        .pool_max_idle_per_host(1)
        // Nor are probes needed where both ends are on one machine: what ends there is noticed.
        .tcp_keepalive(None)
        .tcp_keepalive_interval(None)
        .tcp_keepalive_retries(None)
        .tcp_user_timeout(None)
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
async fn read(response: &mut reqwest::Response) -> Result<Bytes, Unread> {
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
    let words: Words = serde_json::from_slice(body).unwrap_or_default();
    let error_message = if words.error_type.is_empty() && words.error_message.is_empty() {
        let text = String::from_utf8_lossy(body);
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
