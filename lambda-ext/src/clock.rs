//! The wall clock: the one that goes on while the environment is frozen.

/// What time it is.
#[cfg(not(any(test, feature = "emulator")))]
pub(crate) fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

#[cfg(any(test, feature = "emulator"))]
pub(crate) use self::emulated::*;

/// A clock that can be put forward, for the freezes of extensions that run in a test's own process.
#[cfg(any(test, feature = "emulator"))]
mod emulated {
    use std::cell::Cell;
    use std::time::{Duration, SystemTime};

    thread_local! {
        static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    pub(crate) fn now() -> SystemTime {
        SystemTime::now() + AHEAD.get()
    }

    /// Puts this thread's clock forward.
    pub(crate) fn jump(time: Duration) {
        AHEAD.set(AHEAD.get() + time);
    }
}
