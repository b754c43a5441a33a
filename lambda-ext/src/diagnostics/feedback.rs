//! Lines that `telemetry` logs, where they return to it as telemetry of the type `Extension`: a line about
//! each batch would be a batch, forever.
//!
//! While that method runs, one line of each level is written per minute, so that an error in it is seen. The
//! number of suppressed lines is logged once a minute, and at the end. This holds for the subscriber of
//! [`logging`](crate::logging) alone: another one writes what it receives.

#[cfg(feature = "logging")]
pub(crate) use self::filter::{FeedbackFilter, log_rest, log_suppressed, suppress_feedback};

#[cfg(not(feature = "logging"))]
pub(crate) fn suppress_feedback<F: Future>(_: bool, work: F) -> F {
    work
}

#[cfg(not(feature = "logging"))]
pub(crate) const fn log_suppressed(_: &str) {}

#[cfg(not(feature = "logging"))]
pub(crate) const fn log_rest(_: &str) {}

#[cfg(feature = "logging")]
mod filter {
    use std::cell::{Cell, RefCell};
    use std::future::poll_fn;
    use std::pin::pin;

    use ::tracing::{Event, Level, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::Context;

    use crate::diagnostics::throttle::Throttle;
    use crate::diagnostics::warn;

    thread_local! {
        /// True while this thread polls a method whose lines return to it.
        static IS_SUPPRESSED: Cell<bool> = const { Cell::new(false) };
        /// By level. `None` is the line about suppressed ones.
        static THROTTLE: RefCell<Throttle<Option<Level>>> =
            const { RefCell::new(Throttle::new()) };
        /// The number of suppressed lines that were not logged as such yet.
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }

    /// Runs a method. While it is polled, most lines are suppressed if they feed back.
    pub(crate) async fn suppress_feedback<F: Future>(feeds_back: bool, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let _scope = Scope::enter(feeds_back);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Restores on drop what held before.
    struct Scope(bool);

    impl Scope {
        fn enter(feeds_back: bool) -> Self {
            Self(IS_SUPPRESSED.replace(feeds_back))
        }
    }

    impl Drop for Scope {
        fn drop(&mut self) {
            IS_SUPPRESSED.set(self.0);
        }
    }

    /// Logs how many lines were suppressed, once a minute.
    pub(crate) fn log_suppressed(name: &str) {
        log(name, due_count());
    }

    /// Logs how many more lines were suppressed.
    pub(crate) fn log_rest(name: &str) {
        log(name, COUNT.take());
    }

    fn log(name: &str, lines: u64) {
        if lines > 0 {
            let text = format!(
                "suppressed lines of `telemetry`, because they would return to it: {lines}"
            );
            warn(name, text);
        }
    }

    fn due_count() -> u64 {
        if COUNT.get() > 0 && is_allowed(None) {
            COUNT.take()
        } else {
            0
        }
    }

    fn is_allowed(kind: Option<Level>) -> bool {
        THROTTLE.with_borrow_mut(|throttle| throttle.allow(kind).is_some())
    }

    /// The layer that suppresses lines that feed back.
    pub(crate) struct FeedbackFilter;

    impl<S: Subscriber> Layer<S> for FeedbackFilter {
        fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
            is_written(*event.metadata().level())
        }
    }

    fn is_written(level: Level) -> bool {
        if !IS_SUPPRESSED.get() || is_allowed(Some(level)) {
            return true;
        }
        COUNT.set(COUNT.get() + 1);
        false
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::clock;
        use crate::diagnostics::throttle::INTERVAL;

        #[test]
        fn one_line_of_each_level_is_written_per_minute_and_the_others_are_counted() {
            let _scope = Scope::enter(true);
            assert!(is_written(Level::INFO));
            assert!(is_written(Level::ERROR));
            assert!(!is_written(Level::INFO));
            assert!(!is_written(Level::ERROR));
            assert_eq!(due_count(), 2);
            clock::jump(INTERVAL);
            assert!(is_written(Level::ERROR));
        }

        #[test]
        fn count_is_due_once_a_minute_and_the_rest_at_the_end() {
            let _scope = Scope::enter(true);
            assert_eq!(due_count(), 0);
            is_written(Level::INFO);
            for (jump, expected) in [(false, 1), (false, 0), (true, 2)] {
                if jump {
                    clock::jump(INTERVAL);
                    is_written(Level::INFO);
                }
                is_written(Level::INFO);
                assert_eq!(due_count(), expected);
            }
            is_written(Level::INFO);
            assert_eq!(due_count(), 0);
            assert_eq!(COUNT.take(), 1);
        }

        #[test]
        fn lines_outside_of_the_method_are_written() {
            {
                let _scope = Scope::enter(true);
                let _inner = Scope::enter(false);
                assert!(is_written(Level::INFO) && is_written(Level::INFO));
            }
            assert!(is_written(Level::INFO) && is_written(Level::INFO));
            assert_eq!(COUNT.get(), 0);
        }
    }
}
