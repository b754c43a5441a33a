//! Limits the lines of the same kind.

use std::time::{Duration, SystemTime};

use crate::clock;

/// The time without a second line of the same kind: one per invocation would fill a log.
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);

/// Allows one line of each kind in an [`INTERVAL`], by the wall clock, which goes on while the environment is
/// frozen.
#[derive(Debug)]
pub(crate) struct Throttle<K>(Vec<Kind<K>>);

#[derive(Debug)]
struct Kind<K> {
    key: K,
    last: SystemTime,
    /// The lines that were not allowed since.
    suppressed: u64,
}

impl<K: PartialEq> Throttle<K> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns how many lines of this kind were suppressed before, if one is allowed now.
    pub(crate) fn allow(&mut self, key: K) -> Option<u64> {
        let now = clock::now();
        let Some(kind) = self.0.iter_mut().find(|kind| kind.key == key) else {
            self.0.push(Kind {
                key,
                last: now,
                suppressed: 0,
            });
            return Some(0);
        };
        // A clock that was set back suppresses nothing.
        let since = now.duration_since(kind.last).unwrap_or(Duration::MAX);
        if since < INTERVAL {
            kind.suppressed += 1;
            return None;
        }
        kind.last = now;
        Some(std::mem::take(&mut kind.suppressed))
    }

    /// Forgets all kinds. Returns those with lines that were suppressed since the last one was allowed.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (K, u64)> {
        let kinds = self.0.drain(..);
        let suppressed = kinds.filter(|kind| kind.suppressed > 0);
        suppressed.map(|kind| (kind.key, kind.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_line_of_a_kind_is_suppressed_for_a_minute_and_counted() {
        let mut throttle = Throttle::new();
        assert_eq!(throttle.allow("failure"), Some(0));
        assert_eq!(throttle.allow("failure"), None);
        assert_eq!(throttle.allow("failure"), None);
        clock::jump(INTERVAL);
        assert_eq!(throttle.allow("failure"), Some(2));
        assert_eq!(throttle.allow("failure"), None);
    }

    #[test]
    fn line_of_another_kind_is_allowed() {
        let mut throttle = Throttle::new();
        for key in ["failure", "timeout", "task"] {
            assert_eq!(throttle.allow(key), Some(0), "{key}");
        }
    }

    #[test]
    fn clock_that_was_set_back_suppresses_nothing() {
        let mut throttle = Throttle::new();
        assert_eq!(throttle.allow("failure"), Some(0));
        throttle.0[0].last += 60 * INTERVAL;
        assert_eq!(throttle.allow("failure"), Some(0));
    }

    #[test]
    fn drain_returns_the_kinds_with_suppressed_lines() {
        let mut throttle = Throttle::new();
        for key in ["failure", "timeout", "failure"] {
            throttle.allow(key);
        }
        assert_eq!(throttle.drain().collect::<Vec<_>>(), [("failure", 1)]);
        assert_eq!(throttle.drain().count(), 0);
    }
}
