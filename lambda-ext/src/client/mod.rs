//! The Extensions API: one function per endpoint. What to call when is the lifecycle's.

mod call;
mod http;
mod reporter;

use std::env::{self, VarError};
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_core::de::DeserializeOwned;

use self::call::{Call, Endpoint, Reply, header};
use self::http::Http;
pub use self::reporter::ErrorReporter;
use crate::event::Received;
use crate::telemetry::{Subscribed, Subscription};
use crate::{ClientError, Event, EventType, Register, budget};

const REGISTER: Endpoint = Endpoint {
    name: "register",
    method: &Method::POST,
    path: "/2020-01-01/extension/register",
    // Who calls it has one, by which an answer is taken that came while the process was stopped.
    budget: None,
};
const NEXT: Endpoint = Endpoint {
    name: "next",
    method: &Method::GET,
    path: "/2020-01-01/extension/event/next",
    budget: None,
};
const SUBSCRIBE: Endpoint = Endpoint {
    name: "telemetry",
    method: &Method::PUT,
    // The date is the path's alone: which schema is meant is in the body.
    path: "/2022-07-01/telemetry",
    // It has one for all schemas together.
    budget: None,
};

/// The variable in which Lambda tells the address of its API.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// The variable in which Lambda tells how the environment was initialized.
const INITIALIZATION_TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// A client of the [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html)
/// that has not registered yet.
///
/// [`run`](crate::run) and the attribute use it; use it yourself for an event loop of your own:
///
/// ```no_run
/// # async fn example() -> Result<(), lambda_ext::ClientError> {
/// use lambda_ext::{Client, Event, EventType};
///
/// let client = Client::from_env()?;
/// let mut client = client.register(&[EventType::Invoke, EventType::Shutdown]).await?;
/// while let Event::Invoke(event) = client.next_event().await? {
///     println!("{} calls {}", event.request_id, client.info().function_name);
/// }
/// # Ok(())
/// # }
/// ```
///
/// (A loop that is to outlive event types of tomorrow goes on at [`ClientError::UnknownEvent`].)
///
/// It never uses a proxy, keeps one connection, and needs a tokio runtime with I/O and time
/// enabled.
#[derive(Debug, Clone)]
pub struct Client {
    http: Http,
    name: String,
    /// The name as it is sent.
    name_header: HeaderValue,
    managed: bool,
}

impl Client {
    /// The client of the extension that this program is: its name is the executable's file name,
    /// the address is in `AWS_LAMBDA_RUNTIME_API`.
    ///
    /// # Errors
    /// The variable is unset ([`ClientError::NoRuntimeApi`]) or no address, or the name
    /// cannot be sent.
    pub fn from_env() -> Result<Self, ClientError> {
        Self::with(None, None)
    }

    /// [`from_env`](Self::from_env), under the name that the Go package has for it.
    ///
    /// # Errors
    /// As for `from_env`.
    pub fn new() -> Result<Self, ClientError> {
        Self::from_env()
    }

    /// A client with a name or an address of its own: `host:port`, or a URL with `http://`, which
    /// may have a path prefix.
    ///
    /// The platform knows an extension by the name of its file in `/opt/extensions`. It takes any
    /// other name for an internal extension, which runs inside the function's runtime.
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env), for what is not given.
    pub fn with(name: Option<&str>, runtime_api: Option<&str>) -> Result<Self, ClientError> {
        let name = name.map_or_else(executable_name, str::to_owned);
        let name_header = match HeaderValue::from_str(&name) {
            Ok(header) if !name.is_empty() && name.trim() == name => header,
            _ => return Err(ClientError::InvalidName(name)),
        };
        let http = match runtime_api {
            Some(address) => Http::new(address)?,
            None => match env::var(RUNTIME_API) {
                Ok(address) => Http::new(&address)?,
                Err(VarError::NotUnicode(address)) => Http::new(&address.to_string_lossy())?,
                Err(VarError::NotPresent) => return Err(ClientError::NoRuntimeApi),
            },
        };
        Ok(Self {
            http,
            name,
            name_header,
            managed: env::var(INITIALIZATION_TYPE)
                .is_ok_and(|kind| kind == "lambda-managed-instances"),
        })
    }

    /// Whether this is Managed Instances, where an environment takes many invocations at once.
    pub(crate) fn is_managed(&self) -> bool {
        self.managed
    }

    /// Tells what otherwise the environment does.
    pub(crate) fn set_managed(&mut self, managed: bool) {
        self.managed = managed;
    }

    /// The name to register under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same by a new connection, for a thread with a runtime of its own.
    pub(crate) fn reconnected(&self) -> Self {
        Self {
            http: self.http.reconnected(),
            ..self.clone()
        }
    }

    /// Registers for these events, which may be none. It is legal once: the events cannot be
    /// changed later.
    ///
    /// The function's runtime is started when every extension has registered.
    ///
    /// # Errors
    /// The platform refuses, cannot be reached, does not answer within 5 s, or answers without
    /// the identifier that every later call needs.
    pub async fn register(self, events: &[EventType]) -> Result<RegisteredClient, ClientError> {
        let headers = [
            (header::NAME, self.name_header.clone()),
            (
                header::ACCEPT_FEATURE,
                HeaderValue::from_static("accountId"),
            ),
        ];
        let events: Vec<_> = events.iter().map(|event| format!("\"{event}\"")).collect();
        let body = format!("{{\"events\":[{}]}}", events.join(","));
        let call = Call::new(self.http.clone(), &REGISTER, headers, body.into());
        let reply = within(&REGISTER, budget::REGISTER, call.exchange()).await?;
        RegisteredClient::new(self, &reply)
    }
}

