//! The connections that are served, and which of them gives way to one more.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::budget;

/// What the connections of a listener know of each other.
#[derive(Debug, Default)]
pub(super) struct Places {
    state: Mutex<State>,
    /// How many wait, for a place or for room.
    waiting: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    /// Those that have said nothing yet, in the order in which they came: they are the first to give
    /// way, so that who merely connects does not have the platform's connection ended.
    silent: VecDeque<Arc<Notify>>,
    /// The others on which no delivery is under way, the longest idle first.
    idle: VecDeque<Arc<Notify>>,
    /// The next that is done with a delivery leaves.
    wanted: bool,
}

impl Places {
    /// The place of one more connection.
    pub(super) fn take(self: &Arc<Self>) -> Place {
        let place = Place {
            places: Arc::clone(self),
            leave: Arc::default(),
        };
        self.state().silent.push_back(Arc::clone(&place.leave));
        place
    }

    /// Has a silent connection leave, or the one that is idle longest; where none is, the first that
    /// becomes so.
    pub(super) fn want(&self) -> Wanting<'_> {
        let mut state = self.state();
        let first = state.silent.pop_front();
        match first.or_else(|| state.idle.pop_front()) {
            Some(leave) => leave.notify_one(),
            None => state.wanted = true,
        }
        drop(state);
        Wanting {
            places: self,
            _waiting: self.waiting(),
        }
    }

    fn waiting(&self) -> Waiting<'_> {
        self.waiting.send_modify(|waiting| *waiting += 1);
        Waiting(&self.waiting)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place is wanted, until the value is dropped.
#[must_use]
pub(super) struct Wanting<'a> {
    places: &'a Places,
    _waiting: Waiting<'a>,
}

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.places.state().wanted = false;
    }
}

/// Somebody waits, until the value is dropped.
#[must_use]
pub(super) struct Waiting<'a>(&'a watch::Sender<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// The place of one connection.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    leave: Arc<Notify>,
}

impl Place {
    /// A delivery is under way: the connection is not idle.
    pub(super) fn begin(&self) {
        self.forget(&mut self.places.state());
    }

    /// None is any more; returns whether the connection is to leave.
    #[must_use]
    pub(super) fn end(&self) -> bool {
        let mut state = self.places.state();
        self.forget(&mut state);
        if std::mem::take(&mut state.wanted) {
            return true;
        }
        state.idle.push_back(Arc::clone(&self.leave));
        false
    }

    /// Waits until the connection, which was idle, is to leave. Costs no timer.
    pub(super) async fn told(&self) {
        self.leave.notified().await;
    }

    /// Waits until a delivery that begins now is in somebody's way, and had its time.
    pub(super) async fn overdue(&self) {
        let _ = budget::in_time(budget::GIVE_WAY, pending::<()>()).await;
        self.in_the_way().await;
    }

    /// The same for a body, which has an end of its time even if it is in nobody's way. One timer
    /// after the other: each that is set wakes the thread.
    pub(super) async fn late(&self) {
        let _ = budget::in_time(budget::GIVE_WAY, pending::<()>()).await;
        let _ = budget::in_time(budget::REST_OF_BODY, self.in_the_way()).await;
    }

    /// Waits until somebody waits.
    async fn in_the_way(&self) {
        let mut waiting = self.places.waiting.subscribe();
        let _ = waiting.wait_for(|waiting| *waiting > 0).await;
    }

    /// Says that something waits for those that are overdue.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        self.places.waiting()
    }

    fn forget(&self, state: &mut State) {
        let is_other = |leave: &Arc<_>| !Arc::ptr_eq(leave, &self.leave);
        state.silent.retain(is_other);
        state.idle.retain(is_other);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.begin();
    }
}
