//! Detects freezes, which Lambda does not announce: a frozen process does not run.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::clock;

/// The time between two samples. A freeze that is shorter than two may be missed.
const INTERVAL: Duration = Duration::from_secs(1);

/// Samples the wall clock while the environment may be frozen: the samples around a freeze are far apart.
/// Whether the monotonic clock stops in a freeze differs between platforms.
#[derive(Debug)]
pub(super) struct FreezeDetector {
    /// The last sample. `None` while the platform waits for this extension, and so freezes nothing.
    last: Cell<Option<SystemTime>>,
    frozen_for: Cell<Duration>,
}

impl FreezeDetector {
    pub(super) fn new() -> Self {
        Self {
            last: Cell::default(),
            frozen_for: Cell::default(),
        }
    }

    /// The next event has been requested: the environment may be frozen from here on.
    pub(super) fn begin(&self) {
        self.last.set(Some(clock::now()));
    }

    /// The event has come.
    pub(super) fn end(&self) {
        self.sample();
        self.last.set(None);
    }

    /// Samples until the future is dropped.
    pub(super) async fn run(&self) -> Infallible {
        loop {
            sleep(INTERVAL).await;
            self.sample();
        }
    }

    /// Returns how long the environment was frozen since the last call, if it was.
    pub(super) fn take_freeze(&self) -> Option<Duration> {
        // The event that ended the freeze may come before the next sample.
        self.sample();
        let frozen_for = self.frozen_for.take();
        (!frozen_for.is_zero()).then_some(frozen_for)
    }

    fn sample(&self) {
        let Some(last) = self.last.get() else { return };
        let now = clock::now();
        self.last.set(Some(now));
        // A clock that was set back tells nothing.
        let since = now.duration_since(last).unwrap_or_default();
        // Two intervals, so that a late sample is no freeze. At most one of them was not frozen.
        if since >= 2 * INTERVAL {
            self.frozen_for
                .set(self.frozen_for.get().saturating_add(since));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::future::select;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Runs the detector for this long, while the wall clock advances as tokio's does.
    async fn run_for(detector: &FreezeDetector, seconds: u32) {
        let time = pin!(async {
            for _ in 0..seconds {
                clock::jump(INTERVAL);
                sleep(INTERVAL).await;
            }
        });
        select(pin!(detector.run()), time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn running_process_is_not_frozen() {
        let detector = FreezeDetector::new();
        detector.begin();
        run_for(&detector, 3600).await;
        assert_eq!(detector.take_freeze(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn freeze_is_returned_once() {
        let detector = FreezeDetector::new();
        detector.begin();
        run_for(&detector, 3).await;
        clock::jump(HOUR);
        // The next sample may notice, or the call before it.
        run_for(&detector, 2).await;
        clock::jump(HOUR);
        let frozen_for = detector.take_freeze().unwrap_or_default();
        assert!(2 * HOUR < frozen_for + 4 * INTERVAL, "{frozen_for:?}");
        assert!(frozen_for < 2 * HOUR + 4 * INTERVAL, "{frozen_for:?}");
        assert_eq!(detector.take_freeze(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn pause_while_the_platform_waits_is_no_freeze() {
        let detector = FreezeDetector::new();
        clock::jump(HOUR);
        assert_eq!(detector.take_freeze(), None);
        detector.begin();
        detector.end();
        clock::jump(HOUR);
        assert_eq!(detector.take_freeze(), None);
        detector.begin();
        clock::jump(HOUR);
        detector.end();
        assert!(detector.take_freeze().is_some());
    }
}
