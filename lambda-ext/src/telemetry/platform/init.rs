//! The initialisation of an execution environment.

use std::borrow::Cow;

use crate::json;
use crate::telemetry::metrics::{InitReportMetrics, Span};
use crate::telemetry::open_enum::{InitPhase, InitType, Status};
use crate::trace_header::Tracing;

json::borrowed! {
    /// `platform.initStart`: the initialisation began.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformInitStart<'a> {
        /// How the environment came to be.
        pub initialization_type: InitType = required "initializationType",
        /// The phase in which it is initialised; records of 2022 lack it.
        pub phase: Option<InitPhase> = "phase",
        /// The function's name; records of 2022 and 2023 lack it.
        pub function_name: Option<Cow<'a, str>> = "functionName",
        /// The function's version, a number or `$LATEST`; records of 2022 and 2023 lack it.
        pub function_version: Option<Cow<'a, str>> = "functionVersion",
        /// The environment's id, which is the name of its log stream.
        pub instance_id: Option<Cow<'a, str>> = "instanceId",
        /// The environment's memory: in MB, on Lambda Managed Instances in bytes.
        pub instance_max_memory: Option<u64> = "instanceMaxMemory",
        /// The runtime's version, `nodejs:22.v41`.
        pub runtime_version: Option<Cow<'a, str>> = "runtimeVersion",
        /// The ARN of that version.
        pub runtime_version_arn: Option<Cow<'a, str>> = "runtimeVersionArn",
        /// The function's ARN.
        pub function_arn: Option<Cow<'a, str>> = "functionArn",
        /// The ARN of the runtime. The documentation of 2023 lists it, no known record has it.
        pub runtime_arn: Option<Cow<'a, str>> = "runtimeArn",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}

json::borrowed! {
    /// `platform.initRuntimeDone`: the runtime is initialised, or failed to be.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformInitRuntimeDone<'a> {
        /// How the environment came to be.
        pub initialization_type: InitType = required "initializationType",
        /// The phase in which it is initialised; records of 2022 lack it.
        pub phase: Option<InitPhase> = "phase",
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
    /// `platform.initReport`: the initialisation, the extensions' included, and what it cost.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformInitReport<'a> {
        /// How the environment came to be.
        pub initialization_type: InitType = required "initializationType",
        /// The phase in which it is initialised; records of 2022 may lack it.
        pub phase: Option<InitPhase> = "phase",
        /// How it ended; records of 2022 and 2023 lack it.
        pub status: Option<Status> = "status",
        /// What failed, `Runtime.ExitError`.
        pub error_type: Option<Cow<'a, str>> = "errorType",
        /// What it cost.
        pub metrics: InitReportMetrics = required "metrics",
        /// The parts of it.
        pub spans: Vec<Span<'a>> = "spans",
        /// The trace header.
        pub tracing: Option<Tracing<'a>> = "tracing",
    }
}
