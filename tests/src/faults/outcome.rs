//! What came of a cell, and whether an extension may do that.

use std::fmt;

use lambda_ext::emulator::Call;

use super::Step;

/// The most calls that a life may have: five without a fault, and a few that are made again.
const MOST_CALLS: usize = 12;

/// The most lines that an extension may have to say: what ends it, and what its handler was not
/// told.
const MOST_LINES: usize = 2;

/// What there is to handle.
const EVENTS: [&str; 3] = ["invoke 1", "invoke 2", "shutdown"];

/// What was seen of one life.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The step of the fault.
    pub step: Step,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Whether the platform killed it.
    pub killed: bool,
    /// Whether it had not ended within the bound.
    pub hung: bool,
    /// What it wrote on stdout.
    pub stdout: String,
    /// What it wrote on stderr.
    pub stderr: String,
    /// The calls that it made, in order.
    pub calls: Vec<Call>,
    /// What it handled, in order.
    pub diary: Vec<String>,
    /// Whether the API could be reached to the end.
    pub reachable: bool,
}

impl Seen {
    /// How many calls it made. Reports do not count: how often one is sent again is a matter of
    /// time.
    #[must_use]
    pub fn made(&self) -> usize {
        let is_report = |call: &Call| matches!(call, Call::InitError | Call::ExitError);
        self.calls.iter().filter(|call| !is_report(call)).count()
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything was handled but these, and it left with 0.
    Survived {
        /// What it did not get.
        missed: Vec<&'static str>,
        /// What it said.
        line: Option<String>,
    },
    /// It left with code 1, and said this.
    Exit(String),
    /// It did not hear of SHUTDOWN, and was killed at the end of that.
    Killed,
    /// What no extension may do, and a word more.
    Bad(&'static str, String),
}

impl Outcome {
    /// In a word or two, without what was said.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Survived { missed, .. } if missed.is_empty() => "survived".to_owned(),
            Self::Survived { missed, .. } => format!("missed {}", missed.len()),
            Self::Exit(_) => "exit 1".to_owned(),
            Self::Killed => "killed".to_owned(),
            Self::Bad(what, _) => what.to_uppercase(),
        }
    }

    /// What was said, or what there is to say.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Survived { missed, line } => {
                let line = line.iter().map(String::as_str);
                missed
                    .iter()
                    .copied()
                    .chain(line)
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            Self::Exit(line) | Self::Bad(_, line) => line.clone(),
            Self::Killed => String::new(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind(), self.detail()) {
            (kind, detail) if detail.is_empty() => formatter.write_str(&kind),
            (kind, detail) => write!(formatter, "{kind}: {detail}"),
        }
    }
}

/// Says what came of a life.
#[must_use]
pub fn judge(seen: &Seen) -> Outcome {
    let stderr = &seen.stderr;
    let lines: Vec<_> = stderr.lines().collect();
    let first = lines
        .first()
        .map(|line| line.strip_prefix("faulted: ").unwrap_or(line));
    let bad = |what, detail: &dyn fmt::Display| Outcome::Bad(what, detail.to_string());
    let is_raw = |char: char| char.is_control() && char != '\n';
    if seen.hung || seen.killed && seen.step.name != "shutdown" {
        return bad("hung", &seen.calls.len());
    }
    if stderr.contains("panicked at") {
        return bad("panicked", &stderr.escape_debug());
    }
    if stderr.contains(is_raw) {
        return bad("raw", &stderr.escape_debug());
    }
    if !seen.stdout.is_empty() {
        return bad("stdout", &seen.stdout.escape_debug());
    }
    if seen.calls.len() > MOST_CALLS {
        return bad("busy", &seen.calls.len());
    }
    if lines.len() > MOST_LINES {
        return bad("chatty", &stderr.escape_debug());
    }
    if let Some(why) = wrong_report(seen) {
        return bad("wrong report", &why);
    }
    match seen.code {
        None if seen.killed => Outcome::Killed,
        Some(0) if seen.step.fails.is_empty() && handled(seen, "shutdown") => {
            let missed = EVENTS.into_iter().filter(|event| !handled(seen, event));
            Outcome::Survived {
                missed: missed.collect(),
                line: first.map(str::to_owned),
            }
        }
        Some(1) => match first {
            Some(line) => Outcome::Exit(line.to_owned()),
            None => bad("silent", &"1"),
        },
        code => bad("wrong code", &format_args!("{code:?}")),
    }
}

fn handled(seen: &Seen, event: &str) -> bool {
    seen.diary.iter().any(|entry| entry == event)
}

