//! That another thread is done, for one that waits only for so long. A channel does the same with
//! three kinds of channels in the program.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Clone, Default)]
pub(crate) struct Done(Arc<(Mutex<bool>, Condvar)>);

impl Done {
    pub(crate) fn set(&self) {
        let (done, changed) = &*self.0;
        *done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits for it, for a while.
    pub(crate) fn wait(&self, time: Duration) {
        let (done, changed) = &*self.0;
        let done = done.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(done, time, |done| !*done));
    }
}