/// A client that has registered, and may ask for events.
pub struct RegisteredClient {
    client: Client,
    info: Register,
    reporter: ErrorReporter,
    next: Arc<Call>,
    /// The request that is on its way, kept here so that a dropped `next_event` loses no event.
    in_flight: Option<InFlight>,
}

type InFlight = Pin<Box<dyn Future<Output = Result<Event, ClientError>> + Send>>;

impl RegisteredClient {
    fn new(client: Client, reply: &Reply) -> Result<Self, ClientError> {
        let identifier = reply
            .headers
            .get(header::IDENTIFIER)
            .filter(|value| !value.is_empty())
            .ok_or(ClientError::NoIdentifier)?;
        let mut info: Register = decode(&REGISTER, &reply.body)?;
        info.extension_id = String::from_utf8_lossy(identifier.as_bytes()).into_owned();
        let headers = [(header::IDENTIFIER, identifier.clone())];
        let next = Call::new(client.http.clone(), &NEXT, headers, Vec::new());
        Ok(Self {
            next: Arc::new(next),
            reporter: ErrorReporter {
                http: client.http.clone(),
                identifier: identifier.clone(),
            },
            client,
            info,
            in_flight: None,
        })
    }

    /// What the platform told about the function.
    #[must_use]
    pub fn info(&self) -> &Register {
        &self.info
    }

