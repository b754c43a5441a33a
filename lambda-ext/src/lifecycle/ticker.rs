//! The times at which `tick` is called.

use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::clock;
use crate::handler::Config;

/// The shortest interval: without one the loop would be busy.
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest interval, a year: no environment lives as long, and sums of more may overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Tells when the next tick is due, by the wall clock: after a freeze one is due, however long it was.
#[derive(Debug)]
pub(super) struct Ticker {
    interval: Duration,
    due: SystemTime,
}

impl Ticker {
    /// Begins an interval, if the handler has one.
    pub(super) fn new(config: Config) -> Option<Self> {
        let mut ticker = Self {
            interval: config.tick?.clamp(SHORTEST, LONGEST),
            due: SystemTime::UNIX_EPOCH,
        };
        ticker.begin();
        Some(ticker)
    }

    /// A tick begins: the next one is due an interval later.
    pub(super) fn begin(&mut self) {
        self.due = clock::now() + self.interval;
    }

    /// The tick has returned. If it took longer than the interval, the next one is due an interval from now, so
    /// that other work has its turn.
    pub(super) fn end(&mut self) {
        if self.due <= clock::now() {
            self.begin();
        }
    }

    /// Waits until the tick is due. Cancel safe.
    pub(super) async fn due(&self) {
        loop {
            let left = self.due.duration_since(clock::now()).unwrap_or_default();
            // More than an interval is left if the clock was set back.
            if left.is_zero() || left > self.interval {
                return;
            }
            sleep(left).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn ticker(interval: Duration) -> Ticker {
        Ticker::new(Config::new(&[]).tick(interval)).unwrap_or_else(|| unreachable!())
    }

    fn is_due(ticker: &Ticker) -> bool {
        ticker.due().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn one_tick_is_due_after_a_long_freeze() {
        let mut ticker = ticker(HOUR);
        assert!(!is_due(&ticker));
        clock::jump(9 * HOUR);
        assert!(is_due(&ticker));
        ticker.begin();
        assert!(!is_due(&ticker));
        clock::jump(HOUR);
        assert!(is_due(&ticker));
    }

    #[tokio::test(start_paused = true)]
    async fn clock_that_was_set_back_does_not_stop_ticks() {
        let mut ticker = ticker(HOUR);
        ticker.due += 24 * HOUR;
        assert!(is_due(&ticker));
    }

    #[tokio::test(start_paused = true)]
    async fn interval_is_clamped() {
        assert!(!is_due(&ticker(Duration::ZERO)));
        assert!(!is_due(&ticker(Duration::MAX)));
    }
}
