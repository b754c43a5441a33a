//! The method that runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::method::Method;

/// Names the method of the handler that runs, for the watchdog's thread. Clones are the same value.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunningMethod(Arc<AtomicUsize>);

impl RunningMethod {
    pub(crate) fn begin(&self, method: Method) {
        let at = Method::ALL.iter().position(|it| *it == method);
        self.0.store(at.map_or(0, |at| at + 1), Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<Method> {
        let at = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Method::ALL.get(at).copied()
    }
}
