//! An event for keeps.

use std::fmt;
use std::str::FromStr;

use serde_core::de::{Deserialize, Deserializer};
use serde_core::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::event::TelemetryEvent;
use crate::error::Error;

/// An event for keeps: its JSON, read again when it is asked for.
///
/// It is serialised byte for byte as it came. What came and was not JSON is a JSON string here, so
/// that what it is serialised into stays JSON.
#[derive(Clone)]
pub struct OwnedTelemetryEvent(Box<RawValue>);

impl OwnedTelemetryEvent {
    pub(super) fn new(text: &str) -> Self {
        let json = serde_json::from_str::<&RawValue>(text).map(ToOwned::to_owned);
        Self(json.unwrap_or_else(|_| quoted(text)))
    }

    /// The event, read from its JSON.
    #[must_use]
    pub fn event(&self) -> TelemetryEvent<'_> {
        self.as_json().into()
    }

    /// The event's JSON, byte for byte as it came; of what was not JSON, the JSON string.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

impl TelemetryEvent<'_> {
    /// Copies the event, so that it can be kept.
    #[must_use]
    pub fn to_owned(&self) -> OwnedTelemetryEvent {
        OwnedTelemetryEvent::new(self.as_json())
    }
}

/// Text as a JSON string.
fn quoted(text: &str) -> Box<RawValue> {
    // A string can always be written.
    serde_json::value::to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

impl From<TelemetryEvent<'_>> for OwnedTelemetryEvent {
    fn from(event: TelemetryEvent<'_>) -> Self {
        event.to_owned()
    }
}

/// From JSON of any shape.
impl FromStr for OwnedTelemetryEvent {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self, Error> {
        Ok(serde_json::from_str(json)?)
    }
}

impl Serialize for OwnedTelemetryEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// With serde_json only: the JSON is kept as it is written.
impl<'de> Deserialize<'de> for OwnedTelemetryEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(Self)
    }
}

impl fmt::Debug for OwnedTelemetryEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("OwnedTelemetryEvent")
            .field(&format_args!("{}", self.as_json()))
            .finish()
    }
}

/// The same to the byte.
impl PartialEq for OwnedTelemetryEvent {
    fn eq(&self, other: &Self) -> bool {
        self.as_json() == other.as_json()
    }
}

impl Eq for OwnedTelemetryEvent {}
