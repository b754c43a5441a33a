//! What is subscribed to, and how it is delivered.

use std::fmt;
use std::ops::RangeInclusive;

use crate::error::ClientError;

/// A category of telemetry.
///
/// See [Telemetry API: subscribing](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TelemetryType {
    /// What the platform tells: starts, ends, reports of invocations.
    Platform,
    /// What the function prints.
    Function,
    /// What extensions print, this one included.
    Extension,
}

impl TelemetryType {
    /// Every type.
    pub const ALL: &'static [Self] = &[Self::Platform, Self::Function, Self::Extension];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

impl TelemetryType {
    /// Whether these are a subscription's.
    pub(crate) fn check(types: &[Self]) -> Result<(), ClientError> {
        if types.is_empty() {
            return Err(ClientError::InvalidSubscription(
                "there must be at least one type".to_owned(),
            ));
        }
        Ok(())
    }
}

impl fmt::Display for TelemetryType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// When the platform closes a batch and sends it: whichever limit is reached first.
///
/// What is not set is the platform's default: 10,000 items, 262,144 bytes, 1,000 ms; with a
/// `runtime_done` 25 ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Buffering {
    /// Events, 1,000 to 10,000.
    pub max_items: Option<u32>,
    /// Bytes, 262,144 to 1,048,576.
    pub max_bytes: Option<u32>,
    /// Milliseconds since the first event of the batch, 25 to 30,000.
    pub timeout_ms: Option<u32>,
}

impl Buffering {
    /// The platform's defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_items: None,
            max_bytes: None,
            timeout_ms: None,
        }
    }

    /// Closes a batch at this number of events, 1,000 to 10,000.
    #[must_use]
    pub const fn max_items(mut self, max_items: u32) -> Self {
        self.max_items = Some(max_items);
        self
    }

    /// Closes a batch at this number of bytes, 262,144 to 1,048,576.
    #[must_use]
    pub const fn max_bytes(mut self, max_bytes: u32) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Closes a batch that long after its first event, 25 to 30,000 ms.
    #[must_use]
    pub const fn timeout_ms(mut self, timeout_ms: u32) -> Self {
        self.timeout_ms = Some(timeout_ms);
        self
    }

    /// Whether the platform takes these values.
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        for Limit {
            name, range, value, ..
        } in self.limits()
        {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (least, most) = range.into_inner();
                return Err(ClientError::InvalidSubscription(format!(
                    "`{name}` must be between {least} and {most}, found {value}"
                )));
            }
        }
        Ok(())
    }

    /// As a member of the request's body, where there is anything to say.
    fn body(&self) -> String {
        let limits = self.limits().into_iter();
        let set =
            limits.filter_map(|Limit { wire, value, .. }| Some(format!("\"{wire}\":{}", value?)));
        let set: Vec<_> = set.collect();
        if set.is_empty() {
            return String::new();
        }
        format!(",\"buffering\":{{{}}}", set.join(","))
    }

    #[rustfmt::skip]
    const fn limits(&self) -> [Limit; 3] {
        [
            Limit { name: "max_items", wire: "maxItems", range: 1_000..=10_000, value: self.max_items },
            Limit { name: "max_bytes", wire: "maxBytes", range: 262_144..=1_048_576, value: self.max_bytes },
            Limit { name: "timeout_ms", wire: "timeoutMs", range: 25..=30_000, value: self.timeout_ms },
        ]
    }
}

/// One of the limits at which a batch is closed.
struct Limit {
    name: &'static str,
    wire: &'static str,
    /// What the platform takes.
    range: RangeInclusive<u32>,
    value: Option<u32>,
}

/// How telemetry comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// A request for each batch; one that fails is sent again.
    #[default]
    Http,
    /// A line for each event, over one connection; what is on its way when the extension fails is
    /// lost.
    Tcp,
}

/// Where telemetry is delivered to: a listener of this environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// By `POST` to a URI, which the platform answers for with a repeat where it fails. The host
    /// is `sandbox.localdomain`, which is the environment itself.
    Http {
        /// `http://sandbox.localdomain:PORT/`
        uri: String,
    },
    /// By lines over a connection to a port, without an answer: what is on its way when the
    /// extension fails is lost.
    Tcp {
        /// The port.
        port: u16,
    },
}

impl Destination {
    /// By HTTP to this port of a host, which is `sandbox.localdomain` in Lambda.
    #[must_use]
    pub fn http(host: &str, port: u16) -> Self {
        Self::Http {
            uri: format!("http://{host}:{port}/"),
        }
    }

    fn body(&self) -> String {
        match self {
            Self::Http { uri } => {
                // A string always serializes.
                let uri = serde_json::to_string(uri).unwrap_or_default();
                format!("{{\"protocol\":\"HTTP\",\"URI\":{uri}}}")
            }
            Self::Tcp { port } => format!("{{\"protocol\":\"TCP\",\"port\":{port}}}"),
        }
    }
}

/// What is subscribed to, how it is delivered, and where to.
///
/// See [Telemetry API: subscribing](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// What; at least one.
    pub types: Vec<TelemetryType>,
    /// How.
    pub buffering: Buffering,
    /// Where to.
    pub destination: Destination,
}

/// What the platform made of a [`Subscription`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subscribed {
    /// It is going to deliver.
    Confirmed,
    /// It took it without a word, as local platforms do that never deliver.
    Unconfirmed,
    /// It has no telemetry, as AWS's own local emulator (202).
    NotSupported,
}

impl Subscription {
    /// Subscribes to these types, with the platform's default buffering.
    #[must_use]
    pub fn new(types: &[TelemetryType], destination: Destination) -> Self {
        Self {
            types: types.to_vec(),
            buffering: Buffering::new(),
            destination,
        }
    }

    /// Has them delivered like this.
    #[must_use]
    pub fn buffering(mut self, buffering: Buffering) -> Self {
        self.buffering = buffering;
        self
    }

    /// Whether the platform can take it.
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        TelemetryType::check(&self.types)?;
        self.buffering.check()
    }

    /// The versions of the schema, in the order in which they are asked for. Only the newest is
    /// known on Managed Instances, and it is known to few other platforms.
    pub(crate) fn schemas(managed: bool) -> [&'static str; 3] {
        let mut schemas = ["2025-01-29", "2022-12-13", "2022-07-01"];
        if !managed {
            schemas.rotate_left(1);
        }
        schemas
    }

    /// The request's body.
    pub(crate) fn body(&self, schema: &str) -> String {
        let types: Vec<_> = self.types.iter().map(|it| format!("\"{it}\"")).collect();
        let types = types.join(",");
        let buffering = self.buffering.body();
        let destination = self.destination.body();
        format!(
            "{{\"schemaVersion\":\"{schema}\",\"types\":[{types}]{buffering},\
             \"destination\":{destination}}}"
        )
    }
}
