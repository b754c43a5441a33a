//! How `next` is held back until the function is done with an invocation, and whether it is.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::{InvokeEvent, budget};

/// The invocation whose end is waited for.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) request_id: String,
    until: Instant,
    handled: Notify,
    seen: Cell<bool>,
}

impl Hold {
    /// Call it when the event has just come.
    pub(super) fn on(event: &InvokeEvent) -> Option<Self> {
        let budget = budget::hold(event);
        (!budget.is_zero()).then(|| Self {
            request_id: event.request_id.clone(),
            until: Instant::now() + budget,
            handled: Notify::new(),
            seen: Cell::new(false),
        })
    }

    /// Waits until the end has been handled, or there is no more time to wait for it.
    pub(super) async fn over(&self) {
        // What a timeout means shows later: the end may still come before the next event.
        let _ = timeout_at(self.until, self.handled.notified()).await;
    }

    /// The end of this invocation has come.
    pub(super) fn saw_end_of(&self, request_id: &str) {
        if self.request_id == request_id {
            self.seen.set(true);
        }
    }

    /// Whether it has come as far as to the handler.
    pub(super) fn has_seen_end(&self) -> bool {
        self.seen.get()
    }

    /// Nobody waits for it any more.
    pub(super) fn give_up(&self) {
        self.handled.notify_one();
    }

    /// It has been handled.
    pub(super) fn handled(&self) {
        if self.seen.get() {
            self.handled.notify_one();
        }
    }
}

/// Whether `next` is held back at all: only where that makes the ends come before the next event.
///
/// An end that does not may be lost for good, as others will be, or late for once: the environment
/// is frozen before it is sent if the function ended after the holding. So one miss stops it until
/// an end shows that they come, and two in a row stop it for good.
#[derive(Debug, Default)]
pub(super) struct Holding {
    state: State,
    /// Whether it was said that one did not come in time.
    told: bool,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Off,
    On,
    /// The last end that was waited for did not come in time.
    Missed,
    /// Once more, after that.
    Again,
}

impl Holding {
    /// Ends are promised.
    pub(super) fn begin(&mut self) {
        self.state = State::On;
    }

    pub(super) const fn is_on(&self) -> bool {
        matches!(self.state, State::On | State::Again)
    }

    /// An end has come, whether in time or not.
    pub(super) fn end_came(&mut self) {
        if matches!(self.state, State::Missed) {
            self.state = State::Again;
        }
    }

    /// The next event has come, after one that was held back. Returns what is to be said.
    pub(super) fn next_came(&mut self, in_time: bool) -> Option<&'static str> {
        let again = matches!(self.state, State::Again);
        self.state = match (in_time, again) {
            (true, _) => State::On,
            (false, false) => State::Missed,
            (false, true) => State::Off,
        };
        if in_time || self.told && !again {
            return None;
        }
        self.told = true;
        Some(if again {
            "no event is held back for it any more"
        } else {
            "no event is held back for it until one comes"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding() -> Holding {
        let mut holding = Holding::default();
        holding.begin();
        holding
    }

    #[test]
    fn a_miss_stops_the_holding_until_an_end_comes() {
        let mut holding = holding();
        assert!(holding.next_came(false).is_some());
        assert!(!holding.is_on());
        holding.end_came();
        assert!(holding.is_on());
    }

    #[test]
    fn two_misses_in_a_row_stop_it_for_good() {
        let mut holding = holding();
        for _ in 0..2 {
            assert!(holding.next_came(false).is_some());
            holding.end_came();
        }
        assert!(!holding.is_on());
    }

    #[test]
    fn a_miss_now_and_then_does_not_and_is_told_once() {
        let mut holding = holding();
        let told = (0..3).filter_map(|_| {
            let told = holding.next_came(false);
            holding.end_came();
            assert_eq!(holding.next_came(true), None);
            assert!(holding.is_on());
            told
        });
        assert_eq!(told.count(), 1);
    }

    #[test]
    fn where_no_end_is_promised_nothing_is_held_back() {
        let mut holding = Holding::default();
        holding.end_came();
        assert!(!holding.is_on());
    }
}
