//! How long the steps of a shutdown may take.

use std::time::Duration;

/// All of shutdown, if there is an external extension.
pub(super) const SHUTDOWN: Duration = Duration::from_secs(2);
/// The runtime's share of it.
pub(super) const RUNTIME_SHUTDOWN: Duration = Duration::from_millis(300);
/// The runtime's share if there is an internal extension, with or without an external one.
pub(super) const RUNTIME_SHUTDOWN_INTERNAL: Duration = Duration::from_millis(500);
/// How long undelivered telemetry delays SHUTDOWN.
pub(super) const FLUSH: Duration = Duration::from_secs(1);
/// How long a killed process takes to end.
pub(super) const REAP: Duration = Duration::from_secs(2);
