//! Telemetry: what the platform, the function and the extensions said, as an extension receives it.
//!
//! See [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).

mod batch;
mod inbox;
mod listener;
mod runtime_done;
mod subscription;

pub use self::batch::{Dropped, TelemetryBatch};
pub(crate) use self::inbox::{Inbox, Item, Wanted};
pub(crate) use self::listener::{Listener, Protocol, Serving};
pub use self::runtime_done::RuntimeDone;
pub use self::subscription::{Buffering, TelemetryType};
