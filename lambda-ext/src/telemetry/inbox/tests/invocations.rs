//! The tracker of invocations: due ends, missing ends, and the hold of `next`.

use std::time::Duration;

use tokio::time::Instant;

use crate::budget;
use crate::event::{InvokeEvent, ShutdownEvent, ShutdownReason, millis_ahead};
use crate::telemetry::inbox::Missed;
use crate::telemetry::inbox::end_scanner::End;
use crate::telemetry::inbox::invocations::{InvocationTracker, Recorded};
use crate::telemetry::runtime_done::RuntimeDone;

fn invoke(request_id: &str) -> InvokeEvent {
    InvokeEvent {
        request_id: request_id.to_owned(),
        deadline_ms: millis_ahead(Duration::from_secs(10)),
        ..InvokeEvent::default()
    }
}

fn end_of(request_id: &str, time: &str) -> Box<RuntimeDone> {
    let mut done = RuntimeDone::default();
    done.record.request_id = request_id.to_owned().into();
    done.time = time.to_owned().into();
    done.into()
}

fn id(done: Option<Box<RuntimeDone>>) -> Option<String> {
    Some(done?.request_id().to_owned())
}

impl InvocationTracker {
    /// An end arrives, and is taken at once.
    fn end(&mut self, request_id: &str, time: &str) -> Option<String> {
        match self.record(End::Done(end_of(request_id, time))) {
            Recorded::New(done) => id(self.take(done)),
            Recorded::Known | Recorded::Excess => None,
        }
    }

    fn is_held(&self) -> bool {
        self.held_until().is_some()
    }
}

/// A tracker that has been told that ends arrive.
fn expecting() -> InvocationTracker {
    let mut tracker = InvocationTracker::default();
    tracker.expect_ends();
    tracker
}

#[test]
fn end_is_due_after_its_invoke() {
    let mut tracker = InvocationTracker::default();
    tracker.begin(&invoke("1"));
    assert!(!tracker.have_all_ended());
    assert_eq!(tracker.end("1", "a").as_deref(), Some("1"));
    assert!(tracker.have_all_ended());
}

#[test]
fn early_end_waits_for_its_invoke() {
    let mut tracker = InvocationTracker::default();
    assert_eq!(tracker.end("1", "a"), None);
    assert_eq!(tracker.take_due(), None);
    tracker.begin(&invoke("1"));
    assert_eq!(id(tracker.take_due()).as_deref(), Some("1"));
    assert_eq!(tracker.take_due(), None);
    assert!(tracker.have_all_ended());
}

#[test]
fn end_whose_invoke_is_lost_is_delivered_later() {
    let mut tracker = InvocationTracker::default();
    assert_eq!(tracker.end("1", "a"), None);
    assert_eq!(tracker.end("2", "b").as_deref(), Some("1"));
    assert!(tracker.has_early_end());
    tracker.shut_down(&ShutdownEvent {
        shutdown_reason: ShutdownReason::Spindown,
        deadline_ms: 7,
    });
    let last = tracker.take_due();
    assert_eq!(last.as_ref().map(|done| done.deadline_ms), Some(7));
    assert_eq!(id(last).as_deref(), Some("2"));
}

#[test]
fn late_ends_find_their_invocations_in_any_order() {
    let mut tracker = InvocationTracker::default();
    tracker.begin(&invoke("1"));
    tracker.begin(&invoke("2"));
    assert_eq!(tracker.end("2", "b").as_deref(), Some("2"));
    assert_eq!(tracker.end("2", "b"), None);
    assert_eq!(tracker.end("1", "a").as_deref(), Some("1"));
}

#[test]
fn retried_invocation_ends_again() {
    let mut tracker = InvocationTracker::default();
    for time in ["a", "b", "c"] {
        tracker.begin(&invoke("1"));
        assert_eq!(tracker.end("1", time).as_deref(), Some("1"));
        assert_eq!(tracker.end("1", time), None, "repeated");
    }
}

