//! How a freeze is noticed: nothing tells of it, but a process that was frozen did not run.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::clock;

/// How often it beats. A freeze of less than two may not be noticed.
const BEAT: Duration = Duration::from_secs(1);

/// Beats while the environment may be frozen. By the wall clock, whose beats are then far apart:
/// whether the other clock goes on meanwhile differs between platforms.
#[derive(Debug)]
pub(super) struct Pulse {
    /// The last beat; none where there is no freeze, because this extension keeps the platform waiting.
    last: Cell<Option<SystemTime>>,
    frozen_for: Cell<Duration>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            last: Cell::default(),
            frozen_for: Cell::default(),
        }
    }

    /// From here on there may be a freeze: the next event has been asked for.
    pub(super) fn begin(&self) {
        self.last.set(Some(clock::now()));
    }

    /// Until here, because it has come.
    pub(super) fn end(&self) {
        self.listen();
        self.last.set(None);
    }

    /// Beats until it is dropped.
    pub(super) async fn beat(&self) -> Infallible {
        loop {
            sleep(BEAT).await;
            self.listen();
        }
    }

    /// How long the environment was frozen since this was asked for the last time, if it was.
    pub(super) fn thawed(&self) -> Option<Duration> {
        // What ended the freeze may be quicker than the beat.
        self.listen();
        let frozen_for = self.frozen_for.take();
        (!frozen_for.is_zero()).then_some(frozen_for)
    }

    fn listen(&self) {
        let Some(last) = self.last.get() else { return };
        let now = clock::now();
        self.last.set(Some(now));
        // A clock that was set back says nothing.
        let since = now.duration_since(last).unwrap_or_default();
        // Twice as much, so that a beat that is late is none. What was not frozen of it is no more
        // than a beat.
        if since >= 2 * BEAT {
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

    /// Beats for this long, while the wall clock goes on as tokio's does.
    async fn beats(pulse: &Pulse, seconds: u32) {
        let time = pin!(async {
            for _ in 0..seconds {
                clock::jump(BEAT);
                sleep(BEAT).await;
            }
        });
        select(pin!(pulse.beat()), time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn hours_in_which_the_process_runs_are_no_freeze() {
        let pulse = Pulse::new();
        pulse.begin();
        beats(&pulse, 3600).await;
        assert_eq!(pulse.thawed(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn hours_in_which_it_does_not_are_one_and_are_told_once() {
        let pulse = Pulse::new();
        pulse.begin();
        beats(&pulse, 3).await;
        clock::jump(HOUR);
        // The beat may notice, or what comes before it does.
        beats(&pulse, 2).await;
        clock::jump(HOUR);
        let frozen_for = pulse.thawed().unwrap_or_default();
        assert!(2 * HOUR < frozen_for + 4 * BEAT, "{frozen_for:?}");
        assert!(frozen_for < 2 * HOUR + 4 * BEAT, "{frozen_for:?}");
        assert_eq!(pulse.thawed(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_between_a_request_and_its_event_is_no_freeze() {
        let pulse = Pulse::new();
        clock::jump(HOUR);
        assert_eq!(pulse.thawed(), None);
        pulse.begin();
        pulse.end();
        clock::jump(HOUR);
        assert_eq!(pulse.thawed(), None);
        pulse.begin();
        clock::jump(HOUR);
        pulse.end();
        assert!(pulse.thawed().is_some());
    }
}
