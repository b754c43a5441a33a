//! How long each step may take, and how much may be kept: the one table.
//!
//! | what | budget |
//! |---|---|
//! | register | 5 s, bounded retries of what the platform calls temporary in it, and 100 ms more where the process did not run meanwhile |
//! | subscribe, in whatever schema | the same |
//! | the body of a reply, once its head is in | 5 s, and the same 100 ms |
//! | the head of a delivery of telemetry, once it has begun | the same |
//! | its body, once its head is in | the same |
//! | the same while a connection waits for a slot or for memory | 100 ms, and the same 100 ms |
//! | the response that ends a connection of telemetry, until it is written | 100 ms, and the same 100 ms |
//! | a delivery that waits for memory | 2 s, and the same 100 ms; then it is refused |
//! | the answer to a delivery that the queue has no room for | 1 s, and the same 100 ms; then it is dropped, and counted |
//! | no connection is accepted, after one could not be | 100 ms |
//! | `prepare` and `init` together, with `fail_open` | 5 s; without, a line says after that time that they still run |
//! | an error report | 500 ms, then the extension exits anyway |
//! | dropping the handler after that | 500 ms |
//! | `invoke` | to 100 ms before the deadline, or a quarter of the time if that is less |
//! | `telemetry`, `runtime_done`, `tick` or `thawed` still running when an event has come | a quarter of the time left, at most 500 ms |
//! | holding `next` back for the end of the invocation | to 100 ms before the deadline |
//! | handing over telemetry at SHUTDOWN | until the last invocation's report is in or 300 ms of quiet, at most half of the time left |
//! | `shutdown` | to 150 ms before the deadline, or a quarter of the time if that is less; the watchdog ends the process 50 ms before it, or an eighth |
//! | a line on stderr before that, where stderr is stuck | 25 ms; in a process that has failed, 500 ms more at its end |
//! | a handler running when a signal comes | 500 ms; in the function's process 100 ms |
//! | `shutdown` after a signal | as if the deadline were 2 s ahead; in the function's process, which has 500 ms in all, 400 ms |
//!
//! | what of telemetry | has at most |
//! |---|---|
//! | one delivery | 4 MiB |
//! | deliveries that are received or wait for the queue, together | 8 MiB, counted by what has come of them; one of 64 KiB or less takes none of it |
//! | the queue | 8 MiB |
//! | the memory of a batch that is done with, kept for the next one that needs at least half of it | 512 KiB |
//! | connections served at once | 64, or a quarter of the files that the process may open. One more evicts one |
//! | the unread bytes that a connection keeps | 32 KiB; by TCP 64 KiB |
//! | connections that wait to be accepted | 1,024 |
//!
//! Cuts happen at awaits. `next` has no budget: it stays open for as long as the environment is
//! frozen.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};

use crate::deadline::Deadline;
use crate::event::{InvokeEvent, ShutdownEvent};

/// Registering, retries included.
pub(crate) const REGISTER: Duration = Duration::from_secs(5);

/// Subscribing to telemetry, retries included.
pub(crate) const SUBSCRIBE: Duration = Duration::from_secs(5);

/// From the start until there is a handler, where the extension would do without one: half of what
/// Lambda gives to the whole of init.
pub(crate) const START: Duration = Duration::from_secs(5);

/// The pauses before a call that was answered 'try again' is repeated; after the last it fails.
pub(crate) const RETRY_PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
];

/// Reading a reply whose head is in.
pub(crate) const REPLY_BODY: Duration = Duration::from_secs(5);

/// Reading the head of a delivery of telemetry that has begun. A connection that is kept has no
/// time: it may be frozen for hours.
pub(crate) const DELIVERY_HEAD: Duration = Duration::from_secs(5);

/// Reading the body of a delivery of telemetry whose head is in.
pub(crate) const DELIVERY_BODY: Duration = Duration::from_secs(5);

/// Reading the body of a delivery, or a line, while a connection waits for a slot or for memory.
pub(crate) const CONTENDED_DELIVERY: Duration = Duration::from_millis(100);

/// Waiting for memory that other deliveries hold.
pub(crate) const MEMORY: Duration = Duration::from_secs(2);

