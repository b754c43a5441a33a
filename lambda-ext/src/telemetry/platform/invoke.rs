//! An invocation.

use std::borrow::Cow;

use crate::json;
use crate::telemetry::metrics::{ReportMetrics, RuntimeDoneMetrics, Span};
use crate::telemetry::open_enum::Status;
use crate::trace_header::Tracing;

json::borrowed! {
    /// `platform.start`: an invocation began.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformStart<'a> {
        /// The invocation's request id.
        pub request_id: Cow<'a, str> = required "requestId",
        /// The function's version, a number or `$LATEST`.
        pub version: Option<Cow<'a, str>> = "version",
        /// The tenant, where the function isolates tenants.
        pub tenant_id: Option<Cow<'a, str>> = "tenantId",
        /// The function's ARN, on Lambda Managed Instances.
        pub function_arn: Option<Cow<'a, str>> = "functionArn",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}

json::borrowed! {
    /// `platform.runtimeDone`: the function is done with an invocation, extensions may not be.
    ///
    /// A failure that the function's runtime told to the platform is a success here: the runtime
    /// did its part. Lambda Managed Instances do not send this record.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformRuntimeDone<'a> {
        /// The invocation's request id.
        pub request_id: Cow<'a, str> = required "requestId",
        /// How the runtime ended it.
        pub status: Status = required "status",
        /// What failed, `Runtime.ExitError`; may be empty, and a timeout has none.
        pub error_type: Option<Cow<'a, str>> = "errorType",
        /// What the runtime did.
        pub metrics: Option<RuntimeDoneMetrics> = "metrics",
        /// The parts of it; none where no response was sent.
        pub spans: Vec<Span<'a>> = "spans",
        /// The tenant, where the function isolates tenants.
        pub tenant_id: Option<Cow<'a, str>> = "tenantId",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}

json::borrowed! {
    /// `platform.report`: an invocation, extensions included, and what it cost.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformReport<'a> {
        /// The invocation's request id.
        pub request_id: Cow<'a, str> = required "requestId",
        /// How it ended; records of 2022 lack it.
        pub status: Option<Status> = "status",
        /// What failed, `Runtime.ExitError`.
        pub error_type: Option<Cow<'a, str>> = "errorType",
        /// What it cost.
        pub metrics: ReportMetrics = required "metrics",
        /// The parts of it.
        pub spans: Vec<Span<'a>> = "spans",
        /// The tenant, where the function isolates tenants.
        pub tenant_id: Option<Cow<'a, str>> = "tenantId",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}
