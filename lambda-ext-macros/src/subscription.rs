//! The tables of telemetry: the types to subscribe to, and the limits of a delivery.

use crate::keyword::Keyword;
use std::ops::RangeInclusive;

/// A type of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelemetryType {
    /// Events of the platform.
    Platform,
    /// Log lines of the function.
    Function,
    /// Log lines of extensions.
    Extension,
}

impl Keyword for TelemetryType {
    const ALL: &'static [Self] = &[Self::Platform, Self::Function, Self::Extension];
    const NOUN: (&'static str, &'static str) = ("a", "telemetry type");

    fn name(self) -> &'static str {
        match self {
            Self::Platform => "Platform",
            Self::Function => "Function",
            Self::Extension => "Extension",
        }
    }
}

/// A limit at which the platform closes a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The number of events.
    MaxItems,
    /// The size in bytes.
    MaxBytes,
    /// The age in milliseconds.
    TimeoutMs,
}

/// The properties of a limit.
struct Spec {
    name: &'static str,
    range: RangeInclusive<u32>,
    example: &'static str,
}

impl Limit {
    #[rustfmt::skip]
    const fn spec(self) -> Spec {
        match self {
            Self::MaxItems => Spec { name: "max_items", range: 1_000..=10_000, example: "max_items = 1_000" },
            Self::MaxBytes => Spec { name: "max_bytes", range: 262_144..=1_048_576, example: "max_bytes = 262_144" },
            Self::TimeoutMs => Spec { name: "timeout_ms", range: 25..=30_000, example: "timeout_ms = 100" },
        }
    }

    /// Returns the values that the platform accepts.
    pub const fn range(self) -> RangeInclusive<u32> {
        self.spec().range
    }

    /// Returns a valid use of the limit.
    pub const fn example(self) -> &'static str {
        self.spec().example
    }
}

impl Keyword for Limit {
    const ALL: &'static [Self] = &[Self::MaxItems, Self::MaxBytes, Self::TimeoutMs];
    const NOUN: (&'static str, &'static str) = ("a", "limit");

    fn name(self) -> &'static str {
        self.spec().name
    }
}
