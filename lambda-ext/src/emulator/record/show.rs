//! The record as text.

use std::collections::BTreeSet;
use std::fmt;

use super::line::{Line, Subject};
use super::text::{LONGEST, brief, harmless};
use super::timeline::Timeline;
use super::{Phase, Record, Step, What};

/// A timeline: the phases with their duration, and below each its steps, timed from its begin.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgotten > 0 {
            writeln!(formatter, "({} earlier steps are not kept)", self.forgotten)?;
        }
        // By their order: several may begin at the same instant, with tokio's clock paused.
        let mut phases = self.phases().into_iter();
        let mut timeline = Timeline::new(self.names());
        self.steps.iter().try_for_each(|step| {
            let began = matches!(step.what, What::Began(_));
            let phase = if began { phases.next() } else { None };
            let took = phase.and_then(|phase| phase.took());
            formatter.write_str(&timeline.step_with(step, took))
        })
    }
}

impl Record {
    /// Those that it has something about.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.steps
            .iter()
            .filter(|step| !matches!(step.what, What::Began(_)))
            .filter_map(|step| match Line::of(&step.what).subject {
                Subject::Extension(name) => Some(name),
                Subject::Function | Subject::Platform => None,
            })
            .collect()
    }
}

/// One line: when, who, what.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, who) = (brief(self.at), self.what.who());
        write!(formatter, "{at:>11}  {who}  {}", self.what)
    }
}

/// What happened, without whom it is about.
impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Line::of(self).text)
    }
}

impl What {
    /// Whom it is about: an extension, `function`, `platform`, or `?` where it is not known.
    #[must_use]
    pub fn who(&self) -> String {
        harmless(Line::of(self).subject.name(), LONGEST)
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

    use super::super::{Kill, Phase, Record, Request, Timeline, What};
    use crate::emulator::{Call, State};
    use crate::{EventType, ShutdownReason};

    fn record() -> Record {
        let extension = || "audit.sh".to_owned();
        let shutdown = Phase::Shutdown {
            reason: ShutdownReason::Spindown,
        };
        let init = Phase::Init { suppressed: false };
        let register = |status, reply: &str| {
            What::Answered(Request {
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
            (0, What::Began(init.clone())),
            (
                900,
                What::Launched {
                    extension: extension(),
                    pid: Some(7),
                },
            ),
            (21_300, register(200, "{}")),
            (21_900, register(403, refused)),
            (
                22_000,
                What::Waits {
                    extension: extension(),
                },
            ),
            (
                22_100,
                What::Ended {
                    phase: init,
                    error: None,
                },
            ),
            (1_000_000, What::Began(shutdown.clone())),
            (
                1_000_200,
                What::Receives {
                    extension: extension(),
                    event: EventType::Shutdown,
                },
            ),
            (
                1_001_000,
                What::Output {
                    extension: extension(),
                    line: "\u{1b}[1mbye\u{1b}[0m".to_owned(),
                },
            ),
            (
                3_000_000,
                What::Killed {
                    extension: extension(),
                    why: Kill::Deadline,
                },
            ),
            (
                3_000_900,
                What::Left {
                    extension: extension(),
                    code: None,
                    signal: Some(9),
                    state: State::ShutdownFailed,
                },
            ),
            (
                3_001_000,
                What::Ended {
                    phase: shutdown,
                    error: Some("late".to_owned()),
                },
            ),
        ];
        Record::of(Duration::from_micros, steps)
    }

    #[test]
    fn a_record_reads_as_a_timeline() {
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
    fn phases_that_begin_at_the_same_instant_each_have_their_own_time() {
        let init = Phase::Init { suppressed: false };
        let invoke = Phase::Invoke {
            request_id: "1".to_owned(),
        };
        let over = |phase| What::Ended { phase, error: None };
        let steps = [
            (0, What::Began(init.clone())),
            (0, over(init)),
            (0, What::Began(invoke.clone())),
            (20, over(invoke)),
        ];
        let record = Record::of(Duration::from_millis, steps);
        let text = record.to_string();
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with('I')).collect();
        assert_eq!(headings, ["INIT  0.0 ms", "INVOKE 1  20.0 ms"]);
    }

    #[test]
    fn colours_change_nothing_but_the_colours() {
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
