//! What `telemetry` logs where that comes back to it, as telemetry of the type `Extension`: a line about
//! each batch would be a batch, for ever.
//!
//! What is logged while that method runs is therefore written once a minute for each level, so that an
//! error of it is seen; how much was not written is said as seldom, and at the end. This holds for what
//! goes through the subscriber of [`logging`](crate::logging): another one takes what it is given.

use std::future::Future;

#[cfg(feature = "logging")]
pub(crate) use self::limit::{Echo, rest, told};

/// Does the author's work on a batch, of which less is written if that would come back.
#[cfg(feature = "logging")]
pub(crate) async fn hushed<F: Future>(comes_back: bool, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        let _inside = limit::Inside::enter(comes_back);
        work.as_mut().poll(context)
    })
    .await
}

#[cfg(not(feature = "logging"))]
pub(crate) fn hushed<F: Future>(_: bool, work: F) -> F {
    work
}

/// How much was not written, if that is to be said now.
#[cfg(not(feature = "logging"))]
pub(crate) const fn told() -> u64 {
    0
}

/// How much more was not written.
#[cfg(not(feature = "logging"))]
pub(crate) const fn rest() -> u64 {
    0
}

#[cfg(feature = "logging")]
mod limit {
    use std::cell::Cell;
    use std::time::SystemTime;

    use ::tracing::{Event, Level, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::Context;

    use crate::clock;
    use crate::say::SILENCE;

    thread_local! {
        /// Whether the author's method runs on this thread, in the middle of a poll.
        static INSIDE: Cell<bool> = const { Cell::new(false) };
        /// When a line of each level was written, and when it was said how many were not.
        static LAST: Cell<[Option<SystemTime>; 6]> = const { Cell::new([None; 6]) };
        /// How many lines were not, and that has not been said.
        static UNWRITTEN: Cell<u64> = const { Cell::new(0) };
    }

    /// The place in the table of what is said, beside those of the levels.
    const SAID: usize = 5;

    pub(super) struct Inside(bool);

    impl Inside {
        pub(super) fn enter(inside: bool) -> Self {
            Self(INSIDE.replace(inside))
        }
    }

    impl Drop for Inside {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }

    /// Whether it is time again.
    fn is_due(which: usize) -> bool {
        let now = clock::now();
        let mut all = LAST.get();
        let Some(last) = all.get_mut(which) else {
            return false;
        };
        // A clock that was set back does not keep it quiet.
        let waits = |last: SystemTime| now.duration_since(last).is_ok_and(|since| since < SILENCE);
        if last.is_some_and(waits) {
            return false;
        }
        *last = Some(now);
        LAST.set(all);
        true
    }

    /// How much was not written, if that is to be said now.
    pub(crate) fn told() -> u64 {
        if UNWRITTEN.get() > 0 && is_due(SAID) {
            rest()
        } else {
            0
        }
    }

    /// How much more was not written.
    pub(crate) fn rest() -> u64 {
        UNWRITTEN.take()
    }

    /// The filter that keeps back what would come back.
    pub(crate) struct Echo;

    impl<S: Subscriber> Layer<S> for Echo {
        fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
            may_write(*event.metadata().level())
        }
    }

    fn may_write(level: Level) -> bool {
        if !INSIDE.get() || is_due(place(level)) {
            return true;
        }
        UNWRITTEN.set(UNWRITTEN.get() + 1);
        false
    }

    fn place(level: Level) -> usize {
        match level {
            Level::TRACE => 0,
            Level::DEBUG => 1,
            Level::INFO => 2,
            Level::WARN => 3,
            Level::ERROR => 4,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn inside_a_line_of_each_level_is_written_in_a_minute_and_the_others_are_counted() {
            let _inside = Inside::enter(true);
            assert!(may_write(Level::INFO));
            assert!(may_write(Level::ERROR));
            assert!(!may_write(Level::INFO));
            assert!(!may_write(Level::ERROR));
            assert_eq!(told(), 2);
            clock::jump(SILENCE);
            assert!(may_write(Level::ERROR));
        }

        #[test]
        fn how_many_were_not_is_said_once_a_minute_and_at_the_end() {
            let _inside = Inside::enter(true);
            assert_eq!(told(), 0);
            may_write(Level::INFO);
            for (jump, expected) in [(false, 1), (false, 0), (true, 2)] {
                if jump {
                    clock::jump(SILENCE);
                    may_write(Level::INFO);
                }
                may_write(Level::INFO);
                assert_eq!(told(), expected);
            }
            may_write(Level::INFO);
            assert_eq!(told(), 0);
            assert_eq!(rest(), 1);
            assert_eq!(rest(), 0);
        }

        #[test]
        fn outside_everything_is_written() {
            {
                let _inside = Inside::enter(true);
                let _not = Inside::enter(false);
                assert!(may_write(Level::INFO) && may_write(Level::INFO));
            }
            assert!(may_write(Level::INFO) && may_write(Level::INFO));
            assert_eq!(rest(), 0);
        }
    }
}
