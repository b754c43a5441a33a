//! What is measured.

use std::borrow::Cow;
use std::time::Duration;

use super::timestamp::Timestamp;
use crate::json;

json::borrowed! {
    /// A part of a phase.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct Span<'a> {
        /// Which part: `responseLatency`, `responseDuration`, `runtimeOverhead`,
        /// `extensionOverhead`.
        pub name: Cow<'a, str> = required "name",
        /// When it began.
        pub start: Timestamp<'a> = required "start",
        /// How long it took (`durationMs` on the wire).
        pub duration: Duration = required "durationMs",
    }
}

/// The costs of an initialisation.
///
/// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitReportMetrics {
    /// How long it took (`durationMs` on the wire).
    pub duration: Duration,
}

json::object!(InitReportMetrics { required "durationMs" => duration });

/// The costs of a restore.
///
/// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreReportMetrics {
    /// How long it took (`durationMs` on the wire).
    pub duration: Duration,
}

json::object!(RestoreReportMetrics { required "durationMs" => duration });

/// What the runtime did in an invocation.
///
/// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeDoneMetrics {
    /// How long it took (`durationMs` on the wire).
    pub duration: Duration,
    /// The size of the response in bytes.
    pub produced_bytes: Option<u64>,
}

json::object!(RuntimeDoneMetrics {
    required "durationMs" => duration,
    "producedBytes" => produced_bytes,
});

/// The costs of an invocation. Lambda Managed Instances tell its duration only.
///
/// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportMetrics {
    /// How long it took (`durationMs` on the wire).
    pub duration: Duration,
    /// What is billed of it (`billedDurationMs` on the wire).
    pub billed_duration: Option<Duration>,
    /// The memory that the function has, in MB.
    pub memory_size_mb: Option<u64>,
    /// The most memory that was used, in MB.
    pub max_memory_used_mb: Option<u64>,
    /// How long the initialisation took that this invocation waited for (`initDurationMs` on the
    /// wire).
    pub init_duration: Option<Duration>,
    /// How long the restore took that this invocation waited for (`restoreDurationMs` on the wire).
    pub restore_duration: Option<Duration>,
    /// What is billed of it, which [`billed_duration`](Self::billed_duration) includes
    /// (`billedRestoreDurationMs` on the wire).
    pub billed_restore_duration: Option<Duration>,
}

json::object!(ReportMetrics {
    required "durationMs" => duration,
    "billedDurationMs" => billed_duration,
    "memorySizeMB" => memory_size_mb,
    "maxMemoryUsedMB" => max_memory_used_mb,
    "initDurationMs" => init_duration,
    "restoreDurationMs" => restore_duration,
    "billedRestoreDurationMs" => billed_restore_duration,
});

json::borrow_nothing!(
    InitReportMetrics,
    RestoreReportMetrics,
    RuntimeDoneMetrics,
    ReportMetrics
);
