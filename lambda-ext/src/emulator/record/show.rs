//! The `Display` of a record and its parts.

use std::collections::BTreeSet;
use std::fmt;

use super::line::{StepLine, Subject};
use super::step::{Phase, Step, StepKind};
use super::steps::Record;
use super::text::{MAX_TEXT, format_duration, sanitize};
use super::timeline::Timeline;

/// A timeline: the phases with their duration, and below each its steps, timed from its begin.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.discarded > 0 {
            writeln!(
                formatter,
                "({} earlier steps were discarded)",
                self.discarded
            )?;
        }
        // In order, because several may begin at the same instant if tokio's clock is paused.
        let mut phases = self.phases().into_iter();
        let mut timeline = Timeline::new(self.names());
        self.steps.iter().try_for_each(|step| {
            let began = matches!(step.kind, StepKind::Began(_));
            let phase = if began { phases.next() } else { None };
            let took = phase.and_then(|phase| phase.took());
            formatter.write_str(&timeline.step_with(step, took))
        })
    }
}

impl Record {
    /// The names of the extensions in it.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.steps
            .iter()
            .filter(|step| !matches!(step.kind, StepKind::Began(_)))
            .filter_map(|step| match StepLine::new(&step.kind).subject {
                Subject::Extension(name) => Some(name),
                Subject::Function | Subject::Platform => None,
            })
            .collect()
    }
}

/// One line: the time, the subject, and the description.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, subject) = (format_duration(self.at), self.kind.subject());
        write!(formatter, "{at:>11}  {subject}  {}", self.kind)
    }
}

/// The description of the step, without its subject.
impl fmt::Display for StepKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&StepLine::new(self).text)
    }
}

impl StepKind {
    /// The subject: the name of an extension, `function`, `platform`, or `?` if it is not known.
    #[must_use]
    pub fn subject(&self) -> String {
        sanitize(StepLine::new(self).subject.name(), MAX_TEXT)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())?;
        match self {
            Self::Init { suppressed: true } => write!(formatter, " (suppressed)"),
            Self::Init { suppressed: false } | Self::Restore => Ok(()),
            Self::Invoke { request_id } => write!(formatter, " {request_id}"),
            Self::Shutdown { reason } => write!(formatter, " {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::emulator::call::Call;
    use crate::emulator::extension_state::ExtensionState;
    use crate::emulator::record::{KillReason, Phase, Record, Request, StepKind, Timeline};
    use crate::{EventType, ShutdownReason};

    fn record() -> Record {
        let extension = || "audit.sh".to_owned();
        let shutdown = Phase::Shutdown {
            reason: ShutdownReason::Spindown,
        };
        let init = Phase::Init { suppressed: false };
        let register = |status, reply: &str| {
            StepKind::Answered(Request {
                extension: Some(extension()),
                call: Some(Call::Register),
                method: "POST".to_owned(),
                path: "/2020-01-01/extension/register".to_owned(),
                body: r#"{"events":["INVOKE","SHUTDOWN"]}"#.to_owned(),
                error_type: None,
                status,
                reply: reply.to_owned(),
            })
        };
        let refused = r#"{"errorType":"Extension.InvalidExtensionState","errorMessage":"no"}"#;
        let steps = [
            (0, StepKind::Began(init.clone())),
            (
                900,
                StepKind::Launched {
                    extension: extension(),
                    pid: Some(7),
                },
            ),
            (21_300, register(200, "{}")),
            (21_900, register(403, refused)),
            (
                22_000,
                StepKind::Waits {
                    extension: extension(),
                },
            ),
            (
                22_100,
                StepKind::Ended {
                    phase: init,
                    error: None,
                },
            ),
            (1_000_000, StepKind::Began(shutdown.clone())),
            (
                1_000_200,
                StepKind::Receives {
                    extension: extension(),
                    event: EventType::Shutdown,
                },
            ),
            (
                1_001_000,
                StepKind::Output {
                    extension: extension(),
                    line: "\u{1b}[1mbye\u{1b}[0m".to_owned(),
                },
            ),
            (
                3_000_000,
                StepKind::Killed {
                    extension: extension(),
                    reason: KillReason::Deadline,
                },
            ),
            (
                3_000_900,
                StepKind::Exited {
                    extension: extension(),
                    code: None,
                    signal: Some(9),
                    state: ExtensionState::ShutdownFailed,
                },
            ),
            (
                3_001_000,
                StepKind::Ended {
                    phase: shutdown,
                    error: Some("late".to_owned()),
                },
            ),
        ];
        Record::of(Duration::from_micros, steps)
    }

    #[test]
    fn record_displays_as_a_timeline() {
        assert_eq!(
            record().to_string(),
            "\
INIT  22.1 ms
     0.9 ms  audit.sh  is launched, pid 7
    21.3 ms  audit.sh  register for INVOKE, SHUTDOWN → 200
    21.9 ms  audit.sh  register for INVOKE, SHUTDOWN → 403 Extension.InvalidExtensionState: no
    22.0 ms  audit.sh  waits in next
    22.1 ms  platform  INIT is over

SHUTDOWN spindown  2.00 s
     0.2 ms  audit.sh  gets SHUTDOWN
     1.0 ms  audit.sh  │ bye
     2.00 s  audit.sh  is killed, at its deadline
     2.00 s  audit.sh  is ended by SIGKILL
     2.00 s  platform  SHUTDOWN fails: late
"
        );
    }

    #[test]
    fn phases_at_the_same_instant_have_their_own_times() {
        let init = Phase::Init { suppressed: false };
        let invoke = Phase::Invoke {
            request_id: "1".to_owned(),
        };
        let over = |phase| StepKind::Ended { phase, error: None };
        let steps = [
            (0, StepKind::Began(init.clone())),
            (0, over(init)),
            (0, StepKind::Began(invoke.clone())),
            (20, over(invoke)),
        ];
        let record = Record::of(Duration::from_millis, steps);
        let text = record.to_string();
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with('I')).collect();
        assert_eq!(headings, ["INIT  0.0 ms", "INVOKE 1  20.0 ms"]);
    }

    #[test]
    fn timeline_with_colours_has_the_same_text() {
        let mut timeline = Timeline::new(["audit.sh"]).colours(true);
        let coloured: String = record()
            .steps
            .iter()
            .map(|step| timeline.step(step))
            .collect();
        let plain: Vec<_> = coloured
            .split('\u{1b}')
            .map(|part| {
                let code = part.strip_prefix('[').and_then(|part| part.split_once('m'));
                code.map_or(part, |(_, rest)| rest)
            })
            .collect();
        let mut timeline = Timeline::new(["audit.sh"]);
        let expected: String = record()
            .steps
            .iter()
            .map(|step| timeline.step(step))
            .collect();
        assert_eq!(plain.concat(), expected);
        assert_ne!(coloured, expected);
    }
}
