//! The platform, as everything that happens beside each other sees it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::platform::Platform;

/// The platform, and the news that it has changed.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) platform: Arc<Mutex<Platform>>,
    pub(super) changed: watch::Sender<()>,
}

impl Shared {
    pub(super) fn look<T>(&self, look: impl FnOnce(&Platform) -> T) -> T {
        look(&self.platform.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = change(&mut self.platform.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
        result
    }
}
