//! Telemetry: what the platform, the function and the extensions said, as an extension receives it.
//!
//! See [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).

mod batch;
mod inbox;
mod runtime_done;
mod settings;
mod subscription;

pub use self::batch::{Dropped, TelemetryBatch};
pub(crate) use self::inbox::{Inbox, Item, Listener, Serving};
pub use self::runtime_done::RuntimeDone;
pub(crate) use self::settings::TelemetrySettings;
pub use self::subscription::{
    Buffering, Destination, Protocol, Subscribed, Subscription, TelemetryType,
};
