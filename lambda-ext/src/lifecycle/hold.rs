//! How `next` is held back until the function is done with an invocation.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::{InvokeEvent, budget};

/// The invocation whose end is waited for.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) request_id: String,
    until: Instant,
    handled: Notify,
    seen: Cell<bool>,
}

impl Hold {
    /// Call it when the event has just come.
    pub(super) fn on(event: &InvokeEvent) -> Option<Self> {
        let budget = budget::hold(event);
        (!budget.is_zero()).then(|| Self {
            request_id: event.request_id.clone(),
            until: Instant::now() + budget,
            handled: Notify::new(),
            seen: Cell::new(false),
        })
    }

    /// Waits until the end has been handled, or there is no more time to wait for it.
    pub(super) async fn over(&self) {
        // What a timeout means shows later: the end may still come before the next event.
        let _ = timeout_at(self.until, self.handled.notified()).await;
    }

    /// The end of this invocation has come.
    pub(super) fn saw_end_of(&self, request_id: &str) {
        if self.request_id == request_id {
            self.seen.set(true);
        }
    }

    /// It has been handled.
    pub(super) fn handled(&self) {
        if self.seen.get() {
            self.handled.notify_one();
        }
    }

    /// Whether the end has not come.
    pub(super) fn missed(&self) -> bool {
        !self.seen.get()
    }
}
