//! Keeps the record, and tells the observer.

use tokio::time::Instant;

use super::record::{Record, Step, What};

pub(super) type Observer = Box<dyn FnMut(&Step) + Send>;

/// How much of a body a record keeps.
const LONGEST_BODY: usize = 4096;

pub(super) struct Recorder {
    started: Instant,
    record: Record,
    keep: usize,
    observer: Option<Observer>,
}

impl Recorder {
    pub(super) fn new(keep: usize, observer: Option<Observer>) -> Self {
        Self {
            started: Instant::now(),
            record: Record::default(),
            keep: keep.max(1),
            observer,
        }
    }

    pub(super) fn note(&mut self, what: What) {
        self.note_at(Instant::now(), what);
    }

    /// Notes what began at that time, and is known only now.
    pub(super) fn note_at(&mut self, at: Instant, what: What) {
        let at = at.saturating_duration_since(self.started);
        let step = Step { at, what };
        if let Some(observer) = &mut self.observer {
            observer(&step);
        }
        let steps = &mut self.record.steps;
        if steps.len() >= self.keep {
            // Half at once, so that forgetting costs next to nothing.
            let forgotten = steps.len().div_ceil(2);
            steps.drain(..forgotten);
            self.record.forgotten += forgotten as u64;
        }
        steps.push(step);
    }

    pub(super) fn record(&self) -> Record {
        self.record.clone()
    }
}

/// What the record keeps of a body.
pub(super) fn excerpt(body: &[u8]) -> String {
    let short = &body[..body.len().min(LONGEST_BODY)];
    let mut text = String::from_utf8_lossy(short).into_owned();
    if short.len() < body.len() {
        text.push('…');
    }
    text
}
