//! Extensions, and what they are told.

use std::borrow::Cow;

use crate::json;

json::borrowed! {
    /// `platform.extension`: an extension, at the end of the initialisation.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformExtension<'a> {
        /// The extension's name.
        pub name: Cow<'a, str> = required "name",
        /// What it is at: `Ready`, `Registered`, `Started`, `InitError`, `ExitError`, `LaunchError`.
        pub state: Cow<'a, str> = required "state",
        /// The events that it registered for, in no order.
        pub events: Vec<Cow<'a, str>> = required "events",
        /// What failed, `Extension.ConfigInvalid`.
        pub error_type: Option<Cow<'a, str>> = "errorType",
    }
}

json::borrowed! {
    /// `platform.telemetrySubscription`: an extension subscribed to telemetry.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformTelemetrySubscription<'a> {
        /// The extension's name.
        pub name: Cow<'a, str> = required "name",
        /// `Subscribed`.
        pub state: Cow<'a, str> = required "state",
        /// What it subscribed to.
        pub types: Vec<Cow<'a, str>> = required "types",
    }
}

json::borrowed! {
    /// `platform.logsDropped`: the platform dropped telemetry, because this extension took it too
    /// slowly.
    ///
    /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
    pub struct PlatformLogsDropped<'a> {
        /// How many bytes.
        pub dropped_bytes: u64 = required "droppedBytes",
        /// How many events.
        pub dropped_records: u64 = required "droppedRecords",
        /// Why, in words for a reader.
        pub reason: Cow<'a, str> = required "reason",
    }
}
