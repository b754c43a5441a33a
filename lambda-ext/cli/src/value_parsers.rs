//! Values of arguments and scenarios.

use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use lambda_ext::Error;
use lambda_ext::emulator::{self, Call, TelemetrySchema, TelemetrySupport};
use serde::Deserialize;

/// A duration such as `250ms` or `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DurationValue(pub(crate) Duration);

impl FromStr for DurationValue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let duration = humantime::parse_duration(text);
        let duration = duration.map_err(|error| format!("{error}; write `250ms` or `1m 30s`"))?;
        Ok(Self(duration))
    }
}

/// The timeout of an invocation or of init: at most Lambda's, and at least 1 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Timeout(pub(crate) Duration);

impl FromStr for Timeout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let DurationValue(duration) = text.parse()?;
        if (Duration::from_millis(1)..=Duration::from_secs(900)).contains(&duration) {
            Ok(Self(duration))
        } else {
            Err("expected a duration from `1ms` to `15m`".into())
        }
    }
}

impl TryFrom<String> for DurationValue {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl TryFrom<String> for Timeout {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// The outcome of the built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It responds.
    Success,
    /// It responds with an error.
    Error,
    /// It exceeds its timeout, and the environment is reset.
    Timeout,
    /// Its runtime exits, and the environment is reset.
    Crash,
}

impl From<Outcome> for emulator::Outcome {
    fn from(value: Outcome) -> Self {
        match value {
            Outcome::Success => Self::Success,
            Outcome::Error => Self::Error,
            Outcome::Timeout => Self::Timeout,
            Outcome::Crash => Self::Crash,
        }
    }
}

/// The availability of the Telemetry API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Telemetry {
    /// As on Lambda.
    On,
    /// As on other local platforms: subscriptions are answered with 202, and nothing is delivered.
    Off,
}

impl From<Telemetry> for TelemetrySupport {
    fn from(value: Telemetry) -> Self {
        match value {
            Telemetry::On => Self::Supported,
            Telemetry::Off => Self::NotSupported,
        }
    }
}

/// The format of the function's log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// Lines are text.
    Text,
    /// Lines that are JSON objects arrive as objects.
    Json,
}

impl From<LogFormat> for emulator::LogFormat {
    fn from(value: LogFormat) -> Self {
        match value {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// A version of the telemetry schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
pub(crate) enum Schema {
    /// Log records are always text.
    #[value(name = "2022-07-01")]
    #[serde(rename = "2022-07-01")]
    V2022_07_01,
    /// Log records may be JSON objects.
    #[value(name = "2022-12-13")]
    #[serde(rename = "2022-12-13")]
    V2022_12_13,
    /// The version that Managed Instances require.
    #[value(name = "2025-01-29")]
    #[serde(rename = "2025-01-29")]
    V2025_01_29,
}

impl From<Schema> for TelemetrySchema {
    fn from(value: Schema) -> Self {
        match value {
            Schema::V2022_07_01 => Self::V2022_07_01,
            Schema::V2022_12_13 => Self::V2022_12_13,
            Schema::V2025_01_29 => Self::V2025_01_29,
        }
    }
}

/// The name of a call, such as `next` or `init-error`.
pub(crate) fn call_name(call: Call) -> String {
    let name = long_call_name(call);
    name.trim_end_matches("-subscription").to_owned()
}

fn long_call_name(call: Call) -> String {
    call.to_string().replace(' ', "-")
}

/// Parses the name of a call.
pub(crate) fn parse_call(text: &str) -> Result<Call, Error> {
    let matches = |call: &Call| text == long_call_name(*call) || text == call_name(*call);
    Call::ALL.iter().copied().find(matches).ok_or_else(|| {
        let names = Call::ALL
            .iter()
            .map(|call| format!("`{}`", call_name(*call)));
        let names: Vec<_> = names.collect();
        let names = names.join(", ");
        format!("unknown call `{text}`, expected one of {names}").into()
    })
}