/// Waiting for room in the queue of telemetry, while the platform waits for its answer.
pub(crate) const QUEUE_CAPACITY: Duration = Duration::from_secs(1);

/// What is left for such a wait where its time went by without this process having run.
const AFTER_PAUSE: Duration = Duration::from_millis(100);

/// How long no connection is accepted after one could not be, as where files have run out.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most of one delivery, in bytes: twice the largest batch that can be asked for, which is
/// what the platform may send, and as much again.
pub(crate) const DELIVERY: usize = 4 << 20;

/// The most of one delivery that takes none of [`DELIVERIES`], in bytes: however many do not end, they
/// do not keep it out.
pub(crate) const SMALL_DELIVERY: usize = 64 << 10;

/// The most memory of all larger deliveries that are received or wait for the queue, in bytes.
pub(crate) const DELIVERIES: usize = 8 << 20;

/// The most of what is queued, in bytes.
pub(crate) const QUEUE: usize = 8 << 20;

/// The most of the memory that is kept of a batch which is done with, for the next, in bytes.
pub(crate) const POOLED_BUFFER: usize = 512 << 10;

/// The most connections that are served at once; one more evicts one of them.
pub(crate) const CONNECTIONS: usize = 64;

/// The connections that the system keeps until they are accepted.
pub(crate) const BACKLOG: u32 = 1024;

/// Reporting an error.
pub(crate) const REPORT: Duration = Duration::from_millis(500);

/// What is left of the time to the deadline when an invocation's end has not come, or `invoke` has
/// not returned.
const INVOKE_MARGIN: Duration = Duration::from_millis(100);

/// The most that an event which has come waits for the method that runs.
const AFTER_EVENT: Duration = Duration::from_millis(500);

/// How long nothing comes at SHUTDOWN before nothing more is expected: 300 ms with what is left of
/// such a wait after a pause.
pub(crate) const QUIET: Duration = Duration::from_millis(300).saturating_sub(AFTER_PAUSE);

/// The whole shutdown phase that the platform gives.
const SHUTDOWN_PHASE: Duration = Duration::from_secs(2);

/// What `shutdown` leaves of the time to the deadline, where that is long.
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

/// How long the next event may be held back for the end of this invocation: not at all where the
/// deadline is unknown or near.
pub(crate) fn hold(event: &InvokeEvent) -> Duration {
    event.timeout().saturating_sub(INVOKE_MARGIN)
}

/// Until when `invoke` may take: for ever where the deadline is unknown. Call it when the event has
/// just come.
pub(crate) fn invoke(event: &InvokeEvent) -> Option<Instant> {
    let left = time_left(event.deadline())?;
    Some(Instant::now() + left.saturating_sub(INVOKE_MARGIN.min(left / 4)))
}

/// How long the method that runs may go on, now that there is an event.
pub(crate) fn after_event(deadline: Option<SystemTime>) -> Duration {
    match deadline.and_then(time_left) {
        Some(left) => (left / 4).min(AFTER_EVENT),
        None => AFTER_EVENT,
    }
}

/// The time to a deadline; one that is past when its event has just come is unknown.
fn time_left(deadline: SystemTime) -> Option<Duration> {
    let left = Deadline::from(deadline).time_left();
    (!left.is_zero()).then_some(left)
}

/// Until when what is to be done at SHUTDOWN may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShutdownBudget {
    /// Handing over telemetry.
    pub(crate) telemetry: Instant,
    /// The handler's `shutdown`.
    pub(crate) handler: Instant,
    /// How long it is until the watchdog ends the process.
    pub(crate) watchdog: Duration,
}

impl ShutdownBudget {
    /// Call it when the event has just come: without a deadline, the platform's whole phase is
    /// assumed.
    pub(crate) fn of(event: &ShutdownEvent) -> Self {
        let now = Instant::now();
        let left = time_left(event.deadline()).unwrap_or(SHUTDOWN_PHASE);
        Self {
            telemetry: now + left / 2,
            handler: now + left.saturating_sub(SHUTDOWN_MARGIN.min(left / 4)),
            watchdog: left.saturating_sub(WATCHDOG_MARGIN.min(left / 8)),
        }
    }
}

