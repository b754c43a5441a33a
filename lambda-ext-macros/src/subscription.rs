//! The tables of telemetry: what may be subscribed to, and how it may be delivered.

use crate::word::Word;
use std::ops::RangeInclusive;

/// A type of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelemetryType {
    /// What the platform tells.
    Platform,
    /// What the function prints.
    Function,
    /// What extensions print.
    Extension,
}

impl Word for TelemetryType {
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
    /// Events.
    MaxItems,
    /// Bytes.
    MaxBytes,
    /// Milliseconds.
    TimeoutMs,
}

/// What is known about a limit.
struct Row {
    name: &'static str,
    range: RangeInclusive<u32>,
    example: &'static str,
}

impl Limit {
    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::MaxItems => Row { name: "max_items", range: 1_000..=10_000, example: "max_items = 1_000" },
            Self::MaxBytes => Row { name: "max_bytes", range: 262_144..=1_048_576, example: "max_bytes = 262_144" },
            Self::TimeoutMs => Row { name: "timeout_ms", range: 25..=30_000, example: "timeout_ms = 100" },
        }
    }

    /// What the platform takes.
    pub const fn range(self) -> RangeInclusive<u32> {
        self.row().range
    }

    /// How it is written.
    pub const fn example(self) -> &'static str {
        self.row().example
    }
}

impl Word for Limit {
    const ALL: &'static [Self] = &[Self::MaxItems, Self::MaxBytes, Self::TimeoutMs];
    const NOUN: (&'static str, &'static str) = ("a", "limit");

    fn name(self) -> &'static str {
        self.row().name
    }
}
