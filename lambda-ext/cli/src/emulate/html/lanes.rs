//! The activities of each extension and of the function, as bars and marks.

use std::collections::BTreeMap;
use std::time::Duration;

use lambda_ext::EventType;
use lambda_ext::emulator::record::{KillReason, Phase, Record, StepKind};
use lambda_ext::emulator::{Call, ExtensionState};

/// The activities of one extension, or of the function.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) bars: Vec<Bar>,
    pub(super) marks: Vec<Mark>,
    /// The current activity, and its start.
    current: Option<(Duration, Activity)>,
}

/// An activity with its times.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) activity: Activity,
    /// The reason that the function did not finish it.
    pub(super) aborted: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Activity {
    RuntimeStarts,
    FunctionRuns,
    Starts,
    Initializes,
    Waits,
    HandlesInvoke,
    DelaysInvocation,
    ShutsDown,
}

impl Activity {
    /// Its CSS class, and its label.
    pub(super) fn class_and_label(self) -> (&'static str, &'static str) {
        match self {
            Self::RuntimeStarts => ("runtime-starts", "the runtime starts"),
            Self::FunctionRuns => ("runs", "the function runs"),
            Self::Starts => ("starts", "starts, before register"),
            Self::Initializes => ("initializes", "registered, before its first next"),
            Self::Waits => ("waits", "waits in next"),
            Self::HandlesInvoke => ("handles", "handles INVOKE"),
            Self::DelaysInvocation => ("delays", "handles INVOKE after the function's end"),
            Self::ShutsDown => ("shuts-down", "handles SHUTDOWN"),
        }
    }
}

/// A step without a duration.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) at: Duration,
    pub(super) kind: MarkKind,
    pub(super) title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MarkKind {
    Telemetry,
    Problem,
    Killed,
    Exits,
}

impl MarkKind {
    /// Its CSS class, and its label.
    pub(super) fn class_and_label(self) -> (&'static str, &'static str) {
        match self {
            Self::Telemetry => ("telemetry", "gets telemetry"),
            Self::Problem => (
                "problem",
                "is refused, reports an error, or misses telemetry",
            ),
            Self::Killed => ("killed", "is killed, or cannot be launched"),
            Self::Exits => ("exits", "exits"),
        }
    }
}

impl Lane {
    fn begin(&mut self, at: Duration, activity: Activity) {
        self.end(at);
        self.current = Some((at, activity));
    }

    fn end(&mut self, at: Duration) {
        if let Some((from, activity)) = self.current.take() {
            self.bars.push(Bar {
                from,
                to: at,
                activity,
                aborted: None,
            });
        }
    }

    fn abort(&mut self, at: Duration, what: &StepKind) {
        if self.current.is_some() {
            self.end(at);
            if let Some(bar) = self.bars.last_mut() {
                bar.aborted = Some(what.to_string());
            }
        }
    }

    fn is(&self, activity: Activity) -> bool {
        self.current.is_some_and(|(_, current)| current == activity)
    }

    fn mark(&mut self, at: Duration, kind: MarkKind, what: &StepKind) {
        let title = what.to_string();
        self.marks.push(Mark { at, kind, title });
    }
}

/// The lanes of the extensions by name.
#[derive(Default)]
pub(super) struct Lanes<'r>(pub(super) BTreeMap<&'r str, Lane>);

impl<'r> Lanes<'r> {
    fn of(&mut self, extension: &'r str) -> &mut Lane {
        self.0.entry(extension).or_default()
    }
}

/// The function's lane, and those of the extensions.
pub(super) fn lanes(record: &Record) -> (Lane, Lanes<'_>) {
    let mut function = Lane::default();
    let mut lanes = Lanes::default();
    let mut responded = false;
    for step in &record.steps {
        let (at, what) = (step.at, &step.kind);
        match what {
            StepKind::Began(Phase::Invoke { .. }) => {
                responded = false;
                function.begin(at, Activity::FunctionRuns);
            }
            StepKind::Ended {
                phase: Phase::Invoke { .. },
                ..
            } => function.end(at),
            StepKind::Responded { .. } => {
                responded = true;
                function.end(at);
                for lane in lanes.0.values_mut() {
                    if lane.is(Activity::HandlesInvoke) {
                        lane.begin(at, Activity::DelaysInvocation);
                    }
                }
            }
            StepKind::RuntimeStarted { .. } => function.begin(at, Activity::RuntimeStarts),
            StepKind::RuntimeWaits if function.is(Activity::RuntimeStarts) => function.end(at),
            StepKind::TimedOut { .. } => function.abort(at, what),
            StepKind::RuntimeExited { .. } => {
                function.abort(at, what);
                function.mark(at, MarkKind::Exits, what);
            }
            StepKind::Launched { extension, .. } => {
                lanes.of(extension).begin(at, Activity::Starts);
            }
            StepKind::Answered(request) => {
                let Some(name) = &request.extension else {
                    continue;
                };
                let lane = lanes.of(name);
                let is_report = matches!(request.call, Some(Call::InitError | Call::ExitError));
                if request.status >= 400 || is_report {
                    lane.mark(at, MarkKind::Problem, what);
                } else if request.call == Some(Call::Register) {
                    lane.begin(at, Activity::Initializes);
                }
            }
            StepKind::Waits { extension } => {
                lanes.of(extension).begin(at, Activity::Waits);
            }
            StepKind::Receives { extension, event } => {
                let activity = match event {
                    EventType::Invoke if responded => Activity::DelaysInvocation,
                    EventType::Invoke => Activity::HandlesInvoke,
                    _ => Activity::ShutsDown,
                };
                lanes.of(extension).begin(at, activity);
            }
            StepKind::Delivered { extension, .. } if !is_problem(what) => {
                lanes.of(extension).mark(at, MarkKind::Telemetry, what);
            }
            StepKind::Delivered { extension, .. } | StepKind::Dropped { extension, .. } => {
                lanes.of(extension).mark(at, MarkKind::Problem, what);
            }
            StepKind::LaunchFailed { extension, .. } | StepKind::Killed { extension, .. } => {
                lanes.of(extension).mark(at, MarkKind::Killed, what);
            }
            StepKind::Exited { extension, .. } => {
                let lane = lanes.of(extension);
                lane.end(at);
                lane.mark(at, MarkKind::Exits, what);
            }
            _ => {}
        }
    }
    if let Some(last) = record.steps.last() {
        function.end(last.at);
        for lane in lanes.0.values_mut() {
            lane.end(last.at);
        }
    }
    (function, lanes)
}

/// Returns true for steps that show a failure.
pub(super) fn is_problem(what: &StepKind) -> bool {
    match what {
        StepKind::Ended { error, .. } => error.is_some(),
        StepKind::Answered(request) => request.status >= 400,
        StepKind::Delivered { status, error, .. } => {
            error.is_some() || status.is_some_and(|status| status >= 400)
        }
        StepKind::Killed { reason, .. } => *reason == KillReason::Deadline,
        StepKind::Exited { state, .. } => *state != ExtensionState::Exited,
        StepKind::LaunchFailed { .. } | StepKind::Dropped { .. } | StepKind::TimedOut { .. } => {
            true
        }
        _ => false,
    }
}
