//! A request to subscribe to telemetry, and the platform's messages for one that it refuses.

use std::ops::RangeInclusive;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::InvalidUri;
use serde_json::{Map, Value};
use url::{Position, Url};

use super::event::Category;
use super::validator::{invalid, kind_of, limit, required, word, wrong_type};
use crate::emulator::settings::TelemetrySchema;

/// The limits at which a batch closes.
#[derive(Debug, Clone)]
pub(super) struct BatchLimits {
    pub(super) max_items: usize,
    pub(super) max_bytes: usize,
    pub(super) timeout: Duration,
}

/// The address of a subscriber.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryTarget {
    /// Batches go to this port and path, with this `Host`.
    Http {
        port: u16,
        path: Uri,
        host: HeaderValue,
    },
    /// Events go to this port, one a line.
    Tcp { port: u16 },
}

#[derive(Debug, Clone)]
pub(super) struct SubscriptionRequest {
    pub(super) schema: TelemetrySchema,
    /// In the order of the request.
    pub(super) types: Vec<Category>,
    pub(super) limits: BatchLimits,
    pub(super) target: DeliveryTarget,
}

/// The hosts that stand for the environment. Loopback is for tests, which may not resolve the others.
const HOSTS: [&str; 4] = ["sandbox.localdomain", "sandbox", "127.0.0.1", "localhost"];

/// Returns the port of a subscription over TCP.
pub(crate) fn tcp_port(body: &[u8]) -> Option<u16> {
    let body: Value = serde_json::from_slice(body).ok()?;
    match read_destination(body.get("destination")?) {
        Ok(Unresolved::Tcp(port)) => Some(port),
        _ => None,
    }
}

impl SubscriptionRequest {
    /// Reads the body of a request.
    pub(super) fn read(
        body: &[u8],
        schemas: &RangeInclusive<TelemetrySchema>,
    ) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "unexpected end of JSON input".to_owned(),
                _ => error.to_string(),
            };
            format!("failed to parse JSON: {what}")
        })?;
        let body = match body {
            Value::Null => Map::new(),
            Value::Object(body) => body,
            other => {
                let kind = kind_of(&other);
                return Err(format!(
                    "failed to parse JSON: json: cannot unmarshal {} into Go value of type \
                     map[string]interface {{}}",
                    if kind == "boolean" { "bool" } else { kind }
                ));
            }
        };
        required(&body, "", "#", &["schemaVersion", "types", "destination"])?;
        let schema = schema(&body["schemaVersion"], schemas)?;
        let types = types(&body["types"])?;
        let unresolved = read_destination(&body["destination"])?;
        let limits = limits(body.get("buffering"))?;
        // The platform checks the shape of all parts before the meaning of any.
        Ok(Self {
            schema,
            types,
            limits,
            target: unresolved.resolve()?,
        })
    }
}

fn schema(
    value: &Value,
    here: &RangeInclusive<TelemetrySchema>,
) -> Result<TelemetrySchema, String> {
    let words: Vec<_> = TelemetrySchema::ALL
        .iter()
        .filter(|schema| here.contains(schema))
        .map(|schema| (*schema, schema.as_str()))
        .collect();
    let place = ("/schemaVersion", "/properties/schemaVersion");
    word(value, place, &words)
}

fn types(value: &Value) -> Result<Vec<Category>, String> {
    let path = "/properties/types";
    let Some(list) = value.as_array() else {
        return Err(wrong_type("/types", path, "array", value));
    };
    if list.is_empty() {
        let what = "minimum 1 items required, but found 0 items";
        return Err(invalid("/types", &format!("{path}/minItems"), what));
    }
    let words = Category::ALL.map(|category| (category, category.as_str()));
    let read = |(index, item)| {
        let pointer = format!("/types/{index}");
        word(item, (&pointer, &format!("{path}/items")), &words)
    };
    list.iter().enumerate().map(read).collect()
}

/// A destination of the right shape, not yet resolved.
enum Unresolved<'a> {
    Http(&'a str),
    Tcp(u16),
}

