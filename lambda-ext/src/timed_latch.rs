//! A latch that another thread opens, for a thread that waits for it with a timeout. A channel does the
//! same with three kinds of channels in the program.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Clones are the same latch.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimedLatch(Arc<(Mutex<bool>, Condvar)>);

impl TimedLatch {
    pub(crate) fn open(&self) {
        let (is_open, changed) = &*self.0;
        *is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits until the latch is open, for at most `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) {
        let (is_open, changed) = &*self.0;
        let is_open = is_open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(is_open, timeout, |is_open| !*is_open));
    }
}
