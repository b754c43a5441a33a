//! Keeps the record, and calls the observer.

use tokio::time::Instant;

use super::record::{Record, Step, StepKind};

pub(super) type Observer = Box<dyn FnMut(&Step) + Send>;

/// The length to which a body in the record is truncated.
const MAX_BODY: usize = 4096;

pub(super) struct Recorder {
    started: Instant,
    record: Record,
    max_steps: usize,
    observer: Option<Observer>,
}

impl Recorder {
    pub(super) fn new(max_steps: usize, observer: Option<Observer>) -> Self {
        Self {
            started: Instant::now(),
            record: Record::default(),
            max_steps: max_steps.max(1),
            observer,
        }
    }

    pub(super) fn record(&mut self, kind: StepKind) {
        self.record_at(Instant::now(), kind);
    }

    /// Records a step that began at an earlier time.
    pub(super) fn record_at(&mut self, at: Instant, kind: StepKind) {
        let at = at.saturating_duration_since(self.started);
        let step = Step { at, kind };
        if let Some(observer) = &mut self.observer {
            observer(&step);
        }
        let steps = &mut self.record.steps;
        if steps.len() >= self.max_steps {
            // Half of them at once, so that it costs next to nothing per step.
            let discarded = steps.len().div_ceil(2);
            steps.drain(..discarded);
            self.record.discarded += discarded as u64;
        }
        steps.push(step);
    }

    pub(super) fn snapshot(&self) -> Record {
        self.record.clone()
    }
}

/// The part of a body that the record keeps.
pub(super) fn excerpt(body: &[u8]) -> String {
    let short = &body[..body.len().min(MAX_BODY)];
    let mut text = String::from_utf8_lossy(short).into_owned();
    if short.len() < body.len() {
        text.push('…');
    }
    text
}
