//! What is subscribed to, and how it is delivered.

use std::fmt;
use std::ops::RangeInclusive;

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
    pub(crate) fn check(&self) -> Result<(), String> {
        const LIMITS: [(&str, RangeInclusive<u32>); 3] = [
            ("max_items", 1_000..=10_000),
            ("max_bytes", 262_144..=1_048_576),
            ("timeout_ms", 25..=30_000),
        ];
        let values = [self.max_items, self.max_bytes, self.timeout_ms];
        for ((name, limits), value) in LIMITS.iter().zip(values) {
            match value {
                Some(value) if !limits.contains(&value) => {
                    let (least, most) = (limits.start(), limits.end());
                    return Err(format!(
                        "`{name}` must be between {least} and {most}, found {value}"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
