//! Telemetry: what the platform, the function and the extensions said, as an extension receives it.
//!
//! A handler gets a [`TelemetryBatch`], goes through its [events](TelemetryEvent), and finds in each
//! a [record](TelemetryRecord). Batches, events and records borrow downwards: what is to be kept of
//! one is its JSON ([`OwnedTelemetryEvent`]), or one record's `into_owned`. Tests make all of them
//! from JSON: batches and events by `From<&str>`, records by `Deserialize`.
//!
//! See [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).

mod batch;
mod event;
mod events;
mod inbox;
mod listener;
mod log;
mod metrics;
mod owned;
mod platform;
mod record;
mod runtime_done;
mod scan;
mod settings;
mod subscription;
mod timestamp;
mod words;

pub use self::batch::{Dropped, TelemetryBatch};
pub use self::event::TelemetryEvent;
pub use self::events::Events;
pub(crate) use self::inbox::{Inbox, Item, Wanted};
pub(crate) use self::listener::{Listener, Serving};
pub use self::log::LogRecord;
pub use self::metrics::{
    InitReportMetrics, ReportMetrics, RestoreReportMetrics, RuntimeDoneMetrics, Span,
};
pub use self::owned::OwnedTelemetryEvent;
pub use self::platform::{
    PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
    PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone,
    PlatformRestoreStart, PlatformRuntimeDone, PlatformStart, PlatformTelemetrySubscription,
};
pub use self::record::TelemetryRecord;
pub use self::runtime_done::RuntimeDone;
pub(crate) use self::settings::TelemetrySettings;
pub use self::subscription::{
    Buffering, Destination, Protocol, Subscribed, Subscription, TelemetryType,
};
pub use self::timestamp::Timestamp;
pub use self::words::{InitPhase, InitType, Status};