/// A local process may send times of any length, which are not kept.
#[test]
fn ends_are_compared_by_the_beginning_of_their_time() {
    let mut tracker = InvocationTracker::default();
    tracker.begin(&invoke("1"));
    tracker.begin(&invoke("1"));
    let time = "2".repeat(1000);
    assert!(tracker.end("1", &format!("{time}a")).is_some());
    assert_eq!(tracker.end("1", &format!("{time}b")), None);
}

#[test]
fn late_ends_of_two_attempts_are_both_due() {
    let mut tracker = InvocationTracker::default();
    tracker.begin(&invoke("1"));
    tracker.begin(&invoke("1"));
    assert_eq!(tracker.end("1", "a").as_deref(), Some("1"));
    assert!(!tracker.have_all_ended());
    assert_eq!(tracker.end("1", "b").as_deref(), Some("1"));
    assert!(tracker.have_all_ended());
}

#[test]
fn next_is_held_until_the_end_is_handled() {
    let mut tracker = expecting();
    tracker.begin(&invoke("1"));
    tracker.end("0", "x");
    tracker.handled();
    assert!(tracker.is_held(), "the end of another invocation");
    tracker.end("1", "a");
    assert!(tracker.is_held(), "its end, while it is being handled");
    tracker.handled();
    assert!(!tracker.is_held());
}

#[test]
fn hold_ends_before_the_deadline() {
    let mut tracker = expecting();
    let event = invoke("1");
    tracker.begin(&event);
    let until = tracker.held_until().unwrap();
    assert!(until <= Instant::now() + budget::hold(&event) + Duration::from_millis(100));
    tracker.begin(&InvokeEvent::default());
    assert!(!tracker.is_held(), "without a deadline");
}

#[test]
fn unconfirmed_ends_hold_nothing() {
    let mut tracker = InvocationTracker::default();
    tracker.begin(&invoke("1"));
    assert!(!tracker.is_held());
    assert!(tracker.begin(&invoke("2")).is_none());
}

#[test]
fn missed_end_is_returned_and_stops_the_hold_until_an_end_arrives() {
    let mut tracker = expecting();
    tracker.begin(&invoke("1"));
    let missed = tracker.begin(&invoke("2")).unwrap();
    assert_eq!(missed.request_id, "1");
    assert_eq!(missed.missed, Missed::Once);
    assert!(!tracker.is_held());
    tracker.end("1", "a");
    tracker.begin(&invoke("3"));
    assert!(tracker.is_held());
    assert_eq!(tracker.begin(&invoke("4")).unwrap().missed, Missed::Twice);
}

#[test]
fn end_that_is_not_handled_in_time_is_not_missed() {
    let mut tracker = expecting();
    for number in 0..3 {
        assert!(tracker.begin(&invoke(&number.to_string())).is_none());
        assert!(tracker.is_held());
        tracker.record(End::Done(end_of(&number.to_string(), "a")));
    }
}

#[test]
fn early_end_is_not_missed() {
    let mut tracker = expecting();
    tracker.end("1", "a");
    tracker.begin(&invoke("1"));
    assert!(tracker.begin(&invoke("2")).is_none());
}

#[test]
fn stopped_hold_misses_nothing() {
    let mut tracker = expecting();
    tracker.begin(&invoke("1"));
    tracker.stop_holding();
    assert!(!tracker.is_held());
    assert!(tracker.begin(&invoke("2")).is_none());
    assert!(!tracker.is_held());
}

/// Local processes may make up ends.
#[test]
fn running_invocation_is_remembered_among_made_up_ones() {
    for ends_first in [false, true] {
        let mut tracker = expecting();
        tracker.begin(&invoke("1"));
        if ends_first {
            tracker.end("1", "a");
        }
        for number in 0..1000 {
            tracker.end(&format!("made up {number}"), "x");
        }
        if ends_first {
            assert!(tracker.begin(&invoke("2")).is_none());
        } else {
            assert_eq!(tracker.end("1", "a").as_deref(), Some("1"));
        }
    }
}
