//! The calls of an extension that has registered.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};

use super::call::{Call, Endpoint, header};
use super::reporter::ErrorReporter;
use super::{Client, REGISTER, decode, within};
use crate::budget;
use crate::error::ClientError;
use crate::event::Event;
use crate::event::Received;
use crate::register::Register;
use crate::telemetry::{Subscribed, Subscription};

static NEXT: Endpoint = Endpoint {
    name: "next",
    method: Method::GET,
    path: "/2020-01-01/extension/event/next",
    budget: None,
};
static SUBSCRIBE: Endpoint = Endpoint {
    name: "telemetry",
    method: Method::PUT,
    // The same date for every schema: the schema is in the body.
    path: "/2022-07-01/telemetry",
    // `RegisteredClient::subscribe` limits the time of all schemas together.
    budget: None,
};

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
    pub(super) fn new(client: Client, reply: &Response<Bytes>) -> Result<Self, ClientError> {
        let identifier = reply
            .headers()
            .get(header::IDENTIFIER)
            .filter(|value| !value.is_empty())
            .ok_or(ClientError::NoIdentifier)?;
        let mut info: Register = decode(&REGISTER, reply.body())?;
        info.extension_id = String::from_utf8_lossy(identifier.as_bytes()).into_owned();
        let headers = [(header::IDENTIFIER, identifier.clone())];
        let next = Call::new(client.transport.clone(), &NEXT, headers, Vec::new())?;
        Ok(Self {
            next: Arc::new(next),
            reporter: ErrorReporter {
                transport: client.transport.clone(),
                identifier: identifier.clone(),
            },
            client,
            info,
            in_flight: None,
        })
    }

    /// The platform's answer to register: facts about the function.
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

    /// Subscribes to telemetry. This is legal once, before the first
    /// [`next_event`](Self::next_event). The listener at the destination must accept connections
    /// already.
    ///
    /// The schema is `2022-12-13`, or `2025-01-29` on Managed Instances. Where the platform refuses
    /// it, the other schemas are tried.
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
        let subscribed = Box::pin(self.subscribe_with_fallback(subscription, &mut first));
        // Beside it `init` runs, which may keep the thread busy.
        let outcome = within(&SUBSCRIBE, budget::SUBSCRIBE, subscribed).await;
        // The refusal of the preferred schema explains a mistake best.
        outcome.map_err(|last| first.unwrap_or(last))
    }

    async fn subscribe_with_fallback(
        &self,
        subscription: &Subscription,
        first: &mut Option<ClientError>,
    ) -> Result<Subscribed, ClientError> {
        let [schemas @ .., last] = Subscription::schemas(self.client.managed);
        for schema in schemas {
            match self.subscribe_with(subscription, schema).await {
                // A schema that it does not know is to the platform a mistake like any other.
                Err(error) if is_bad_request(&error) => first.get_or_insert(error),
                outcome => return outcome,
            };
        }
        self.subscribe_with(subscription, last).await
    }

    async fn subscribe_with(
        &self,
        subscription: &Subscription,
        schema: &str,
    ) -> Result<Subscribed, ClientError> {
        let headers = [
            (header::IDENTIFIER, self.reporter.identifier.clone()),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        let body = subscription.body(schema);
        let call = Call::new(
            self.client.transport.clone(),
            &SUBSCRIBE,
            headers,
            body.into(),
        )?;
        let reply = call.exchange().await?;
        Ok(match reply.status() {
            StatusCode::ACCEPTED => Subscribed::NotSupported,
            _ if reply.body().is_empty() => Subscribed::Unconfirmed,
            _ => Subscribed::Confirmed,
        })
    }

    /// Waits for the next event, without a time limit: the environment may be frozen for hours
    /// meanwhile.
    ///
    /// The first call tells the platform that the extension is initialised, and each later one that it
    /// is done with the event before. After [`Event::Shutdown`] another call waits for ever.
    ///
    /// The platform may close a kept connection before the head of the reply has come. Then the request
    /// is sent once more, by a new connection. If the platform had seen it, its event is lost.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. The request of a dropped call stays in the client, and the next call
    /// resumes it.
    ///
    /// # Errors
    /// All are final but [`ClientError::UnknownEvent`].
    pub async fn next_event(&mut self) -> Result<Event, ClientError> {
        let in_flight = match &mut self.in_flight {
            Some(in_flight) => in_flight,
            none => none.insert(next(self.next.clone())),
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

fn is_bad_request(error: &ClientError) -> bool {
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

/// Boxed here and not in `next_event`, as [`Call::exchange`] says.
#[inline(never)]
fn next(call: Arc<Call>) -> InFlight {
    Box::pin(async move {
        let reply = call.run().await?;
        match decode(&NEXT, reply.body())? {
            Received::Known(event) => Ok(event),
            Received::Unknown(event_type) => Err(ClientError::UnknownEvent(event_type)),
        }
    })
}
