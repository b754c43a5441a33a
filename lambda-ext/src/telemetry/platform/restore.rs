//! The restore of a snapshot.

use std::borrow::Cow;

use crate::json;
use crate::telemetry::metrics::{RestoreReportMetrics, Span};
use crate::telemetry::open_enum::Status;
use crate::trace_header::Tracing;

json::borrowed! {
    /// `platform.restoreStart`: the restore of a snapshot began.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformRestoreStart<'a> {
        /// The function's name; documented as always there, but seen without.
        pub function_name: Option<Cow<'a, str>> = "functionName",
        /// The function's version; documented as always there, but seen without.
        pub function_version: Option<Cow<'a, str>> = "functionVersion",
        /// The environment's id, which is the name of its log stream.
        pub instance_id: Option<Cow<'a, str>> = "instanceId",
        /// The environment's memory in MB.
        pub instance_max_memory: Option<u64> = "instanceMaxMemory",
        /// The runtime's version, `java:21.v30`.
        pub runtime_version: Option<Cow<'a, str>> = "runtimeVersion",
        /// The ARN of that version.
        pub runtime_version_arn: Option<Cow<'a, str>> = "runtimeVersionArn",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}

json::borrowed! {
    /// `platform.restoreRuntimeDone`: the runtime is restored, or failed to be.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformRestoreRuntimeDone<'a> {
        /// How it ended.
        pub status: Status = required "status",
        /// What failed, `Runtime.ExitError`.
        pub error_type: Option<Cow<'a, str>> = "errorType",
        /// The parts of it.
        pub spans: Vec<Span<'a>> = "spans",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}

json::borrowed! {
    /// `platform.restoreReport`: the restore, and what it cost.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformRestoreReport<'a> {
        /// How it ended.
        pub status: Status = required "status",
        /// What failed, `Runtime.ExitError`.
        pub error_type: Option<Cow<'a, str>> = "errorType",
        /// What it cost.
        pub metrics: Option<RestoreReportMetrics> = "metrics",
        /// The parts of it.
        pub spans: Vec<Span<'a>> = "spans",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}
