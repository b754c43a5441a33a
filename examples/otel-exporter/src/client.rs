//! The HTTP client that the exporter sends by.

use std::error::Error;
use std::iter::successors;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

/// The most that is read of an answer, in bytes.
const ANSWER: usize = 64 << 10;

type Http = Hyper<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The exporter's errors do not say what went wrong, so this remembers it.
#[derive(Debug)]
pub struct Client {
    http: Mutex<Http>,
    failure: Mutex<Option<Failure>>,
}

/// Why a request failed.
#[derive(Debug)]
pub struct Failure {
    pub why: String,
    /// Whether the same would be refused again.
    pub refused: bool,
}

impl Client {
    pub fn new() -> Self {
        Self {
            http: Mutex::new(http()),
            failure: Mutex::default(),
        }
    }

    /// Lets go of the connections that are kept.
    pub fn reconnect(&self) {
        *self.http.lock().unwrap_or_else(PoisonError::into_inner) = http();
    }

    /// Why the last request failed, where it did; told once.
    pub fn failure(&self) -> Option<Failure> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let host = request.uri().authority().cloned();
        let host = host.map_or_else(String::new, |host| host.to_string());
        let http = self
            .http
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let answer = exchange(http, request).await;
        let failure = match &answer {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(Failure {
                why: format!("{host} answered {}", response.status()),
                // What may be sent again is what OTLP says.
                refused: !matches!(response.status().as_u16(), 429 | 502..=504),
            }),
            Err(error) => {
                let causes = successors(Some(&**error as &dyn Error), |error| (*error).source());
                let cause = causes.last().map_or_else(String::new, ToString::to_string);
                Some(Failure {
                    why: format!("{host}: {cause}"),
                    refused: false,
                })
            }
        };
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
        answer
    }
}

async fn exchange(http: Http, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (parts, body) = http.request(request.map(Full::new)).await?.into_parts();
    // To its end, so that the connection can be used again.
    let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

fn http() -> Http {
    let https = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .build();
    Hyper::builder(TokioExecutor::new()).build(https)
}
