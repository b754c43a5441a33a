//! The endpoint, which may be slow, full or away.

use std::error::Error;
use std::time::{Duration, SystemTime};

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Collected, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, sleep, timeout_at};

use super::config::Config;
use super::pending::Pending;

/// What a request has at most, in bytes, about.
const BODY: usize = 1 << 20;

/// The most that one request takes.
const REQUEST: Duration = Duration::from_secs(5);

/// The pauses between attempts. After the last it is left to the next invocation.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// For how long an endpoint that failed delays no invocation, at first and at most.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long nothing more is said on stderr.
const SILENCE: Duration = Duration::from_secs(60);

/// The most that is read of an answer, in bytes.
const ANSWER: usize = 4 << 10;

type Http = Client<HttpsConnector<HttpConnector>, String>;

// Times are those of the wall clock, which goes on while the environment is frozen.
#[derive(Debug)]
pub struct Sink {
    config: Config,
    client: Http,
    failed: Option<SystemTime>,
    rest: Duration,
    said: Option<SystemTime>,
}

enum Failure {
    Temporary(String),
    Refused(String),
}

impl Sink {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            client: client(),
            failed: None,
            rest: REST.0,
            said: None,
        }
    }

    /// Lets go of the connections that are kept.
    pub fn reconnect(&mut self) {
        self.client = client();
    }

    /// Sends what is pending, unless there is no time or the endpoint has failed just now. Safe to
    /// cancel: what has not arrived for sure stays pending.
    pub async fn send(&mut self, pending: &mut Pending, budget: Duration) {
        let rests = self.failed.is_some_and(|at| is_within(at, self.rest));
        if rests || budget.is_zero() {
            return;
        }
        match self.try_to_send(pending, budget).await {
            Ok(()) => (self.failed, self.rest) = (None, REST.0),
            Err(why) => {
                if self.failed.replace(SystemTime::now()).is_some() {
                    self.rest = REST.1.min(self.rest * 2);
                }
                let rows = pending.rows();
                self.say(&format!("{rows} rows wait: {why}"));
            }
        }
    }

    /// Sends what is pending, and says what could not be sent.
    pub async fn send_last(&mut self, pending: &mut Pending, budget: Duration) {
        let sent = self.try_to_send(pending, budget).await;
        let lost = pending.dropped() + pending.rows() as u64;
        if lost > 0 {
            let why = sent.err().unwrap_or_else(|| "see above".to_owned());
            eprintln!("log-shipper: {lost} rows are lost: {why}");
        }
    }

    async fn try_to_send(&mut self, pending: &mut Pending, budget: Duration) -> Result<(), String> {
        let end = Instant::now() + budget;
        let mut pauses = PAUSES.iter();
        while pending.rows() > 0 {
            let body = pending.body(BODY);
            match self.post(body.text.clone(), end).await {
                Ok(()) => {
                    pending.sent(&body);
                    pauses = PAUSES.iter();
                }
                Err(Failure::Refused(why)) => {
                    pending.refused(&body);
                    let dropped = pending.dropped();
                    self.say(&format!(
                        "{dropped} rows were refused and are dropped: {why}"
                    ));
                }
                Err(Failure::Temporary(why)) => match pauses.next() {
                    Some(pause) if Instant::now() + *pause < end => sleep(*pause).await,
                    _ => return Err(why),
                },
            }
        }
        Ok(())
    }

    async fn post(&mut self, body: String, end: Instant) -> Result<(), Failure> {
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.config.endpoint.clone();
        request.headers_mut().clone_from(&self.config.headers);
        let limit = end.min(Instant::now() + REQUEST);
        let answer = timeout_at(limit, async {
            let response = self.client.request(request).await?;
            let status = response.status();
            // To its end, so that the connection can be used again.
            let body = Limited::new(response.into_body(), ANSWER).collect().await;
            let body = body.map(Collected::to_bytes).unwrap_or_default();
            Ok::<_, hyper_util::client::legacy::Error>((status, body))
        });
        let answer = answer.await;
        let host = self.config.endpoint.authority();
        let host = host.map_or_else(String::new, ToString::to_string);
        let (status, body) = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                return Err(Failure::Temporary(format!("{host}: {}", cause(&error))));
            }
            Err(_) => return Err(Failure::Temporary(format!("{host} did not answer in time"))),
        };
        let text = String::from_utf8_lossy(&body);
        let first = text.lines().next().unwrap_or_default();
        let why = format!("{host} answered {status} {first}");
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::Temporary(why))
            }
            _ if status.is_server_error() => Err(Failure::Temporary(why)),
            _ => Err(Failure::Refused(why)),
        }
    }

    /// Says it on stderr, unless something was said just now.
    fn say(&mut self, what: &str) {
        if self.said.is_none_or(|at| !is_within(at, SILENCE)) {
            self.said = Some(SystemTime::now());
            eprintln!("log-shipper: {what}");
        }
    }
}

fn client() -> Http {
    let https = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .build();
    Client::builder(TokioExecutor::new()).build(https)
}

/// Whether that was so short a while ago; a clock that was set back does not say so.
fn is_within(at: SystemTime, while_ago: Duration) -> bool {
    at.elapsed().is_ok_and(|elapsed| elapsed < while_ago)
}

/// What an error comes from.
fn cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
