//! The settings of an environment.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::register::Register;

/// The initialization type of an environment: `AWS_LAMBDA_INITIALIZATION_TYPE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Initialization {
    /// At an invocation that needs one, which is the usual way.
    #[default]
    OnDemand,
    /// Ahead of invocations.
    ProvisionedConcurrency,
    /// Ahead of invocations, as a snapshot; see [`Emulator::restore`](super::Emulator::restore).
    SnapStart,
    /// On a Managed Instance, which takes many invocations at once. Extensions get SHUTDOWN only, and
    /// telemetry in the schema of 2025-01-29.
    ManagedInstances,
}

impl Initialization {
    /// Its value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::ProvisionedConcurrency => "provisioned-concurrency",
            Self::SnapStart => "snap-start",
            Self::ManagedInstances => "lambda-managed-instances",
        }
    }
}

/// The support of the Telemetry API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TelemetrySupport {
    /// As on Lambda.
    #[default]
    Supported,
    /// Every subscription gets 202, but nothing is ever delivered, as by AWS's own emulator.
    NotSupported,
}

/// The schema of telemetry: `schemaVersion` in a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TelemetrySchema {
    /// `2022-07-01`: log records are always text.
    V2022_07_01,
    /// `2022-12-13`: log records may be JSON objects.
    V2022_12_13,
    /// `2025-01-29`: the only one on Managed Instances.
    V2025_01_29,
}

impl TelemetrySchema {
    /// Every version, the oldest first.
    pub const ALL: &'static [Self] = &[Self::V2022_07_01, Self::V2022_12_13, Self::V2025_01_29];

    /// Its value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2022_07_01 => "2022-07-01",
            Self::V2022_12_13 => "2022-12-13",
            Self::V2025_01_29 => "2025-01-29",
        }
    }
}

/// The function's log format: `AWS_LAMBDA_LOG_FORMAT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogFormat {
    /// Lines are text.
    #[default]
    Text,
    /// Lines that are JSON objects arrive as objects, except in the oldest schema.
    Json,
}

impl LogFormat {
    /// Its value in the variable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json => "JSON",
        }
    }
}

/// The memory of the function.
pub(super) const MEMORY_MB: u64 = 128;

/// All settings.
#[derive(Debug, Clone)]
pub(super) struct EnvironmentSettings {
    pub(super) function: Register,
    pub(super) initialization: Initialization,
    pub(super) telemetry: TelemetrySupport,
    pub(super) newest_schema: TelemetrySchema,
    pub(super) log_format: LogFormat,
    pub(super) init_timeout: Duration,
    /// True if failed deliveries are retried.
    pub(super) redeliver: bool,
    /// The size of each subscriber's queue, in bytes.
    pub(super) telemetry_queue: usize,
    pub(super) max_recorded_steps: usize,
}

impl Default for EnvironmentSettings {
    fn default() -> Self {
        Self {
            function: Register {
                function_name: "my-function".to_owned(),
                function_version: "$LATEST".to_owned(),
                handler: "index.handler".to_owned(),
                account_id: Some("123456789012".to_owned()),
                extension_id: String::new(),
            },
            initialization: Initialization::default(),
            telemetry: TelemetrySupport::default(),
            newest_schema: TelemetrySchema::V2025_01_29,
            log_format: LogFormat::default(),
            init_timeout: Duration::from_secs(10),
            redeliver: true,
            telemetry_queue: 8 * 1024 * 1024,
            max_recorded_steps: 100_000,
        }
    }
}

impl EnvironmentSettings {
    pub(super) fn managed(&self) -> bool {
        self.initialization == Initialization::ManagedInstances
    }

    /// Returns the schemas that a subscription may ask for.
    pub(super) fn schemas(&self) -> RangeInclusive<TelemetrySchema> {
        let newest = TelemetrySchema::V2025_01_29;
        if self.managed() {
            newest..=newest
        } else {
            TelemetrySchema::V2022_07_01..=self.newest_schema
        }
    }

    /// Returns the function's ARN, for an invocation that names no other.
    pub(super) fn function_arn(&self) -> String {
        let account = self
            .function
            .account_id
            .as_deref()
            .unwrap_or("123456789012");
        let name = &self.function.function_name;
        format!("arn:aws:lambda:us-east-1:{account}:function:{name}")
    }
}
