//! What an event tells.

use std::borrow::Cow;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer};
use serde_json::value::RawValue;

use super::{
    LogRecord, PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
    PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone,
    PlatformRestoreStart, PlatformRuntimeDone, PlatformStart, PlatformTelemetrySubscription,
};
use crate::json::Decode;

/// The table of types of records: which variant, and what is in it.
macro_rules! records {
    ($($(#[$doc:meta])* $variant:ident($record:ident) = $kind:literal,)+) => {
        /// What an event tells.
        ///
        /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum TelemetryRecord<'a> {
            $($(#[$doc])* $variant($record<'a>),)+
            /// A record of another type, or of another shape than its type is known to have.
            Other {
                /// The type, `platform.start`; empty where there is none.
                kind: Cow<'a, str>,
                /// The record, as it came, or the whole event where it has none.
                record: &'a str,
            },
        }

        impl TelemetryRecord<'_> {
            /// The type on the wire, `platform.start`; empty where there is none.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $kind,)+
                    Self::Other { kind, .. } => kind,
                }
            }
        }

        impl<'de> DeserializeSeed<'de> for Kind<'de> {
            type Value = TelemetryRecord<'de>;

            fn deserialize<D>(self, deserializer: D) -> Result<TelemetryRecord<'de>, D::Error>
            where
                D: Deserializer<'de>,
            {
                match &*self.0 {
                    $($kind => Decode::decode(deserializer).map(TelemetryRecord::$variant),)+
                    _ => <&RawValue>::deserialize(deserializer).map(|record| self.other(record.get())),
                }
            }
        }
    };
}

/// The type of a record that is still to be read.
pub(super) struct Kind<'a>(pub(super) Cow<'a, str>);

records! {
    /// The initialisation of the environment began.
    PlatformInitStart(PlatformInitStart) = "platform.initStart",
    /// The runtime is initialised.
    PlatformInitRuntimeDone(PlatformInitRuntimeDone) = "platform.initRuntimeDone",
    /// The initialisation, and what it cost.
    PlatformInitReport(PlatformInitReport) = "platform.initReport",
    /// An extension, at the end of the initialisation.
    PlatformExtension(PlatformExtension) = "platform.extension",
    /// An extension subscribed to telemetry.
    PlatformTelemetrySubscription(PlatformTelemetrySubscription) = "platform.telemetrySubscription",
    /// An invocation began.
    PlatformStart(PlatformStart) = "platform.start",
    /// The function is done with an invocation.
    PlatformRuntimeDone(PlatformRuntimeDone) = "platform.runtimeDone",
    /// An invocation, and what it cost.
    PlatformReport(PlatformReport) = "platform.report",
    /// The restore of a snapshot began.
    PlatformRestoreStart(PlatformRestoreStart) = "platform.restoreStart",
    /// The runtime is restored.
    PlatformRestoreRuntimeDone(PlatformRestoreRuntimeDone) = "platform.restoreRuntimeDone",
    /// The restore, and what it cost.
    PlatformRestoreReport(PlatformRestoreReport) = "platform.restoreReport",
    /// The platform dropped telemetry.
    PlatformLogsDropped(PlatformLogsDropped) = "platform.logsDropped",
    /// What the function printed.
    Function(LogRecord) = "function",
    /// What an extension printed.
    Extension(LogRecord) = "extension",
}

impl<'a> Kind<'a> {
    /// The record that is this JSON, whatever it is.
    pub(super) fn read(self, json: &'a str) -> TelemetryRecord<'a> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let known = Kind(self.0.clone()).deserialize(&mut deserializer);
        known.unwrap_or_else(|_| self.other(json))
    }

    /// The record that is not known to have this type, or this shape.
    pub(super) fn other(self, record: &'a str) -> TelemetryRecord<'a> {
        TelemetryRecord::Other {
            kind: self.0,
            record,
        }
    }
}
