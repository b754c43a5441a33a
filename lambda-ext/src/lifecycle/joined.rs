//! Invocations and their ends, which come by two ways, in either order.

use std::collections::VecDeque;

use crate::telemetry::RuntimeDone;

/// How many invocations may be without their end at once: more than one only if ends are late.
const MOST_OPEN: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The invocations that have begun and whose end has not come.
    open: VecDeque<String>,
    /// The end of an invocation that has not begun here: telemetry was quicker than the event.
    early: Option<Box<RuntimeDone>>,
}

impl Joined {
    /// An invocation has begun.
    pub(super) fn begin(&mut self, request_id: &str) {
        self.open.push_back(request_id.to_owned());
        if self.open.len() > MOST_OPEN {
            self.open.pop_front();
        }
    }

    /// An end has come: returns the one that is due, if one is.
    pub(super) fn end(&mut self, done: Box<RuntimeDone>) -> Option<Box<RuntimeDone>> {
        if self.close(&done) {
            return Some(done);
        }
        // One that is overtaken by another belongs to an invocation whose event is lost.
        self.early.replace(done)
    }

    /// The end that came early and is due, now that its invocation has begun.
    pub(super) fn due(&mut self) -> Option<Box<RuntimeDone>> {
        let done = self.early.take()?;
        if self.close(&done) {
            return Some(done);
        }
        self.early = Some(done);
        None
    }

    /// The end that came early, now that no invocation begins any more.
    pub(super) fn left(&mut self) -> Option<Box<RuntimeDone>> {
        self.early.take()
    }

    /// Whether every invocation that has begun has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }

    /// An end has come, and is handed over: whether its invocation had begun.
    pub(super) fn close(&mut self, done: &RuntimeDone) -> bool {
        let begun = |request_id: &String| request_id == done.request_id();
        let at = self.open.iter().position(begun);
        at.and_then(|at| self.open.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(request_id: &str) -> Box<RuntimeDone> {
        let mut done = RuntimeDone::default();
        done.record.request_id = request_id.to_owned().into();
        done.into()
    }

    fn id(done: Option<Box<RuntimeDone>>) -> Option<String> {
        Some(done?.request_id().to_owned())
    }

    #[test]
    fn an_end_is_due_when_its_invocation_has_begun() {
        let mut joined = Joined::default();
        joined.begin("1");
        assert!(!joined.is_complete());
        assert_eq!(id(joined.end(end_of("1"))).as_deref(), Some("1"));
        assert!(joined.is_complete());
    }

    #[test]
    fn an_end_that_is_early_waits_for_its_invocation() {
        let mut joined = Joined::default();
        assert_eq!(joined.end(end_of("1")), None);
        assert_eq!(joined.due(), None);
        joined.begin("1");
        assert_eq!(id(joined.due()).as_deref(), Some("1"));
        assert_eq!(joined.due(), None);
        assert!(joined.is_complete());
    }

    #[test]
    fn the_end_of_an_invocation_that_never_began_is_not_lost() {
        let mut joined = Joined::default();
        assert_eq!(joined.end(end_of("1")), None);
        assert_eq!(id(joined.end(end_of("2"))).as_deref(), Some("1"));
        assert_eq!(id(joined.left()).as_deref(), Some("2"));
    }

    #[test]
    fn late_ends_find_their_invocations_in_any_order() {
        let mut joined = Joined::default();
        joined.begin("1");
        joined.begin("2");
        assert_eq!(id(joined.end(end_of("2"))).as_deref(), Some("2"));
        assert_eq!(joined.end(end_of("2")), None);
        assert_eq!(id(joined.end(end_of("1"))).as_deref(), Some("1"));
    }

    #[test]
    fn an_invocation_that_is_tried_again_ends_again() {
        let mut joined = Joined::default();
        for _ in 0..2 {
            joined.begin("1");
            assert_eq!(id(joined.end(end_of("1"))).as_deref(), Some("1"));
        }
    }
}
