//! Expectations of a record, whose failures show it.
#![allow(clippy::panic, reason = "a failed expectation is the end of a test")]

use std::fmt::Write as _;

use super::super::Call;
use super::super::finding::{RULES, nearest};
use super::Record;

impl Record {
    /// Expects that no extension made a mistake, as [`findings`](Self::findings) has them;
    /// remarks, those that are not grave, are no mistakes.
    ///
    /// # Panics
    /// One did: with every mistake, what to do about it, and the timeline.
    #[track_caller]
    pub fn assert_clean(&self) {
        let findings = self.findings();
        let mistakes: Vec<_> = findings.iter().filter(|finding| finding.grave).collect();
        if mistakes.is_empty() {
            return;
        }
        let mut text = String::from("an extension does not behave as Lambda wants it\n");
        for mistake in mistakes {
            let _ = write!(text, "\n{mistake}\n");
        }
        panic!("{text}\n{self}");
    }

    /// Expects a finding of the rule of this name.
    ///
    /// # Panics
    /// There is none: with those that there are, and the timeline. Or there is no such rule.
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

    /// Expects that one extension made exactly these calls, in this order; see
    /// [`calls`](Self::calls).
    ///
    /// # Panics
    /// It made others: with both, where they part, and the timeline. Or nothing is known of an
    /// extension of that name.
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

    use super::super::{Record, What};
    use crate::emulator::{Call, State};

    fn crash() -> Record {
        let extension = || "audit".to_owned();
        let whats = [
            What::Launched {
                extension: extension(),
                pid: None,
            },
            What::Waits {
                extension: extension(),
            },
            What::Left {
                extension: extension(),
                code: Some(7),
                signal: None,
                state: State::ShutdownFailed,
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
    fn a_mistake_is_shown_with_its_remedy_and_the_timeline() {
        Record::default().assert_clean();
        let text = failure(Record::assert_clean);
        let begin = "an extension does not behave as Lambda wants it\n\n\
                     error[exits-between-invocations]: `audit` exits with code 7 between";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains("\n  help: go on calling `next`"), "{text}");
        assert!(text.ends_with(TIMELINE), "{text}");
    }

    #[test]
    fn a_finding_that_is_missed_is_shown_beside_those_that_there_are() {
        crash().assert_finding("exits-between-invocations");
        let text = failure(|record| record.assert_finding("next-twice"));
        let begin = "expected a finding of the rule `next-twice`\n\nerror[exits-between";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.ends_with(TIMELINE), "{text}");
    }

    #[test]
    fn a_name_that_is_nobodys_is_told_with_those_that_there_are() {
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
    fn other_calls_are_shown_beside_the_expected_ones() {
        crash().assert_calls("audit", &[Call::Next]);
        let text = failure(|record| record.assert_calls("audit", &[Call::Register, Call::Next]));
        let begin = "`audit` does not make the calls that are expected of it\n  \
                     expected: register, next\n     found: next\n     apart: at call 1\n\n";
        assert_eq!(text, format!("{begin}{TIMELINE}"));
    }
}
