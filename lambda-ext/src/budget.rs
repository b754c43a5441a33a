//! How long each step may take, and how much may be kept: the one table.
//!
//! | what | budget |
//! |---|---|
//! | register | 5 s, bounded retries of what the platform calls temporary in it |
//! | the body of a reply, once its head is in | 5 s, and 100 ms more where the process did not run meanwhile |
//! | the body of a delivery of telemetry, once its head is in | the same |
//! | the answer to a delivery that the queue has no room for | 1 s, and the same 100 ms; then it is dropped, and counted |
//! | no connection is accepted, after one could not be | 100 ms |
//! | an error report | 500 ms, then the extension exits anyway |
//! | dropping the handler after that | 500 ms |
//! | `shutdown` | to 150 ms before the deadline; the watchdog ends the process 50 ms before it |
//! | a line on stderr before that, where stderr is stuck | 25 ms |
//! | a handler running when a signal comes | 500 ms |
//! | `shutdown` after a signal | as if the deadline were 2 s ahead |
//!
//! | what of telemetry | has at most |
//! |---|---|
//! | one delivery | 4 MiB |
//! | deliveries that are read or wait for room, together | 8 MiB |
//! | the queue | 8 MiB |
//! | connections served at once | 64 |
//!
//! Cuts happen at awaits. `next` has no budget: it stays open for as long as the environment is
//! frozen.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::time::error::Elapsed;
use tokio::time::timeout;

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

/// Reading the body of a delivery of telemetry whose head is in.
pub(crate) const DELIVERY_BODY: Duration = Duration::from_secs(5);

/// Waiting for room in the queue of telemetry, while the platform waits for its answer.
pub(crate) const ROOM: Duration = Duration::from_secs(1);

/// What is left for such a wait where its time went by without this process having run.
const AFTER_PAUSE: Duration = Duration::from_millis(100);

/// How long no connection is accepted after one could not be, as where files have run out.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most of one delivery, in bytes: twice the largest batch that can be asked for, which is
/// what the platform may send, and as much again.
pub(crate) const DELIVERY: usize = 4 << 20;

/// The most of all deliveries that are being read or wait for room in the queue, in bytes.
pub(crate) const DELIVERIES: usize = 8 << 20;

/// The most of what is queued, in bytes.
pub(crate) const QUEUE: usize = 8 << 20;

/// The connections that are served at once; the others wait to be accepted.
pub(crate) const CONNECTIONS: usize = 64;

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

/// Gives up waiting after a while; but where this task was not run meanwhile, because its thread
/// was busy or frozen, what has come is still taken.
pub(crate) async fn in_time<F: Future>(budget: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    if let Ok(output) = timeout(budget, &mut work).await {
        return Ok(output);
    }
    timeout(AFTER_PAUSE, work).await
}

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
