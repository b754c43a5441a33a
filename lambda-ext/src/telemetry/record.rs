//! What an event tells.

use std::borrow::Cow;

use super::log::LogRecord;
use super::platform::{
    PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
    PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone,
    PlatformRestoreStart, PlatformRuntimeDone, PlatformStart, PlatformTelemetrySubscription,
};
use super::scanner::{FromScanner, Scanner};

/// The table of types of records: which variant, and what is in it.
macro_rules! records {
    ($($(#[$doc:meta])* $variant:ident($record:ty) = $kind:literal,)+) => {
        /// What an event tells.
        ///
        /// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum TelemetryRecord<'a> {
            $($(#[$doc])* $variant($record),)+
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

        impl<'a> Kind<'a> {
            /// Takes a record of this type; `None` where it has another shape.
            pub(super) fn take(self, scanner: &mut Scanner<'a>) -> Option<TelemetryRecord<'a>> {
                match &*self.0 {
                    $($kind => FromScanner::take(scanner).map(TelemetryRecord::$variant),)+
                    _ => scanner.json().map(|record| self.other(record)),
                }
            }
        }
    };
}

/// The type of a record that is still to be read.
pub(super) struct Kind<'a>(pub(super) Cow<'a, str>);

// Boxed is what is seldom. Nearly all events are lines, which are a few words long then, and moved
// at less cost than it takes to read them.
records! {
    /// The initialisation of the environment began.
    PlatformInitStart(Box<PlatformInitStart<'a>>) = "platform.initStart",
    /// The runtime is initialised.
    PlatformInitRuntimeDone(Box<PlatformInitRuntimeDone<'a>>) = "platform.initRuntimeDone",
    /// The initialisation, and what it cost.
    PlatformInitReport(Box<PlatformInitReport<'a>>) = "platform.initReport",
    /// An extension, at the end of the initialisation.
    PlatformExtension(Box<PlatformExtension<'a>>) = "platform.extension",
    /// An extension subscribed to telemetry.
    PlatformTelemetrySubscription(Box<PlatformTelemetrySubscription<'a>>) = "platform.telemetrySubscription",
    /// An invocation began.
    PlatformStart(Box<PlatformStart<'a>>) = "platform.start",
    /// The function is done with an invocation.
    PlatformRuntimeDone(Box<PlatformRuntimeDone<'a>>) = "platform.runtimeDone",
    /// An invocation, and what it cost.
    PlatformReport(Box<PlatformReport<'a>>) = "platform.report",
    /// The restore of a snapshot began.
    PlatformRestoreStart(Box<PlatformRestoreStart<'a>>) = "platform.restoreStart",
    /// The runtime is restored.
    PlatformRestoreRuntimeDone(Box<PlatformRestoreRuntimeDone<'a>>) = "platform.restoreRuntimeDone",
    /// The restore, and what it cost.
    PlatformRestoreReport(Box<PlatformRestoreReport<'a>>) = "platform.restoreReport",
    /// The platform dropped telemetry.
    PlatformLogsDropped(Box<PlatformLogsDropped<'a>>) = "platform.logsDropped",
    /// What the function printed.
    Function(LogRecord<'a>) = "function",
    /// What an extension printed.
    Extension(LogRecord<'a>) = "extension",
}

impl TelemetryRecord<'_> {
    /// The invocation that it is about, where it names one. What the function prints does not.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::PlatformStart(start) => Some(&start.request_id),
            Self::PlatformRuntimeDone(done) => Some(&done.request_id),
            Self::PlatformReport(report) => Some(&report.request_id),
            _ => None,
        }
    }
}

impl<'a> Kind<'a> {
    /// The record that this JSON is.
    pub(super) fn read(self, json: &'a str) -> TelemetryRecord<'a> {
        let known = Kind(self.0.clone()).take(&mut Scanner(json));
        known.unwrap_or_else(|| self.other(json))
    }

    /// A record that is not known to have this type, or this shape.
    pub(super) fn other(self, record: &'a str) -> TelemetryRecord<'a> {
        TelemetryRecord::Other {
            kind: self.0,
            record,
        }
    }
}