    /// The name it is registered under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.client.name
    }

    /// The identifier by which the platform knows this extension.
    #[must_use]
    pub fn extension_id(&self) -> &str {
        &self.info.extension_id
    }

    /// Subscribes to telemetry, which is legal until the end of init, once, and must be done before
    /// the first [`next_event`](Self::next_event). Whoever listens at the destination must accept
    /// connections already.
    ///
    /// The schema is `2022-12-13`, on Managed Instances `2025-01-29`; where the platform does not
    /// take it, the others are tried.
    ///
    /// ```no_run
    /// use lambda_ext::telemetry::{Destination, Subscription};
    /// use lambda_ext::{Client, Error, Event, EventType, TelemetryEvent, TelemetryType};
    /// use tokio::io::{AsyncBufReadExt, BufReader};
    /// use tokio::net::{TcpListener, TcpStream};
    ///
    /// async fn run() -> Result<(), Error> {
    ///     let listener = TcpListener::bind("0.0.0.0:0").await?;
    ///     let port = listener.local_addr()?.port();
    ///     tokio::spawn(async move {
    ///         while let Ok((stream, _)) = listener.accept().await {
    ///             tokio::spawn(receive(stream));
    ///         }
    ///     });
    ///     let events = [EventType::Invoke, EventType::Shutdown];
    ///     let mut client = Client::from_env()?.register(&events).await?;
    ///     let types = [TelemetryType::Platform];
    ///     client.subscribe(&Subscription::new(&types, Destination::Tcp { port })).await?;
    ///     while let Event::Invoke(event) = client.next_event().await? {
    ///         println!("{}", event.request_id);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// /// By TCP each line is an event; by HTTP each request's body is a `TelemetryBatch`.
    /// async fn receive(stream: TcpStream) {
    ///     let mut lines = BufReader::new(stream).lines();
    ///     while let Ok(Some(line)) = lines.next_line().await {
    ///         println!("{:?}", TelemetryEvent::from(&*line).record);
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// The subscription is not one ([`ClientError::InvalidSubscription`]), or the platform refuses
    /// it, cannot be reached, or does not answer within 5 s.
    pub async fn subscribe(&self, subscription: &Subscription) -> Result<Subscribed, ClientError> {
        subscription.check()?;
        let mut first = None;
        let subscribed = self.subscribe_as_can_be(subscription, &mut first);
        // Beside it `init` runs, which may keep the thread busy.
        let outcome = within(&SUBSCRIBE, budget::SUBSCRIBE, subscribed).await;
        // Of what is wrong the answer to the schema that is meant tells best.
        outcome.map_err(|last| first.unwrap_or(last))
    }

    async fn subscribe_as_can_be(
        &self,
        subscription: &Subscription,
        first: &mut Option<ClientError>,
    ) -> Result<Subscribed, ClientError> {
        let [schemas @ .., last] = Subscription::schemas(self.client.managed);
        for schema in schemas {
            match self.subscribe_as(subscription, schema).await {
                // A schema that it does not know is to the platform a mistake like any other.
                Err(error) if is_mistake(&error) => first.get_or_insert(error),
                outcome => return outcome,
            };
        }
        self.subscribe_as(subscription, last).await
    }

    async fn subscribe_as(
        &self,
        subscription: &Subscription,
        schema: &str,
    ) -> Result<Subscribed, ClientError> {
        let headers = [
            (header::IDENTIFIER, self.reporter.identifier.clone()),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        let body = subscription.body(schema);
        let call = Call::new(self.client.http.clone(), &SUBSCRIBE, headers, body.into());
        let reply = call.exchange().await?;
        Ok(match reply.status {
            StatusCode::ACCEPTED => Subscribed::NotSupported,
            _ if reply.body.is_empty() => Subscribed::Unconfirmed,
            _ => Subscribed::Confirmed,
        })
    }

    /// Waits for the next event, for as long as it takes: the environment may be frozen for hours
    /// meanwhile.
    ///
    /// The first call tells the platform that the extension is initialised, each later one that it
    /// is done with the event before. Asking again after [`Event::Shutdown`] waits for ever.
    ///
    /// Cancel safe: a call that is dropped goes on in the client, and the next call resumes it. A
    /// request whose kept connection turns out to be closed before the head of the reply has come is
    /// sent once more; had the platform seen it, the event of that time is lost.
    ///
    /// # Errors
    /// All are final but [`ClientError::UnknownEvent`].
    pub async fn next_event(&mut self) -> Result<Event, ClientError> {
        let in_flight = match &mut self.in_flight {
            Some(in_flight) => in_flight,
            none => none.insert(Box::pin(next(self.next.clone()))),
        };
        let event = in_flight.await;
        self.in_flight = None;
        event
    }

    /// A handle by which a failure can be reported while `next_event` is waiting.
    #[must_use]
    pub fn error_reporter(&self) -> ErrorReporter {
        self.reporter.clone()
    }
}

fn is_mistake(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused(refusal) if refusal.status == 400)
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegisteredClient")
            .field("name", &self.client.name)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

async fn next(call: Arc<Call>) -> Result<Event, ClientError> {
    let reply = call.exchange().await?;
    match decode(&NEXT, &reply.body)? {
        Received::Known(event) => Ok(event),
        Received::Unknown(event_type) => Err(ClientError::UnknownEvent(event_type)),
    }
}

/// An error where it takes longer than that, and where this process ran meanwhile.
async fn within<T>(
    endpoint: &Endpoint,
    budget: Duration,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    // Boxed, because every future around it would have room for it twice.
    budget::in_time(budget, Box::pin(work))
        .await
        .unwrap_or(Err(ClientError::TimedOut {
            call: endpoint.name,
            after: budget,
        }))
}

/// The content type is not looked at: the platform sends events as text, too. What is no UTF-8 costs no
/// more than itself.
fn decode<T: DeserializeOwned>(endpoint: &Endpoint, body: &[u8]) -> Result<T, ClientError> {
    // Checked as a whole, which costs less than string by string.
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).map_err(|source| ClientError::InvalidReply {
        call: endpoint.name,
        source: source.into(),
    })
}

/// By `argv[0]`, which is the file in `/opt/extensions` even where that is a link.
pub(crate) fn executable_name() -> String {
    env::args_os()
        .next()
        .map(PathBuf::from)
        .or_else(|| env::current_exe().ok())
        .as_deref()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
