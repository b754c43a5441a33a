//! Values as one writes them, on the command line and in a scenario.

use std::time::Duration;

use clap::ValueEnum;
use lambda_ext::Error;
use lambda_ext::emulator::{self, Call, TelemetrySchema, TelemetrySupport};
use serde::{Deserialize, Deserializer};

/// A duration such as `250ms` or `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl std::str::FromStr for Time {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let duration = humantime::parse_duration(text);
        let duration = duration.map_err(|error| format!("{error}; write `250ms` or `1m 30s`"))?;
        Ok(Self(duration))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The time that an invocation, or init, may take: a [`Time`] within the bounds of Lambda, but for
/// the least, which is a second there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

impl std::str::FromStr for Timeout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Time(time) = text.parse()?;
        if (Duration::from_millis(1)..=Duration::from_secs(900)).contains(&time) {
            Ok(Self(time))
        } else {
            Err("expected a time from `1ms` to `15m`".into())
        }
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What becomes of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It responds.
    Success,
    /// It responds with an error.
    Error,
    /// It is not done at its timeout, and the environment is reset.
    Timeout,
    /// Its runtime exits, and the environment is reset.
    Crash,
}

impl From<Outcome> for emulator::Outcome {
    fn from(word: Outcome) -> Self {
        match word {
            Outcome::Success => Self::Success,
            Outcome::Error => Self::Error,
            Outcome::Timeout => Self::Timeout,
            Outcome::Crash => Self::Crash,
        }
    }
}

/// Whether there is a Telemetry API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Telemetry {
    /// As on Lambda.
    On,
    /// As on other local platforms: every subscription is answered 202, nothing is delivered.
    Off,
}

impl From<Telemetry> for TelemetrySupport {
    fn from(word: Telemetry) -> Self {
        match word {
            Telemetry::On => Self::Supported,
            Telemetry::Off => Self::NotSupported,
        }
    }
}

/// How the function's log lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// Lines are text.
    Text,
    /// Lines that are JSON objects arrive as such.
    Json,
}

impl From<LogFormat> for emulator::LogFormat {
    fn from(word: LogFormat) -> Self {
        match word {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// A schema of telemetry.
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
    /// The one that Managed Instances take.
    #[value(name = "2025-01-29")]
    #[serde(rename = "2025-01-29")]
    V2025_01_29,
}

impl From<Schema> for TelemetrySchema {
    fn from(word: Schema) -> Self {
        match word {
            Schema::V2022_07_01 => Self::V2022_07_01,
            Schema::V2022_12_13 => Self::V2022_12_13,
            Schema::V2025_01_29 => Self::V2025_01_29,
        }
    }
}

/// The word for a call, such as `next` or `init-error`.
pub(crate) fn word(call: Call) -> String {
    let name = long_word(call);
    name.trim_end_matches("-subscription").to_owned()
}

fn long_word(call: Call) -> String {
    call.to_string().replace(' ', "-")
}

/// The call that is meant by a word.
pub(crate) fn call(text: &str) -> Result<Call, Error> {
    let known = |call: &Call| text == long_word(*call) || text == word(*call);
    Call::ALL.into_iter().find(known).ok_or_else(|| {
        let words: Vec<_> = Call::ALL
            .into_iter()
            .map(|call| format!("`{}`", word(call)))
            .collect();
        format!(
            "unknown call `{text}`, expected one of {}",
            words.join(", ")
        )
        .into()
    })
}
