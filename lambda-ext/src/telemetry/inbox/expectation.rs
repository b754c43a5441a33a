//! The expectation that the end of an invocation arrives before the next event.

/// Decides whether `next` waits for the ends of invocations: only where they arrive before the next event.
///
/// An end that does not may be lost for good, as later ones will be, or late once: if the function ended after
/// the wait, the environment is frozen before the end is sent. So one miss stops the waiting until an end
/// arrives, and two misses in a row stop it for good.
#[derive(Debug, Default)]
pub(super) struct EndExpectation {
    state: State,
    has_warned: bool,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Never,
    Expected,
    /// The last end did not arrive in time.
    Missed,
    /// An end has arrived since: `next` waits once more.
    Retrying,
}

/// The consequence of an end that did not arrive in time, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// `next` waits again once an end arrives.
    Once,
    /// `next` waits no more.
    Twice,
}

impl EndExpectation {
    /// The platform has confirmed that it sends ends.
    pub(super) fn begin(&mut self) {
        self.state = State::Expected;
    }

    /// No end is waited for any more.
    pub(super) fn stop(&mut self) {
        self.state = State::Never;
    }

    pub(super) const fn is_expected(&self) -> bool {
        matches!(self.state, State::Expected | State::Retrying)
    }

    /// An end has arrived, in time or late.
    pub(super) fn end_arrived(&mut self) {
        if matches!(self.state, State::Missed) {
            self.state = State::Retrying;
        }
    }

    /// The event after an invocation whose end was waited for has arrived. The first miss is returned, and
    /// the one that stops the waiting for good.
    pub(super) fn next_event(&mut self, in_time: bool) -> Option<Missed> {
        if in_time {
            self.state = State::Expected;
            return None;
        }
        let is_second = matches!(self.state, State::Retrying);
        self.state = if is_second {
            State::Never
        } else {
            State::Missed
        };
        let is_first = !std::mem::replace(&mut self.has_warned, true);
        match (is_second, is_first) {
            (true, _) => Some(Missed::Twice),
            (false, true) => Some(Missed::Once),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting() -> EndExpectation {
        let mut expectation = EndExpectation::default();
        expectation.begin();
        expectation
    }

    #[test]
    fn miss_stops_the_waiting_until_an_end_arrives() {
        let mut expectation = expecting();
        assert_eq!(expectation.next_event(false), Some(Missed::Once));
        assert!(!expectation.is_expected());
        expectation.end_arrived();
        assert!(expectation.is_expected());
    }

    #[test]
    fn two_misses_in_a_row_stop_the_waiting_for_good() {
        let mut expectation = expecting();
        for missed in [Missed::Once, Missed::Twice] {
            assert_eq!(expectation.next_event(false), Some(missed));
            expectation.end_arrived();
        }
        assert!(!expectation.is_expected());
    }

    #[test]
    fn occasional_miss_warns_once() {
        let mut expectation = expecting();
        let warnings = (0..3).filter_map(|_| {
            let warning = expectation.next_event(false);
            expectation.end_arrived();
            assert_eq!(expectation.next_event(true), None);
            assert!(expectation.is_expected());
            warning
        });
        assert_eq!(warnings.count(), 1);
    }

    #[test]
    fn unconfirmed_ends_are_never_expected() {
        let mut expectation = EndExpectation::default();
        expectation.end_arrived();
        assert!(!expectation.is_expected());
    }
}
