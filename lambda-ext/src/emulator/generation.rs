//! The generation of an environment: its stage, and the error that it fails with.
//!
//! A reset or a shutdown ends a generation. The next one begins with the next init, or earlier, with
//! the first registration after the end.

use super::error::EmulatorError;

/// The stage of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No phase runs. After a reset, the next init is part of an invocation.
    Idle {
        reset: bool,
    },
    Init,
    Ready,
    Ending,
}

/// An error that fails the environment.
#[derive(Debug, Clone)]
pub(super) struct FatalError {
    pub(super) error_type: &'static str,
    /// None for the runtime.
    pub(super) extension: Option<String>,
    pub(super) reported: Option<String>,
}

impl From<FatalError> for EmulatorError {
    fn from(fatal: FatalError) -> Self {
        Self::Failed {
            error_type: fatal.error_type,
            extension: fatal.extension,
            reported: fatal.reported,
        }
    }
}

#[derive(Debug)]
pub(super) struct Generation {
    stage: Stage,
    /// The number of generations that have ended.
    number: u64,
    /// True between the end of a generation and the begin of the next.
    over: bool,
    /// The first fatal error. Later ones follow from it.
    fatal: Option<FatalError>,
    /// True once an extension or the runtime has exited, so that the phase waits in vain.
    cancelled: bool,
}

impl Generation {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Idle { reset: false },
            number: 0,
            over: false,
            fatal: None,
            cancelled: false,
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Ends the generation.
    pub(super) fn end(&mut self, reset: bool) {
        self.stage = Stage::Idle { reset };
        self.over = true;
        self.number += 1;
    }

    /// Begins a generation and returns true, if the last one has ended.
    pub(super) fn renew(&mut self) -> bool {
        let over = std::mem::take(&mut self.over);
        if over {
            self.fatal = None;
            self.cancelled = false;
        }
        over
    }

    /// Returns whether the environment has ended and no other has begun.
    pub(super) fn is_over(&self) -> bool {
        self.over && matches!(self.stage, Stage::Idle { .. })
    }

    /// Keeps a fatal error, unless there is an earlier one.
    pub(super) fn fail(&mut self, fatal: FatalError) {
        self.fatal.get_or_insert(fatal);
    }

    /// Notes that an extension or the runtime has exited, which is an error in every stage but the last.
    pub(super) fn exited(&mut self, fatal: FatalError) {
        if self.stage != Stage::Ending {
            self.cancelled = true;
            self.fail(fatal);
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// The first fatal error, once an extension or the runtime has exited.
    pub(super) fn failure(&self) -> Option<FatalError> {
        self.fatal.clone().filter(|_| self.cancelled)
    }
}
