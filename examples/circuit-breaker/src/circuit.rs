//! What is thought of the dependency.

use std::time::{Duration, SystemTime};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is well.
    Closed,
    /// It is not, and is left alone.
    Open,
    /// Nothing is known yet, or it has been well once since it was not.
    HalfOpen,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

#[derive(Debug)]
pub struct Circuit {
    state: State,
    /// By the wall clock: others stand still while the environment is frozen.
    since: SystemTime,
    /// In a row.
    failures: u32,
    max_failures: u32,
    cool_down: Duration,
}

impl Circuit {
    pub fn new(max_failures: u32, cool_down: Duration) -> Self {
        Self {
            state: State::HalfOpen,
            since: SystemTime::UNIX_EPOCH,
            failures: 0,
            max_failures,
            cool_down,
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    /// Whether the dependency may be asked. A clock that was set back is no reason not to.
    pub fn is_due(&self, now: SystemTime) -> bool {
        let cools = now.duration_since(self.since);
        self.state != State::Open || cools.map_or(true, |it| it >= self.cool_down)
    }

    /// Takes in what it said. Whether there is news.
    pub fn note(&mut self, is_well: bool, now: SystemTime) -> bool {
        self.failures = if is_well { 0 } else { self.failures + 1 };
        let state = match (self.state, is_well) {
            (State::Open, true) => State::HalfOpen,
            (_, true) => State::Closed,
            (State::Closed, false) if self.failures < self.max_failures => State::Closed,
            (_, false) => State::Open,
        };
        let is_news = state != self.state || state == State::Open;
        if is_news {
            (self.state, self.since) = (state, now);
        }
        is_news
    }

    /// What the function reads.
    pub fn to_json(&self) -> String {
        let since = self
            .since
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let state = self.state.as_str();
        format!("{{\"state\":\"{state}\",\"since\":{}}}\n", since.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOL_DOWN: Duration = Duration::from_secs(30);

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1000 + second)
    }

    /// Notes what is said, a second each, and what is thought then.
    fn states(said: &[bool]) -> Vec<State> {
        let mut circuit = Circuit::new(3, COOL_DOWN);
        let note = |(second, is_well): (u64, &bool)| {
            circuit.note(*is_well, at(second));
            circuit.state()
        };
        (0..).zip(said).map(note).collect()
    }

    #[test]
    fn the_first_word_decides() {
        assert_eq!(states(&[true]), [State::Closed]);
        assert_eq!(states(&[false]), [State::Open]);
    }

    #[test]
    fn it_opens_after_failures_in_a_row() {
        let said = [true, false, false, true, false, false, false];
        let states = states(&said);
        assert_eq!(states[..6], [State::Closed; 6]);
        assert_eq!(states[6], State::Open);
    }

    #[test]
    fn it_closes_again_by_way_of_half_open() {
        let expected = [State::Open, State::HalfOpen, State::Closed];
        assert_eq!(states(&[false, true, true]), expected);
        let expected = [State::Open, State::HalfOpen, State::Open];
        assert_eq!(states(&[false, true, false]), expected);
    }

    #[test]
    fn while_it_is_open_the_dependency_is_left_alone_and_each_failure_begins_that_anew() {
        let mut circuit = Circuit::new(3, COOL_DOWN);
        assert!(circuit.is_due(at(0)));
        assert!(circuit.note(false, at(0)));
        assert!(!circuit.is_due(at(29)));
        assert!(circuit.is_due(at(30)));
        assert!(circuit.note(false, at(30)));
        assert!(!circuit.is_due(at(59)));
        assert!(circuit.is_due(at(60)));
        // The clock was set back.
        assert!(circuit.is_due(at(29)));
    }

    #[test]
    fn what_is_known_is_no_news() {
        let mut circuit = Circuit::new(3, COOL_DOWN);
        assert!(circuit.note(true, at(0)));
        assert!(!circuit.note(true, at(1)));
        assert!(!circuit.note(false, at(2)));
        assert_eq!(circuit.to_json(), "{\"state\":\"closed\",\"since\":1000}\n");
    }
}
