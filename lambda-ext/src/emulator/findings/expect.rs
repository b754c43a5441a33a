//! The findings of a record, and assertions on it whose failures show the record.
#![allow(clippy::panic, reason = "a failed expectation is the end of a test")]

use std::fmt::Write as _;

use super::analyzer;
use super::finding::Finding;
use super::rules::{RULES, nearest};
use crate::emulator::call::Call;
use crate::emulator::record::Record;

impl Record {
    /// The mistakes of the extensions, and what their authors should know; see [`Finding`].
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        analyzer::findings(self)
    }

    /// Asserts that there is no [`Severity::Error`](crate::emulator::Severity::Error) among the
    /// [`findings`](Self::findings).
    ///
    /// # Panics
    /// There is one. The message has every error with its remedy, and the timeline.
    #[track_caller]
    pub fn assert_clean(&self) {
        let findings = self.findings();
        let mistakes: Vec<_> = findings
            .iter()
            .filter(|finding| finding.is_error())
            .collect();
        if mistakes.is_empty() {
            return;
        }
        let mut text = String::from("an extension makes mistakes\n");
        for mistake in mistakes {
            let _ = write!(text, "\n{mistake}\n");
        }
        panic!("{text}\n{self}");
    }

    /// Asserts that there is a finding of this rule.
    ///
    /// # Panics
    /// There is none, or there is no such rule. The message has the findings and the timeline.
    #[track_caller]
    pub fn assert_finding(&self, rule: &str) {
        let findings = self.findings();
        if findings.iter().any(|finding| finding.rule == rule) {
            return;
        }
        if !RULES.contains(&rule) {
            match nearest(rule) {
                Some(near) => panic!("there is no rule `{rule}`, did you mean `{near}`?"),
                None => panic!("there is no rule `{rule}`; there are {}", RULES.join(", ")),
            }
        }
        let mut text = format!("expected a finding of the rule `{rule}`\n");
        for finding in findings {
            let _ = write!(text, "\n{finding}\n");
        }
        panic!("{text}\n{self}");
    }

    /// Asserts that an extension made exactly these calls, in this order; see [`calls`](Self::calls).
    ///
    /// # Panics
    /// It made others, or the record has no extension of that name. The message has the expected and
    /// the actual calls, the first difference, and the timeline.
    #[track_caller]
    pub fn assert_calls(&self, extension: &str, expected: &[Call]) {
        let names = self.names();
        if !names.contains(extension) {
            let known = names.iter().filter(|name| **name != "?");
            let names: Vec<_> = known.map(|name| format!("`{name}`")).collect();
            let known = match names.join(", ") {
                names if names.is_empty() => "none".to_owned(),
                names => names,
            };
            panic!("there is no extension `{extension}`; there is {known}\n\n{self}");
        }
        let found = self.calls(extension);
        if found == expected {
            return;
        }
        let words = |calls: &[Call]| {
            let words: Vec<_> = calls.iter().map(ToString::to_string).collect();
            match words.join(", ") {
                words if words.is_empty() => "none".to_owned(),
                words => words,
            }
        };
        let same = found.iter().zip(expected).take_while(|(a, b)| a == b);
        let place = same.count() + 1;
        panic!(
            "`{extension}` does not make the calls that are expected of it\n  \
             expected: {}\n     found: {}\n     apart: at call {place}\n\n{self}",
            words(expected),
            words(&found),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::time::Duration;

    use crate::emulator::record::{Record, StepKind};
    use crate::emulator::{Call, ExtensionState};

    fn crash() -> Record {
        let extension = || "audit".to_owned();
        let whats = [
            StepKind::Launched {
                extension: extension(),
                pid: None,
            },
            StepKind::Waits {
                extension: extension(),
            },
            StepKind::Exited {
                extension: extension(),
                code: Some(7),
                signal: None,
                state: ExtensionState::ShutdownFailed,
            },
        ];
        Record::of(Duration::from_secs, whats.map(|what| (0, what)))
    }

    fn failure(expectation: fn(&Record)) -> String {
        let failed = catch_unwind(|| expectation(&crash()));
        let text = failed.err().and_then(|text| text.downcast::<String>().ok());
        text.map(|text| *text).unwrap_or_default()
    }

    const TIMELINE: &str = "     0.0 ms  audit     is launched in this process
     0.0 ms  audit     waits in next
     0.0 ms  audit     exits with code 7
";

    #[test]
    fn assert_clean_error_shows_remedy_and_timeline() {
        Record::default().assert_clean();
        let text = failure(Record::assert_clean);
        let begin = "an extension makes mistakes\n\n\
                     error[exits-between-invocations]: `audit` exits with code 7 between";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains("\n  help: keep calling `next`"), "{text}");
        assert!(text.ends_with(TIMELINE), "{text}");
    }

    #[test]
    fn assert_finding_missing_shows_the_others() {
        crash().assert_finding("exits-between-invocations");
        let text = failure(|record| record.assert_finding("next-twice"));
        let begin = "expected a finding of the rule `next-twice`\n\nerror[exits-between";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.ends_with(TIMELINE), "{text}");
    }

    #[test]
    fn assertions_unknown_name_shows_the_known_ones() {
        let text = failure(|record| record.assert_calls("adit", &[]));
        let begin = "there is no extension `adit`; there is `audit`\n\n";
        assert!(text.starts_with(begin), "{text}");
        let text = failure(|record| record.assert_finding("exit-eror"));
        assert_eq!(
            text,
            "there is no rule `exit-eror`, did you mean `exit-error`?"
        );
    }

    #[test]
    fn assert_calls_difference_shows_both() {
        crash().assert_calls("audit", &[Call::Next]);
        let text = failure(|record| record.assert_calls("audit", &[Call::Register, Call::Next]));
        let begin = "`audit` does not make the calls that are expected of it\n  \
                     expected: register, next\n     found: next\n     apart: at call 1\n\n";
        assert_eq!(text, format!("{begin}{TIMELINE}"));
    }
}
