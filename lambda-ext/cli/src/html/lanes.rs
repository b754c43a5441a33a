//! What each extension did, as spans and marks.

use std::collections::BTreeMap;
use std::time::Duration;

use lambda_ext::EventType;
use lambda_ext::emulator::record::{Kill, Phase, Record, What};
use lambda_ext::emulator::{Call, State};

/// What one extension, or the function, did.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) spans: Vec<Span>,
    pub(super) marks: Vec<Mark>,
    open: Option<(Duration, Doing)>,
}

/// Something that lasts.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) doing: Doing,
    /// Why it did not come to its own end, where the function is the worse for it.
    pub(super) cut: Option<String>,
}

/// What lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Starts,
    Initialises,
    Waits,
    Handles,
    Holds,
    ShutsDown,
    Loads,
    Runs,
}

impl Doing {
    pub(super) const ALL: [Self; 8] = [
        Self::Loads,
        Self::Runs,
        Self::Starts,
        Self::Initialises,
        Self::Waits,
        Self::Handles,
        Self::Holds,
        Self::ShutsDown,
    ];

    /// Its class, and its words.
    pub(super) fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Starts => ("starts", "starts, not registered"),
            Self::Initialises => ("initialises", "registered, before its first next"),
            Self::Waits => ("waits", "waits in next"),
            Self::Handles => ("handles", "handles INVOKE"),
            Self::Holds => ("holds", "handles INVOKE after the function was done"),
            Self::ShutsDown => ("shuts-down", "handles SHUTDOWN"),
            Self::Loads => ("loads", "the runtime starts"),
            Self::Runs => ("runs", "the function runs"),
        }
    }
}

/// Something that is at once.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) at: Duration,
    pub(super) class: &'static str,
    pub(super) title: String,
}

impl Lane {
    fn begin(&mut self, at: Duration, doing: Doing) {
        self.end(at);
        self.open = Some((at, doing));
    }

    fn end(&mut self, at: Duration) {
        if let Some((from, doing)) = self.open.take() {
            self.spans.push(Span {
                from,
                to: at,
                doing,
                cut: None,
            });
        }
    }

    fn cut(&mut self, at: Duration, what: &What) {
        if self.open.is_some() {
            self.end(at);
            if let Some(span) = self.spans.last_mut() {
                span.cut = Some(what.to_string());
            }
        }
    }

    fn is(&self, doing: Doing) -> bool {
        self.open.is_some_and(|(_, open)| open == doing)
    }

    fn mark(&mut self, at: Duration, class: &'static str, what: &What) {
        let title = what.to_string();
        self.marks.push(Mark { at, class, title });
    }
}

/// The function's lane, and those of the extensions by name.
pub(super) fn lanes(record: &Record) -> (Lane, BTreeMap<&str, Lane>) {
    let mut function = Lane::default();
    let mut lanes: BTreeMap<&str, Lane> = BTreeMap::new();
    let mut done = false;
    for step in &record.steps {
        let (at, what) = (step.at, &step.what);
        match what {
            What::Began(Phase::Invoke { .. }) => {
                done = false;
                function.begin(at, Doing::Runs);
            }
            What::Ended {
                phase: Phase::Invoke { .. },
                ..
            } => function.end(at),
            What::Responded { .. } => {
                done = true;
                function.end(at);
                for lane in lanes.values_mut().filter(|lane| lane.is(Doing::Handles)) {
                    lane.begin(at, Doing::Holds);
                }
            }
            What::RuntimeStarted { .. } => function.begin(at, Doing::Loads),
            What::RuntimeWaits if function.is(Doing::Loads) => function.end(at),
            What::TimedOut { .. } => function.cut(at, what),
            What::RuntimeLeft { .. } => {
                function.cut(at, what);
                function.mark(at, "left", what);
            }
            What::Launched { extension, .. } => {
                lanes.entry(extension).or_default().begin(at, Doing::Starts);
            }
            What::Answered(request) => {
                let Some(name) = &request.extension else {
                    continue;
                };
                let lane = lanes.entry(name).or_default();
                let reports = matches!(request.call, Some(Call::InitError | Call::ExitError));
                if request.status >= 400 || reports {
                    lane.mark(at, "refused", what);
                } else if request.call == Some(Call::Register) {
                    lane.begin(at, Doing::Initialises);
                }
            }
            What::Waits { extension } => {
                lanes.entry(extension).or_default().begin(at, Doing::Waits);
            }
            What::Receives { extension, event } => {
                let doing = match event {
                    EventType::Invoke if done => Doing::Holds,
                    EventType::Invoke => Doing::Handles,
                    _ => Doing::ShutsDown,
                };
                lanes.entry(extension).or_default().begin(at, doing);
            }
            What::Delivered { extension, .. } => {
                let class = if is_bad(what) { "refused" } else { "telemetry" };
                lanes.entry(extension).or_default().mark(at, class, what);
            }
            What::Dropped { extension, .. } => {
                lanes
                    .entry(extension)
                    .or_default()
                    .mark(at, "refused", what);
            }
            What::LaunchFailed { extension, .. } | What::Killed { extension, .. } => {
                lanes.entry(extension).or_default().mark(at, "killed", what);
            }
            What::Left { extension, .. } => {
                let lane = lanes.entry(extension).or_default();
                lane.end(at);
                lane.mark(at, "left", what);
            }
            _ => {}
        }
    }
    if let Some(last) = record.steps.last() {
        function.end(last.at);
        for lane in lanes.values_mut() {
            lane.end(last.at);
        }
    }
    (function, lanes)
}

/// Whether a step is one that should not be.
pub(super) fn is_bad(what: &What) -> bool {
    match what {
        What::Ended { error, .. } => error.is_some(),
        What::Answered(request) => request.status >= 400,
        What::Delivered { status, error, .. } => {
            error.is_some() || status.is_some_and(|status| status >= 400)
        }
        What::Killed { why, .. } => *why == Kill::Deadline,
        What::Left { state, .. } => *state != State::Exited,
        What::LaunchFailed { .. } | What::Dropped { .. } | What::TimedOut { .. } => true,
        _ => false,
    }
}
