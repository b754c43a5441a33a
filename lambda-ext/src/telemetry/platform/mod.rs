//! What the platform tells, a struct per type of record.

mod init;
mod invoke;
mod restore;
mod subscriber;

pub use self::init::{PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart};
pub use self::invoke::{PlatformReport, PlatformRuntimeDone, PlatformStart};
pub use self::restore::{PlatformRestoreReport, PlatformRestoreRuntimeDone, PlatformRestoreStart};
pub use self::subscriber::{PlatformExtension, PlatformLogsDropped, PlatformTelemetrySubscription};
