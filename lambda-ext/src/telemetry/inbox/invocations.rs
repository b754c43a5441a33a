//! The invocations, and the records that have arrived of each.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::end_scanner::End;
use super::expectation::{EndExpectation, Missed};
use crate::budget;
use crate::event::{InvokeEvent, ShutdownEvent};
use crate::telemetry::platform::PlatformReport;
use crate::telemetry::runtime_done::RuntimeDone;
use crate::text::truncate;

/// The most invocations that are remembered. Managed Instances run up to 64 at once.
const MOST_INVOCATIONS: usize = 64;

/// The most ends of one invocation that are remembered: Lambda tries an asynchronous one three times.
const MOST_ATTEMPTS: usize = 4;

/// The most bytes of an end's time that are compared. Lambda's have 24, and a local process may send more.
const COMPARED_TIME: usize = 64;

/// Knows the invocation that runs, the ones that have ended, and the ends that are due or missing.
///
/// An invocation is known by its INVOKE, its end (`platform.runtimeDone`) and its report, which come by two
/// ways and in any order. Its end is due once its INVOKE has been received; an end without an INVOKE waits for
/// it until another one comes, or SHUTDOWN.
#[derive(Debug, Default)]
pub(super) struct InvocationTracker {
    invocations: VecDeque<Invocation>,
    running: Option<Running>,
    /// An end whose INVOKE has not been received: telemetry was faster.
    early: Option<Box<RuntimeDone>>,
    /// The request id of the end that came last.
    last_ended: Option<String>,
    /// The report that came last, until the next invocation's end takes it along.
    last_report: Option<Box<PlatformReport<'static>>>,
    /// The deadline of the event that came last.
    deadline_ms: u64,
    is_shutting_down: bool,
    expectation: EndExpectation,
}

/// One invocation; its attempts share a request id.
#[derive(Debug, Default)]
struct Invocation {
    request_id: String,
    /// The attempts whose INVOKE has been received, and whose end has not been delivered.
    open: usize,
    /// An end has arrived that belongs to the last INVOKE.
    has_ended: bool,
    has_report: bool,
    /// The times at which its ends were written, by which a repeated one is recognised.
    ends: VecDeque<String>,
    /// The ends that have arrived, and are not delivered yet.
    undelivered: usize,
}

/// The invocation whose INVOKE came last.
#[derive(Debug)]
struct Running {
    request_id: String,
    /// Until when `next` waits for its end, if it does.
    held_until: Option<Instant>,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    /// `runtime_done` has its end.
    Delivered,
    /// `runtime_done` has returned.
    Handled,
}

/// The outcome of recording an end.
#[derive(Debug)]
pub(super) enum Recorded {
    /// The end is to be queued.
    New(Box<RuntimeDone>),
    /// The end is repeated, or a report.
    Known,
    /// More ends of one invocation are queued than it can have: a local process makes them up.
    Excess,
}

/// An end that did not arrive in time.
#[derive(Debug)]
pub(crate) struct MissedEnd {
    pub(crate) request_id: String,
    pub(crate) missed: Missed,
}

impl InvocationTracker {
    /// The platform has confirmed that it sends ends.
    pub(super) fn expect_ends(&mut self) {
        self.expectation.begin();
    }

    /// INVOKE has just come. Returns the end that was missing until now, if the operator must know it.
    pub(super) fn begin(&mut self, event: &InvokeEvent) -> Option<MissedEnd> {
        let missed = self.check_last();
        let hold = budget::hold(event);
        let is_held = self.expectation.is_expected() && !hold.is_zero();
        self.running = Some(Running {
            request_id: event.request_id.clone(),
            held_until: is_held.then(|| Instant::now() + hold),
            progress: Progress::Waiting,
        });
        self.deadline_ms = event.deadline_ms;
        self.make_newest(&event.request_id);
        let invocation = self.entry(&event.request_id);
        invocation.open += 1;
        // Otherwise it is that of an earlier attempt.
        invocation.has_ended = invocation.undelivered > 0;
        invocation.has_report = false;
        missed
    }

    fn check_last(&mut self) -> Option<MissedEnd> {
        let last = self
            .running
            .take_if(|running| running.held_until.is_some())?;
        let invocation = self.find(&last.request_id);
        let in_time = last.progress != Progress::Waiting
            || invocation.is_some_and(|invocation| invocation.has_ended);
        let missed = self.expectation.next_event(in_time)?;
        Some(MissedEnd {
            request_id: last.request_id,
            missed,
        })
    }

    /// SHUTDOWN has come: no INVOKE follows, and every end is due.
    pub(super) fn shut_down(&mut self, event: &ShutdownEvent) {
        self.deadline_ms = event.deadline_ms;
        self.is_shutting_down = true;
    }

    /// Records an end or a report.
    pub(super) fn record(&mut self, end: End) -> Recorded {
        let mut done = match end {
            End::Done(done) => done,
            End::Report(report) => {
                let invocation = self.entry(&report.request_id);
                invocation.has_report = true;
                self.last_report = Some(report);
                return Recorded::Known;
            }
        };
        let invocation = self.entry(done.request_id());
        let time = truncate(done.time.as_str(), COMPARED_TIME);
        if invocation.ends.iter().any(|known| known == time) {
            return Recorded::Known;
        }
        if invocation.undelivered == MOST_ATTEMPTS {
            return Recorded::Excess;
        }
        if invocation.ends.len() == MOST_ATTEMPTS {
            invocation.ends.pop_front();
        }
        invocation.ends.push_back(time.to_owned());
        invocation.has_ended = true;
        invocation.undelivered += 1;
        self.expectation.end_arrived();
        let previous = self.last_ended.replace(done.request_id().to_owned());
        let belongs =
            |report: &mut Box<PlatformReport<'_>>| Some(&*report.request_id) == previous.as_deref();
        done.previous_report = self.last_report.take_if(belongs).map(|report| *report);
        Recorded::New(done)
    }

