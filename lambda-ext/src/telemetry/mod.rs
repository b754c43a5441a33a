//! Telemetry: what the platform, the function and the extensions said, as an extension receives it.
//!
//! A handler gets a [`TelemetryBatch`], goes through its [events](TelemetryEvent), and finds in each
//! a [record](TelemetryRecord). Batches, events and records borrow downwards: what is to be kept of
//! one is its JSON ([`OwnedTelemetryEvent`]), or what the platform tells, by that record's
//! `into_owned`. Tests make all of them from JSON: batches and events by `From<&str>`, the
//! platform's records by `Deserialize`.
//!
//! What is printed names no invocation, unless the function prints its request id: a function
//! handles one at a time, and what it prints comes between the `platform.start` of that and its
//! `platform.runtimeDone`.
//!
//! ```
//! use lambda_ext::telemetry::{LogRecord, TelemetryBatch, TelemetryRecord};
//!
//! #[derive(serde::Deserialize)]
//! struct Line<'a> {
//!     level: &'a str,
//! }
//!
//! /// The request ids of the invocations that printed errors, as JSON or as text.
//! fn failed(batch: &TelemetryBatch) -> Vec<String> {
//!     let mut failed = Vec::new();
//!     let mut request_id = String::new();
//!     for event in batch {
//!         let is_error = match event.record {
//!             TelemetryRecord::PlatformStart(start) => {
//!                 request_id = start.request_id.into_owned();
//!                 false
//!             }
//!             TelemetryRecord::Function(LogRecord::Json(json)) => {
//!                 serde_json::from_str(json).is_ok_and(|line: Line| line.level == "ERROR")
//!             }
//!             TelemetryRecord::Function(LogRecord::Text(text)) => text.contains("ERROR"),
//!             _ => false,
//!         };
//!         if is_error {
//!             failed.push(request_id.clone());
//!         }
//!     }
//!     failed
//! }
//!
//! let batch = TelemetryBatch::from(
//!     r#"[{"time":"2026-03-04T09:15:00.410Z","type":"platform.start","record":{"requestId":"8d2f"}},
//!         {"time":"2026-03-04T09:15:00.512Z","type":"function","record":{"level":"ERROR"}}]"#,
//! );
//! assert_eq!(failed(&batch), ["8d2f"]);
//! ```
//!
//! See [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).

mod batch;
mod event;
mod events;
mod framing;
mod inbox;
mod listener;
mod log;
mod metrics;
mod open_enum;
mod owned;
mod platform;
mod record;
mod runtime_done;
mod scanner;
mod subscription;
mod timestamp;

pub use self::batch::{Dropped, TelemetryBatch};
pub use self::event::TelemetryEvent;
pub use self::events::Events;
pub(crate) use self::inbox::{Inbox, Interest, Item, Missed, Receipt};
pub(crate) use self::listener::{Listener, Serving};
pub use self::log::LogRecord;
pub use self::metrics::{
    InitReportMetrics, ReportMetrics, RestoreReportMetrics, RuntimeDoneMetrics, Span,
};
pub use self::open_enum::{InitPhase, InitType, Status};
pub use self::owned::OwnedTelemetryEvent;
pub use self::platform::{
    PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
    PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone,
    PlatformRestoreStart, PlatformRuntimeDone, PlatformStart, PlatformTelemetrySubscription,
};
pub use self::record::TelemetryRecord;
pub use self::runtime_done::RuntimeDone;
pub use self::subscription::{
    Buffering, Destination, Protocol, Subscribed, Subscription, TelemetryType,
};
pub use self::timestamp::Timestamp;
