//! The time limits of a shutdown's steps.

use std::time::Duration;

/// All of shutdown, if there is an external extension.
pub(super) const SHUTDOWN: Duration = Duration::from_secs(2);
/// The runtime's share of it.
pub(super) const RUNTIME_SHUTDOWN: Duration = Duration::from_millis(300);
/// The runtime's share if there is an internal extension, with or without an external one.
pub(super) const RUNTIME_SHUTDOWN_INTERNAL: Duration = Duration::from_millis(500);
/// The longest delay of SHUTDOWN by undelivered telemetry.
pub(super) const FLUSH: Duration = Duration::from_secs(1);
/// The time for a killed process to end.
pub(super) const REAP: Duration = Duration::from_secs(2);