/// What is wrong about its reports: those it has made, or that it has made none.
fn wrong_report(seen: &Seen) -> Option<String> {
    let first = |call| seen.calls.iter().position(|made| *made == call);
    let (next, init, exit) = (
        first(Call::Next),
        first(Call::InitError),
        first(Call::ExitError),
    );
    let registered =
        seen.step.call != Call::Register || seen.calls.iter().any(|call| *call != Call::Register);
    let owed = seen.code == Some(1) && registered && seen.reachable;
    match (init, exit) {
        (Some(_), Some(_)) => Some("both".to_owned()),
        (Some(init), None) if next.is_some_and(|next| next < init) => {
            Some("init error after next".to_owned())
        }
        (None, Some(exit)) if next.is_none_or(|next| next > exit) => {
            Some("exit error before next".to_owned())
        }
        (None, None) if owed => Some("none".to_owned()),
        (Some(_), _) | (_, Some(_)) if seen.code == Some(0) => {
            Some("although it is well".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::STEPS;
    use super::*;

    /// A life in which nothing goes wrong.
    fn well() -> Seen {
        Seen {
            step: STEPS[3],
            code: Some(0),
            killed: false,
            hung: false,
            stdout: String::new(),
            stderr: String::new(),
            calls: vec![
                Call::Register,
                Call::Telemetry,
                Call::Next,
                Call::Next,
                Call::Next,
            ],
            diary: EVENTS.map(str::to_owned).to_vec(),
            reachable: true,
        }
    }

    /// The same with a failure that is reported.
    fn failed() -> Seen {
        Seen {
            code: Some(1),
            stderr: "faulted: next: gone\n".to_owned(),
            calls: vec![Call::Register, Call::Next, Call::ExitError],
            ..well()
        }
    }

    fn of(seen: Seen, change: impl FnOnce(&mut Seen)) -> String {
        let mut seen = seen;
        change(&mut seen);
        judge(&seen).to_string()
    }

    #[test]
    fn what_an_extension_may_do() {
        assert_eq!(of(well(), |_| {}), "survived");
        assert_eq!(
            of(well(), |seen| seen.diary.truncate(0)),
            "WRONG CODE: Some(0)"
        );
        assert_eq!(
            of(well(), |seen| drop(seen.diary.remove(1))),
            "missed 1: invoke 2"
        );
        assert_eq!(
            of(well(), |seen| seen.stderr += "faulted: a\n"),
            "survived: a"
        );
        assert_eq!(of(failed(), |_| {}), "exit 1: next: gone");
        let killed = |seen: &mut Seen| (seen.killed, seen.code, seen.step) = (true, None, STEPS[4]);
        assert_eq!(of(well(), killed), "killed");
        // Without an identifier, or without a platform, there is nobody to report to.
        let unregistered = |seen: &mut Seen| {
            seen.step = STEPS[0];
            seen.calls = vec![Call::Register];
        };
        assert_eq!(of(failed(), unregistered), "exit 1: next: gone");
        let gone = |seen: &mut Seen| {
            seen.calls.truncate(2);
            seen.reachable = false;
        };
        assert_eq!(of(failed(), gone), "exit 1: next: gone");
    }

    #[test]
    fn what_no_extension_may_do() {
        assert_eq!(of(well(), |seen| seen.hung = true), "HUNG: 5");
        assert_eq!(of(well(), |seen| seen.killed = true), "HUNG: 5");
        let panicked = |seen: &mut Seen| seen.stderr = "thread panicked at x".to_owned();
        assert!(of(failed(), panicked).starts_with("PANICKED: "));
        let raw = |seen: &mut Seen| seen.stderr = "a\u{1b}[31m\n".to_owned();
        assert_eq!(of(failed(), raw), "RAW: a\\u{1b}[31m\\n");
        assert_eq!(of(well(), |seen| seen.stdout += "a\n"), "STDOUT: a\\n");
        let busy = |seen: &mut Seen| seen.calls = vec![Call::Next; 13];
        assert_eq!(of(well(), busy), "BUSY: 13");
        assert_eq!(
            of(failed(), |seen| seen.stderr += "b\nc\n"),
            "CHATTY: faulted: next: gone\\nb\\nc\\n"
        );
        assert_eq!(of(failed(), |seen| seen.stderr.clear()), "SILENT: 1");
        assert_eq!(
            of(failed(), |seen| seen.code = Some(101)),
            "WRONG CODE: Some(101)"
        );
        assert_eq!(of(failed(), |seen| seen.code = None), "WRONG CODE: None");
        let fails = |seen: &mut Seen| seen.step = STEPS[6];
        assert_eq!(of(well(), fails), "WRONG CODE: Some(0)");
    }

    #[test]
    fn what_no_extension_may_report() {
        let calls = |calls: &'static [Call]| move |seen: &mut Seen| seen.calls = calls.to_vec();
        for (made, why) in [
            (&[Call::Register, Call::Next][..], "none"),
            (&[Call::Next, Call::InitError], "init error after next"),
            (&[Call::Register, Call::ExitError], "exit error before next"),
            (&[Call::Next, Call::InitError, Call::ExitError], "both"),
        ] {
            assert_eq!(of(failed(), calls(made)), format!("WRONG REPORT: {why}"));
        }
        let made = &[Call::Register, Call::Next, Call::ExitError];
        assert_eq!(of(well(), calls(made)), "WRONG REPORT: although it is well");
        assert_eq!(
            of(failed(), calls(&[Call::Register, Call::InitError])),
            "exit 1: next: gone"
        );
    }
}
