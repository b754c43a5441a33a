//! How long each step may take: the one table.
//!
//! | what | budget |
//! |---|---|
//! | register | 5 s, bounded retries of what the platform calls temporary in it |
//! | the body of a reply, once its head is in | 5 s, and 100 ms more where the process did not run meanwhile |
//! | an error report | 500 ms, then the extension exits anyway |
//! | dropping the handler after that | 500 ms |
//! | `shutdown` | to 150 ms before the deadline; the watchdog ends the process 50 ms before it |
//! | a line on stderr before that, where stderr is stuck | 25 ms |
//! | a handler running when a signal comes | 500 ms |
//! | `shutdown` after a signal | as if the deadline were 2 s ahead |
//!
//! Cuts happen at awaits. `next` has no budget: it stays open for as long as the environment is
//! frozen.

use std::time::{Duration, SystemTime};

use crate::ShutdownEvent;

/// Registering, retries included.
pub(crate) const REGISTER: Duration = Duration::from_secs(5);

/// The pauses before a call that was answered 'try again' is repeated; after the last it fails.
pub(crate) const RETRY_PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
];

/// Reading a reply whose head is in.
pub(crate) const REPLY_BODY: Duration = Duration::from_secs(5);

/// What is left for it where the time above went by without this process having run.
pub(crate) const REPLY_AFTER_PAUSE: Duration = Duration::from_millis(100);

/// Reporting an error.
pub(crate) const REPORT: Duration = Duration::from_millis(500);

/// A handler that runs when a signal comes.
pub(crate) const AFTER_SIGNAL: Duration = Duration::from_millis(500);

/// The whole shutdown phase: what the platform gives, and what a signal gets.
pub(crate) const SHUTDOWN_PHASE: Duration = Duration::from_secs(2);

/// What `shutdown` leaves of the time to the deadline.
const SHUTDOWN_MARGIN: Duration = Duration::from_millis(150);

/// What the watchdog leaves of it.
const WATCHDOG_MARGIN: Duration = Duration::from_millis(50);

/// Dropping the handler after a failure; then the process ends with it.
pub(crate) const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// A line that matters less than what follows it, where stderr is stuck.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(25);

/// The time that is left at SHUTDOWN, as of its receipt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShutdownBudget {
    /// For the handler's `shutdown`.
    pub(crate) handler: Duration,
    /// Until the watchdog ends the process.
    pub(crate) watchdog: Duration,
}

impl ShutdownBudget {
    /// Call it when the event has just come: a deadline that is past by then is unknown, and the
    /// platform's whole phase is assumed.
    pub(crate) fn of(event: &ShutdownEvent) -> Self {
        let left = match event.deadline().duration_since(SystemTime::now()) {
            Ok(left) if !left.is_zero() => left,
            _ => SHUTDOWN_PHASE,
        };
        Self {
            handler: left.saturating_sub(SHUTDOWN_MARGIN),
            watchdog: left.saturating_sub(WATCHDOG_MARGIN),
        }
    }
}