fn read_destination(value: &Value) -> Result<Unresolved<'_>, String> {
    let path = "/properties/destination/oneOf/0";
    let Some(object) = value.as_object() else {
        return Err(wrong_type("/destination", path, "object", value));
    };
    if object.get("protocol").and_then(Value::as_str) == Some("TCP") {
        let port = object.get("port").and_then(Value::as_u64);
        let port = port.and_then(|port| u16::try_from(port).ok());
        if let Some(port) = port.filter(|port| *port != 0) {
            return Ok(Unresolved::Tcp(port));
        }
    }
    required(object, "/destination", path, &["protocol", "URI"])?;
    let place = (
        "/destination/protocol",
        &*format!("{path}/properties/protocol"),
    );
    word(&object["protocol"], place, &[((), "HTTP")])?;
    let path = format!("{path}/properties/URI");
    let Some(uri) = object["URI"].as_str() else {
        return Err(wrong_type(
            "/destination/URI",
            &path,
            "string",
            &object["URI"],
        ));
    };
    if uri.is_empty() {
        let what = "length must be >= 1, but got 0";
        return Err(invalid(
            "/destination/URI",
            &format!("{path}/minLength"),
            what,
        ));
    }
    Ok(Unresolved::Http(uri))
}

impl Unresolved<'_> {
    fn resolve(self) -> Result<DeliveryTarget, String> {
        match self {
            Self::Http(uri) => resolve(uri),
            Self::Tcp(port) => Ok(DeliveryTarget::Tcp { port }),
        }
    }
}

/// Resolves a URI to an address in the environment.
fn resolve(uri: &str) -> Result<DeliveryTarget, String> {
    let unparsable = |what: &str| {
        format!("Invalid destination: could not parse destination.URI: parse {uri:?}: {what}")
    };
    if let Some(escape) = bad_escape(uri) {
        return Err(unparsable(&format!("invalid URL escape {escape:?}")));
    }
    let foreign_host =
        || "Invalid destination: destination.URI host must be sandbox.localdomain".to_owned();
    let (_, rest) = uri.split_once("://").ok_or_else(foreign_host)?;
    let url = Url::parse(uri).map_err(|error| unparsable(&error.to_string()))?;
    // As it was written, because the platform compares it with its case.
    let written = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, _) = written.rsplit_once(':').unwrap_or((written, ""));
    if !HOSTS.contains(&host) {
        return Err(foreign_host());
    }
    let target = url[Position::BeforePath..Position::AfterQuery].parse();
    Ok(DeliveryTarget::Http {
        port: url.port().unwrap_or(80),
        path: target.map_err(|error: InvalidUri| unparsable(&error.to_string()))?,
        host: HeaderValue::from_str(written).map_err(|error| unparsable(&error.to_string()))?,
    })
}

/// Returns the first `%` without two hexadecimal digits after it.
fn bad_escape(uri: &str) -> Option<&str> {
    uri.match_indices('%').find_map(|(at, _)| {
        let escape = uri[at..].get(..3).unwrap_or(&uri[at..]);
        let digits = escape[1..].chars().filter(char::is_ascii_hexdigit).count();
        (digits < 2).then_some(escape)
    })
}

fn limits(value: Option<&Value>) -> Result<BatchLimits, String> {
    let none = Map::new();
    let object = match value {
        None => &none,
        Some(Value::Object(object)) => object,
        Some(other) => {
            return Err(wrong_type(
                "/buffering",
                "/properties/buffering",
                "object",
                other,
            ));
        }
    };
    let read = |key, range, default| limit(object, key, range, default);
    let max_items = read("maxItems", 1_000..=10_000, 10_000)?;
    let max_bytes = read("maxBytes", 262_144..=1_048_576, 262_144)?;
    let timeout = read("timeoutMs", 25..=30_000, 1_000)?;
    Ok(BatchLimits {
        max_items: usize::try_from(max_items).unwrap_or(usize::MAX),
        max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
        timeout: Duration::from_millis(timeout),
    })
}