/// How long what a signal ends may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignalBudget {
    /// The method that runs when it comes.
    pub(crate) method: Duration,
    /// All that is done at SHUTDOWN, after that.
    pub(crate) shutdown: Duration,
}

impl SignalBudget {
    /// In a process of the extension's own: as long as SHUTDOWN has.
    pub(crate) const OWNED: Self = Self {
        method: Duration::from_millis(500),
        shutdown: SHUTDOWN_PHASE,
    };

    /// In the function's process, which the platform kills 500 ms after its signal.
    pub(crate) const INTERNAL: Self = Self {
        method: Duration::from_millis(100),
        shutdown: Duration::from_millis(400),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShutdownReason;
    use crate::event::millis_ahead;

    const SECOND: Duration = Duration::from_secs(1);

    fn invoke(left: Duration) -> InvokeEvent {
        InvokeEvent {
            deadline_ms: millis_ahead(left),
            ..InvokeEvent::default()
        }
    }

    fn shutdown(deadline_ms: u64) -> ShutdownEvent {
        ShutdownEvent {
            shutdown_reason: ShutdownReason::Spindown,
            deadline_ms,
        }
    }

    /// Whether it is that long, but for the time that the test took.
    fn is_about(found: Duration, expected: Duration) -> bool {
        expected < found + SECOND && found <= expected
    }

    #[test]
    fn hold_ends_before_the_deadline_and_needs_one() {
        let hold = super::hold;
        assert!(is_about(
            hold(&invoke(10 * SECOND)) + INVOKE_MARGIN,
            10 * SECOND
        ));
        assert_eq!(hold(&invoke(INVOKE_MARGIN / 2)), Duration::ZERO);
        assert_eq!(hold(&InvokeEvent::default()), Duration::ZERO);
    }

    #[test]
    fn invoke_ends_before_the_deadline_if_there_is_one() {
        let until = |left| super::invoke(&invoke(left)).map(|until| until - Instant::now());
        let left = until(10 * SECOND).unwrap_or_default();
        assert!(is_about(left + INVOKE_MARGIN, 10 * SECOND), "{left:?}");
        let little = until(INVOKE_MARGIN).unwrap_or_default();
        assert!(little <= INVOKE_MARGIN * 3 / 4, "{little:?}");
        assert_eq!(super::invoke(&InvokeEvent::default()), None);
    }

    #[test]
    fn event_waits_for_a_quarter_of_its_time_at_most() {
        let wait = |event: InvokeEvent| after_event(Some(event.deadline()));
        assert_eq!(wait(invoke(10 * SECOND)), AFTER_EVENT);
        let soon = wait(invoke(SECOND));
        assert!(Duration::ZERO < soon && soon <= SECOND / 4, "{soon:?}");
        assert_eq!(wait(InvokeEvent::default()), AFTER_EVENT);
        assert_eq!(after_event(None), AFTER_EVENT);
    }

    #[test]
    fn shutdown_gives_half_of_its_time_to_telemetry() {
        for (deadline_ms, left) in [
            (millis_ahead(10 * SECOND), 10 * SECOND),
            (0, SHUTDOWN_PHASE),
        ] {
            let now = Instant::now();
            let budget = ShutdownBudget::of(&shutdown(deadline_ms));
            // Seen from before it was made, they end no earlier.
            assert!(is_about(budget.telemetry - now, left / 2 + SECOND / 10));
            assert!(is_about(
                budget.handler - now + SHUTDOWN_MARGIN,
                left + SECOND / 10
            ));
            assert!(is_about(budget.watchdog + WATCHDOG_MARGIN, left));
            assert!(budget.telemetry < budget.handler);
        }
    }

    #[test]
    fn short_shutdown_gives_a_share_to_everything() {
        for left in [Duration::from_millis(500), Duration::from_millis(50)] {
            let now = Instant::now();
            let budget = ShutdownBudget::of(&shutdown(millis_ahead(left)));
            assert!(now < budget.telemetry);
            assert!(budget.telemetry < budget.handler);
            assert!(budget.handler < now + budget.watchdog + left / 10);
            assert!(budget.watchdog < left);
        }
    }
}
