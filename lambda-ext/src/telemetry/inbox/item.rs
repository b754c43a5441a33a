//! The items in the inbox, and the handler's interest in them.

use crate::telemetry::batch::TelemetryBatch;
use crate::telemetry::runtime_done::RuntimeDone;

/// The telemetry that the handler uses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Interest {
    /// `telemetry` receives the batches. Otherwise they are only searched for ends.
    pub(crate) batches: bool,
    /// `runtime_done` receives the end of each invocation.
    pub(crate) runtime_done: bool,
    /// The platform sends reports, and the last one is the end of telemetry at SHUTDOWN.
    pub(crate) reports: bool,
}

/// An item for the handler.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Batch(TelemetryBatch),
    RuntimeDone(Box<RuntimeDone>),
}

impl Item {
    pub(super) fn is_batch(&self) -> bool {
        matches!(self, Self::Batch(_))
    }

    /// Returns what the inbox must know once the item is handled.
    pub(crate) fn receipt(&self) -> Receipt {
        match self {
            Self::Batch(batch) => Receipt::Batch(batch.clone()),
            Self::RuntimeDone(_) => Receipt::RuntimeDone,
        }
    }
}

/// Stands for an item while the handler has it.
#[derive(Debug)]
pub(crate) enum Receipt {
    Batch(TelemetryBatch),
    RuntimeDone,
}
