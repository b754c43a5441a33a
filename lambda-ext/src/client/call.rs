//! One call of an endpoint: the request, its time limit, its retries, and the reply.

use std::pin::Pin;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::{sleep, timeout};

use super::connection::ExchangeError;
use super::transport::Transport;
use crate::error::{ClientError, Refusal};
use crate::text::truncate;
use crate::{budget, json};

/// The most that is quoted of an error reply that is not JSON, in bytes.
const LONGEST_QUOTE: usize = 512;

/// An endpoint of the Extensions API.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Its name in errors.
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// The time that a call has, retries included. None for `next`, which may wait for hours, and
    /// where the caller limits the time.
    pub(super) budget: Option<Duration>,
}

/// The reply to a call.
pub(super) type Reply<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, ClientError>> + Send + 'a>>;

/// A request that can be sent again.
pub(super) struct Call {
    endpoint: &'static Endpoint,
    transport: Transport,
    request: Request<Full<Bytes>>,
}

impl Call {
    pub(super) fn new<const N: usize>(
        transport: Transport,
        endpoint: &'static Endpoint,
        headers: [(HeaderName, HeaderValue); N],
        body: Vec<u8>,
    ) -> Result<Self, ClientError> {
        let address = transport.address();
        let mut request = Request::builder()
            .method(endpoint.method.clone())
            .uri(format!("{}{}", address.prefix, endpoint.path))
            .header(HOST, address.host_header.clone())
            .body(Full::from(body))
            .map_err(|_| ClientError::InvalidRuntimeApi(address.to_string()))?;
        request.headers_mut().extend(headers);
        Ok(Self {
            endpoint,
            transport,
            request,
        })
    }

    /// Sends the request and reads a successful reply, within the endpoint's budget.
    ///
    /// Boxed, because generic code calls it: that is compiled in the author's crate, and would compile an
    /// `async fn` there a second time, which takes 18 KB.
    #[inline(never)]
    pub(super) fn exchange(&self) -> Reply<'_> {
        Box::pin(self.run())
    }

    /// Does the same without a box, for code that is not generic.
    pub(super) async fn run(&self) -> Result<Response<Bytes>, ClientError> {
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

    /// Sends the request, and again after a pause while the platform answers with a temporary error.
    async fn attempts(&self) -> Result<Response<Bytes>, ClientError> {
        let mut pauses = budget::RETRY_PAUSES.iter();
        loop {
            let reply = self.transport.send(&self.request).await;
            let reply = reply.map_err(|error| self.error(error))?;
            if reply.status().is_success() {
                return Ok(reply);
            }
            match pauses.next() {
                Some(pause) if is_temporary(reply.status()) => sleep(*pause).await,
                _ => return Err(ClientError::Refused(self.refusal(&reply))),
            }
        }
    }

    fn error(&self, error: ExchangeError) -> ClientError {
        let call = self.endpoint.name;
        match error {
            ExchangeError::Lost(source) | ExchangeError::Broken(source) => {
                ClientError::Unreachable {
                    call,
                    runtime_api: self.transport.address().to_string(),
                    source,
                }
            }
            ExchangeError::Stalled => ClientError::TimedOut {
                call,
                after: budget::REPLY_BODY,
            },
            ExchangeError::TooLong => ClientError::InvalidReply {
                call,
                source: error.to_string().into(),
            },
        }
    }

    /// The error in a reply, whose content type does not matter.
    fn refusal(&self, reply: &Response<Bytes>) -> Refusal {
        let text = String::from_utf8_lossy(reply.body());
        let body: ErrorBody = serde_json::from_str(&text).unwrap_or_default();
        let error_message = if body.error_type.is_empty() && body.error_message.is_empty() {
            truncate(text.trim(), LONGEST_QUOTE).to_owned()
        } else {
            body.error_message
        };
        Refusal {
            call: self.endpoint.name,
            status: reply.status().as_u16(),
            error_type: body.error_type,
            error_message,
        }
    }
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

#[derive(Default)]
struct ErrorBody {
    error_type: String,
    error_message: String,
}

json::object!(ErrorBody { "errorType" => error_type, "errorMessage" => error_message });

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
