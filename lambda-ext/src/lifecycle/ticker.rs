//! The interval at which `tick` is called.

use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::{Config, clock};

/// The shortest interval: with none the loop would be busy.
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest, a year: with more a clock may run out of numbers, and no environment lives as long.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// When the next tick is due, by the wall clock: however long a freeze is, one is due after it.
#[derive(Debug)]
pub(super) struct Ticker {
    interval: Duration,
    due: SystemTime,
}

impl Ticker {
    /// Begins an interval, if there is to be one.
    pub(super) fn of(config: Config) -> Option<Self> {
        let mut ticker = Self {
            interval: config.tick?.clamp(SHORTEST, LONGEST),
            due: SystemTime::UNIX_EPOCH,
        };
        ticker.begin();
        Some(ticker)
    }

    /// A tick is made: the next is an interval away.
    pub(super) fn begin(&mut self) {
        self.due = clock::now() + self.interval;
    }

    /// The tick is done: where it took longer than the interval, the next is one from now, so that what
    /// else there is to do has its turn.
    pub(super) fn end(&mut self) {
        if self.due <= clock::now() {
            self.begin();
        }
    }

    /// Waits for the tick. Cancel safe: what counts is the time at which it is due.
    pub(super) async fn due(&self) {
        loop {
            let left = self.due.duration_since(clock::now()).unwrap_or_default();
            // More is left than there can be where the clock was set back.
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
        Ticker::of(Config::new(&[]).tick(interval)).unwrap_or_else(|| unreachable!())
    }

    fn is_due(ticker: &Ticker) -> bool {
        ticker.due().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn one_tick_is_due_after_hours_and_the_next_an_interval_later() {
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
    async fn a_clock_that_was_set_back_does_not_stop_it() {
        let mut ticker = ticker(HOUR);
        ticker.due += 24 * HOUR;
        assert!(is_due(&ticker));
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_is_neither_nothing_nor_beyond_all_clocks() {
        assert!(!is_due(&ticker(Duration::ZERO)));
        assert!(!is_due(&ticker(Duration::MAX)));
    }
}
