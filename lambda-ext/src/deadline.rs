//! What is left of the time to a deadline.

use std::time::{Duration, SystemTime};

/// A time by which something must be done, and what is left until then.
///
/// By the wall clock, as the platform tells it (which tests that pause tokio's clock do not stop).
/// Everything here saturates: of a deadline that has passed nothing is left, and no share of it.
///
/// What an event's deadline cuts is the environment; the framework cuts the methods before, `invoke`
/// 100 ms and `shutdown` 150 ms. Who wants to be done before that takes off more, by
/// [`earlier`](Self::earlier).
///
/// ```
/// use std::time::Duration;
///
/// use lambda_ext::{Deadline, InvokeEvent};
///
/// # async fn send(_: &str) {}
/// # async fn example(event: InvokeEvent) {
/// // Local platforms that tell no deadline get a second; the rest of the invocation's work 200 ms.
/// let deadline = Deadline::from(event.deadline())
///     .or_in(Duration::from_secs(1))
///     .earlier(Duration::from_millis(200));
/// for record in ["one", "two"] {
///     // No record takes more than half of what is left.
///     let _ = tokio::time::timeout(deadline.share(0.5), send(record)).await;
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(SystemTime);

impl Deadline {
    /// When it is.
    #[must_use]
    pub const fn time(self) -> SystemTime {
        self.0
    }

    /// The time that is left, zero once it has passed.
    #[must_use]
    pub fn time_left(self) -> Duration {
        let left = self.0.duration_since(SystemTime::now());
        left.unwrap_or(Duration::ZERO)
    }

    /// A share of the time that is left: 0.5 is half of it. Less than nothing is nothing, and more
    /// than all is all.
    #[must_use]
    pub fn share(self, part: f64) -> Duration {
        // What is not a number is nothing, too.
        let part = if part > 0.0 { part.min(1.0) } else { 0.0 };
        self.time_left().mul_f64(part)
    }

    /// One that is earlier by this time, which is kept for something else.
    #[must_use]
    pub fn earlier(self, margin: Duration) -> Self {
        Self(self.0.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// This one, or where it has passed, one that is so far from now: a deadline that was past when
    /// its event came means that the platform does not tell it. Call it when the event has just come.
    #[must_use]
    pub fn or_in(self, time: Duration) -> Self {
        if self.time_left().is_zero() {
            let now = SystemTime::now();
            return Self(now.checked_add(time).unwrap_or(now));
        }
        self
    }
}

impl From<SystemTime> for Deadline {
    fn from(time: SystemTime) -> Self {
        Self(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn in_an_hour() -> Deadline {
        (SystemTime::now() + HOUR).into()
    }

    #[test]
    fn time_left_shrinks_to_zero() {
        let left = in_an_hour().time_left();
        assert!(HOUR / 2 < left && left <= HOUR, "{left:?}");
        assert_eq!(
            Deadline::from(SystemTime::UNIX_EPOCH).time_left(),
            Duration::ZERO
        );
    }

    #[test]
    fn share_is_clamped() {
        let half = in_an_hour().share(0.5);
        assert!(HOUR / 4 < half && half <= HOUR / 2, "{half:?}");
        assert!(in_an_hour().share(f64::INFINITY) <= HOUR);
        for nothing in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(in_an_hour().share(nothing), Duration::ZERO, "{nothing}");
        }
        let past = Deadline::from(SystemTime::UNIX_EPOCH);
        assert_eq!(past.share(1.0), Duration::ZERO);
    }

    #[test]
    fn margin_larger_than_the_deadline_saturates() {
        let less = in_an_hour().earlier(HOUR / 2).time_left();
        assert!(less <= HOUR / 2 && HOUR / 4 < less, "{less:?}");
        assert_eq!(in_an_hour().earlier(2 * HOUR).time_left(), Duration::ZERO);
        let earliest = in_an_hour().earlier(Duration::MAX);
        assert_eq!(earliest.time(), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn unknown_deadline_can_be_set() {
        let unknown = Deadline::from(SystemTime::UNIX_EPOCH);
        let left = unknown.or_in(HOUR).time_left();
        assert!(HOUR / 2 < left && left <= HOUR, "{left:?}");
        let known = in_an_hour();
        assert_eq!(known.or_in(2 * HOUR), known);
        assert_eq!(unknown.or_in(Duration::MAX).time_left(), Duration::ZERO);
    }
}