    /// Takes an end that waited for its INVOKE, if it is due now.
    pub(super) fn take_due(&mut self) -> Option<Box<RuntimeDone>> {
        let early = self.early.take()?;
        if self.is_due(&early) {
            return Some(self.deliver(early));
        }
        self.early = Some(early);
        None
    }

    /// Tells whether an end waits for its INVOKE.
    pub(super) fn has_early_end(&self) -> bool {
        self.early.is_some()
    }

    /// Takes the end that was queued first. Returns the one that is due: this one, or one that has waited in
    /// vain for an INVOKE, which is lost.
    pub(super) fn take(&mut self, done: Box<RuntimeDone>) -> Option<Box<RuntimeDone>> {
        if self.is_due(&done) {
            return Some(self.deliver(done));
        }
        let lost = self.early.replace(done)?;
        Some(self.deliver(lost))
    }

    fn is_due(&self, done: &RuntimeDone) -> bool {
        let invocation = self.find(done.request_id());
        self.is_shutting_down || invocation.is_some_and(|invocation| invocation.open > 0)
    }

    fn deliver(&mut self, mut done: Box<RuntimeDone>) -> Box<RuntimeDone> {
        let is_running = |running: &&mut Running| running.request_id == done.request_id();
        if let Some(running) = self.running.as_mut().filter(is_running) {
            running.progress = Progress::Delivered;
        }
        if let Some(invocation) = self.find_mut(done.request_id()) {
            invocation.open = invocation.open.saturating_sub(1);
            invocation.undelivered = invocation.undelivered.saturating_sub(1);
        }
        done.deadline_ms = self.deadline_ms;
        done
    }

    /// A queued end is dropped.
    pub(super) fn drop_end(&mut self, request_id: &str) {
        if let Some(invocation) = self.find_mut(request_id) {
            invocation.undelivered = invocation.undelivered.saturating_sub(1);
        }
    }

    /// `runtime_done` has returned from the end that was delivered last.
    pub(super) fn handled(&mut self) {
        let is_delivered = |running: &&mut Running| running.progress == Progress::Delivered;
        if let Some(running) = self.running.as_mut().filter(is_delivered) {
            running.progress = Progress::Handled;
        }
    }

    /// Returns until when `next` waits for the end of the running invocation.
    pub(super) fn held_until(&self) -> Option<Instant> {
        let running = self.running.as_ref()?;
        running
            .held_until
            .filter(|_| running.progress != Progress::Handled)
    }

    /// `next` waits for no end any more, because there is no handler.
    pub(super) fn stop_holding(&mut self) {
        self.expectation.stop();
        if let Some(running) = &mut self.running {
            running.held_until = None;
        }
    }

    /// Returns the request id of the invocation whose INVOKE came last.
    pub(super) fn running(&self) -> Option<&str> {
        let running = self.running.as_ref()?;
        Some(&running.request_id)
    }

    /// Tells whether the end of every invocation has been delivered.
    pub(super) fn have_all_ended(&self) -> bool {
        self.invocations
            .iter()
            .all(|invocation| invocation.open == 0)
    }

    /// Tells whether the report of the running invocation has arrived.
    pub(super) fn has_last_report(&self) -> bool {
        let invocation = self.running().and_then(|running| self.find(running));
        invocation.is_some_and(|invocation| invocation.has_report)
    }

    /// The last ones are looked for most.
    fn find(&self, request_id: &str) -> Option<&Invocation> {
        let mut invocations = self.invocations.iter().rev();
        invocations.find(|invocation| invocation.request_id == request_id)
    }

    fn find_mut(&mut self, request_id: &str) -> Option<&mut Invocation> {
        let mut invocations = self.invocations.iter_mut().rev();
        invocations.find(|invocation| invocation.request_id == request_id)
    }

    /// Moves a retried invocation behind the others, which are forgotten before it.
    fn make_newest(&mut self, request_id: &str) {
        let is_it = |invocation: &Invocation| invocation.request_id == request_id;
        let at = self.invocations.iter().rposition(is_it);
        let retried = at.and_then(|at| self.invocations.remove(at));
        self.invocations.extend(retried);
    }

    /// Finds an invocation, or adds it. The oldest one that has ended is forgotten for it, never the running
    /// one, even if a local process makes up ends.
    fn entry(&mut self, request_id: &str) -> &mut Invocation {
        let is_it = |invocation: &Invocation| invocation.request_id == request_id;
        let at = self.invocations.iter().rposition(is_it);
        let at = at.unwrap_or_else(|| {
            if self.invocations.len() == MOST_INVOCATIONS {
                let running = self.running.as_ref().map(|running| &running.request_id);
                let is_over = |invocation: &Invocation| {
                    invocation.open == 0 && Some(&invocation.request_id) != running
                };
                let at = self.invocations.iter().position(is_over);
                self.invocations.remove(at.unwrap_or_default());
            }
            self.invocations.push_back(Invocation {
                request_id: request_id.to_owned(),
                ..Invocation::default()
            });
            self.invocations.len() - 1
        });
        &mut self.invocations[at]
    }
}
