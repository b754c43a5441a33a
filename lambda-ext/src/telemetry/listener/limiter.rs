//! The limit of connections, and the choice of the one that is evicted for another.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::budget;

/// Shared by all connections of a listener.
#[derive(Debug, Default)]
pub(super) struct ConnectionLimiter {
    state: Mutex<State>,
    /// The connections that wait for a slot or for memory.
    contenders: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    connections: BTreeMap<u64, Connection>,
    /// Counts connections and changes of their phases.
    clock: u64,
    /// The next connection that can be evicted is.
    requested: bool,
}

#[derive(Debug)]
struct Connection {
    phase: Phase,
    /// The start of the phase, by the clock of the state.
    since: u64,
    has_delivered: bool,
    evicted: Arc<Notify>,
}

/// The phase of a connection. Those that can be evicted at once come first, in the order of eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It has sent no delivery yet. A process that merely connects does not evict the platform.
    Silent,
    /// Its delivery waits for memory or for the queue.
    Waiting,
    /// It has delivered, and sends nothing.
    Idle,
    /// A delivery is being received. It has a time limit instead.
    Receiving,
    /// It is about to end.
    Closing,
}

impl ConnectionLimiter {
    /// The slot of one more connection.
    pub(super) fn add(self: &Arc<Self>) -> Slot {
        let evicted = Arc::<Notify>::default();
        let mut state = self.state();
        state.clock += 1;
        let id = state.clock;
        let connection = Connection {
            phase: Phase::Silent,
            since: id,
            has_delivered: false,
            evicted: Arc::clone(&evicted),
        };
        state.connections.insert(id, connection);
        drop(state);
        Slot {
            limiter: Arc::clone(self),
            id,
            evicted,
        }
    }

    /// Evicts a connection, or the first that can be evicted while the value lives.
    pub(super) fn request_slot(&self) -> SlotRequest<'_> {
        let contention = self.contend();
        let mut state = self.state();
        state.requested = true;
        state.evict();
        drop(state);
        SlotRequest {
            limiter: self,
            _contention: contention,
        }
    }

    fn contend(&self) -> Contention<'_> {
        self.contenders.send_modify(|contenders| *contenders += 1);
        Contention(&self.contenders)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Evicts a connection if that is requested and one can be.
    fn evict(&mut self) {
        if !self.requested {
            return;
        }
        // Connections that have delivered stay where at least as many have begun their first delivery
        // and may not end it.
        let count = |is: fn(&Connection) -> bool| {
            self.connections
                .values()
                .filter(|connection| is(connection))
                .count()
        };
        let idle = count(|it| it.phase == Phase::Idle);
        let newcomers = count(|it| it.phase == Phase::Receiving && !it.has_delivered);
        let last = if idle > newcomers {
            Phase::Idle
        } else {
            Phase::Waiting
        };
        let first = self
            .connections
            .values_mut()
            .filter(|connection| connection.phase <= last)
            .min_by_key(|connection| {
                (connection.phase, connection.has_delivered, connection.since)
            });
        if let Some(first) = first {
            first.phase = Phase::Closing;
            first.evicted.notify_one();
            self.requested = false;
        }
    }
}

/// A slot is requested, until the value is dropped.
#[must_use]
pub(super) struct SlotRequest<'a> {
    limiter: &'a ConnectionLimiter,
    _contention: Contention<'a>,
}

impl Drop for SlotRequest<'_> {
    fn drop(&mut self) {
        self.limiter.state().requested = false;
    }
}

/// A slot or memory is waited for, until the value is dropped.
#[must_use]
pub(super) struct Contention<'a>(&'a watch::Sender<usize>);

impl Drop for Contention<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|contenders| *contenders -= 1);
    }
}

/// The slot of one connection, which is free again once the value is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    limiter: Arc<ConnectionLimiter>,
    id: u64,
    evicted: Arc<Notify>,
}

impl Slot {
    /// A delivery begins: the connection is not evicted until its time is over.
    pub(super) fn begin_delivery(&self) {
        self.enter(Phase::Receiving);
    }

    /// The delivery is received. Returns whether the connection is evicted.
    #[must_use]
    pub(super) fn end_delivery(&self) -> bool {
        self.enter(Phase::Idle) == Phase::Closing
    }

    /// The connection is about to end, so that no other has to be evicted for its slot.
    pub(super) fn close(&self) {
        self.enter(Phase::Closing);
    }

    /// Lets the connection be evicted while a delivery waits for what others hold.
    pub(super) async fn while_waiting<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Some(output) = work.as_mut().now_or_never() {
            return output;
        }
        self.enter(Phase::Waiting);
        let output = work.await;
        self.enter(Phase::Receiving);
        output
    }

    /// Waits until the connection is evicted. Sets no timer.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// Waits until a delivery that begins now has had its time, and a slot or memory is waited for.
    pub(super) async fn overdue(&self) {
        let _ = budget::in_time(budget::CONTENDED_DELIVERY, pending::<()>()).await;
        self.contended().await;
    }

    /// The same for a body, whose time ends even if nothing is waited for. The timers are set one after
    /// the other, because each that is set wakes the thread.
    pub(super) async fn body_overdue(&self, began: Instant) {
        let _ = budget::in_time(budget::CONTENDED_DELIVERY, pending::<()>()).await;
        let left = budget::DELIVERY_BODY.saturating_sub(began.elapsed());
        let _ = budget::in_time(left, self.contended()).await;
    }

    /// Waits until a connection waits for a slot or for memory.
    async fn contended(&self) {
        let mut contenders = self.limiter.contenders.subscribe();
        let _ = contenders.wait_for(|contenders| *contenders > 0).await;
    }

    /// Says that a slot or memory is waited for.
    pub(super) fn contend(&self) -> Contention<'_> {
        self.limiter.contend()
    }

    /// Begins a phase, unless the connection is about to end. Returns the phase that it is in then.
    fn enter(&self, phase: Phase) -> Phase {
        let mut state = self.limiter.state();
        state.clock += 1;
        let since = state.clock;
        let Some(connection) = state.connections.get_mut(&self.id) else {
            return Phase::Closing;
        };
        if connection.phase == Phase::Closing {
            return Phase::Closing;
        }
        connection.phase = phase;
        connection.since = since;
        connection.has_delivered |= phase == Phase::Idle;
        if phase == Phase::Closing {
            state.requested = false;
        }
        state.evict();
        let connection = state.connections.get(&self.id);
        connection.map_or(Phase::Closing, |connection| connection.phase)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.limiter.state().connections.remove(&self.id);
    }
}
