//! The Extensions API: one function per endpoint. What to call when is the lifecycle's.

mod address;
mod call;
pub(crate) mod connection;
mod registered;
mod reporter;
mod transport;

use std::borrow::Cow;
use std::env::{self, VarError};
use std::path::{Path, PathBuf};
use std::str;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderValue;
use serde_core::de::DeserializeOwned;

use self::call::{Call, Endpoint, header};
pub use self::registered::RegisteredClient;
pub use self::reporter::ErrorReporter;
pub(crate) use self::reporter::ReportKind;
use self::transport::Transport;
use crate::budget;
use crate::error::ClientError;
use crate::event::EventType;

static REGISTER: Endpoint = Endpoint {
    name: "register",
    method: Method::POST,
    path: "/2020-01-01/extension/register",
    // `Client::register` limits the time, and takes a reply that came while the process was stopped.
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
/// It keeps one connection, uses no proxy and no TLS, follows no redirects, and needs a tokio runtime
/// with I/O and time enabled.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
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
    /// may have a path prefix. The port is 80 unless given. IPv6 is in brackets, and a host that ends
    /// in a number is a full IPv4 address.
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
        let transport = match runtime_api {
            Some(address) => Transport::new(address)?,
            None => match env::var(RUNTIME_API) {
                Ok(address) => Transport::new(&address)?,
                Err(VarError::NotUnicode(address)) => Transport::new(&address.to_string_lossy())?,
                Err(VarError::NotPresent) => return Err(ClientError::NoRuntimeApi),
            },
        };
        Ok(Self {
            transport,
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
            transport: self.transport.reconnected(),
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
        let mut body = String::from("{\"events\":[");
        for (index, event) in events.iter().enumerate() {
            body.push_str(if index == 0 { "\"" } else { ",\"" });
            body.push_str(event.as_str());
            body.push('"');
        }
        body.push_str("]}");
        let call = Call::new(self.transport.clone(), &REGISTER, headers, body.into())?;
        let reply = within(&REGISTER, budget::REGISTER, call.exchange()).await?;
        RegisteredClient::new(self, &reply)
    }
}

/// Limits the time of boxed work: every future around it would have room for it twice otherwise. Time in which
/// this process did not run does not count.
async fn within<T>(
    endpoint: &Endpoint,
    budget: Duration,
    work: impl Future<Output = Result<T, ClientError>> + Unpin,
) -> Result<T, ClientError> {
    budget::in_time(budget, work)
        .await
        .unwrap_or(Err(ClientError::TimedOut {
            call: endpoint.name,
            after: budget,
        }))
}

/// The content type is not looked at: the platform sends events as text, too. What is no UTF-8 costs no
/// more than itself.
fn decode<T: DeserializeOwned>(endpoint: &Endpoint, body: &[u8]) -> Result<T, ClientError> {
    // Checked as a whole, which costs less than string by string; and `from_utf8_lossy` looks at each
    // byte for itself.
    let text = str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
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
