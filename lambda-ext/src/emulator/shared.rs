//! The platform as all tasks share it, behind one lock.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::platform::Platform;

/// The platform, and the signal that it has changed.
#[derive(Clone)]
pub(super) struct Shared {
    platform: Arc<Mutex<Platform>>,
    changed: watch::Sender<()>,
}

impl Shared {
    pub(super) fn new(platform: Platform) -> Self {
        Self {
            platform: Arc::new(Mutex::new(platform)),
            changed: watch::Sender::new(()),
        }
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Platform) -> T) -> T {
        look(&self.platform.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = self.change_silently(change);
        self.changed.send_replace(());
        result
    }

    /// Makes a change that nothing waits for.
    pub(super) fn change_silently<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        change(&mut self.platform.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Waits until nothing is missing, and returns what still is at the deadline.
    pub(super) async fn wait(
        &self,
        deadline: Instant,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), Vec<String>> {
        let mut changes = self.changes();
        loop {
            let missing = self.look(&missing);
            if missing.is_empty() {
                return Ok(());
            }
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Err(missing);
            }
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}
