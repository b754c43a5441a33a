//! The events of a delivery, one after the other.

use std::iter::FusedIterator;
use std::mem;

use super::event::TelemetryEvent;
use super::framing::Framing;

/// The events of a [`TelemetryBatch`](super::TelemetryBatch), each read when it is asked for.
#[derive(Debug, Clone)]
pub struct Events<'a> {
    /// What is not read yet.
    rest: &'a str,
    position: Position,
}

/// Where in a delivery that is.
#[derive(Debug, Clone, Copy)]
enum Position {
    Start,
    /// After the `[`.
    Open,
    Element,
    /// After the `,` between two elements.
    Comma,
    /// After the `]`, or the one value of a delivery that is no array.
    End,
    /// At a line of a delivery in lines.
    Line,
}

impl<'a> Events<'a> {
    pub(super) fn new(text: &'a str, framing: Framing) -> Self {
        let position = match framing {
            Framing::Array => Position::Start,
            Framing::Lines => Position::Line,
        };
        Self {
            rest: text,
            position,
        }
    }

    fn element(&mut self) -> Option<TelemetryEvent<'a>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let next = self.rest.chars().next()?;
            self.position = match (self.position, next) {
                (Position::Start, '[') => Position::Open,
                (Position::Open | Position::Element, ']') => Position::End,
                (Position::Element, ',') => Position::Comma,
                (Position::Start, _) => return Some(self.value(Position::End)),
                (Position::Open | Position::Comma, _) => {
                    return Some(self.value(Position::Element));
                }
                _ => return Some(self.malformed()),
            };
            self.rest = self.rest.strip_prefix(next)?;
        }
    }

    /// Reads the value that must come now.
    fn value(&mut self, after: Position) -> TelemetryEvent<'a> {
        let Some((event, rest)) = TelemetryEvent::first(self.rest) else {
            return self.malformed();
        };
        self.rest = rest;
        self.position = after;
        event
    }

    /// Where events end is not known any more: the rest is one.
    fn malformed(&mut self) -> TelemetryEvent<'a> {
        TelemetryEvent::malformed(mem::take(&mut self.rest))
    }

    fn line(&mut self) -> Option<TelemetryEvent<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        (!line.is_empty()).then(|| line.into())
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = TelemetryEvent<'a>;

    fn next(&mut self) -> Option<TelemetryEvent<'a>> {
        match self.position {
            Position::Line => self.line(),
            _ => self.element(),
        }
    }
}

impl FusedIterator for Events<'_> {}

#[cfg(test)]
mod tests {
    use crate::telemetry::TelemetryRecord;
    use crate::telemetry::batch::TelemetryBatch;
    use crate::telemetry::framing::Framing;

    const START: &str = r#"{"time":"t","type":"platform.start","record":{"requestId":"8d2f"}}"#;

    /// The JSON of each line, and whether it is known what it tells.
    fn lines(text: &str) -> Vec<(String, bool)> {
        let batch = TelemetryBatch::new(text.to_owned(), Framing::Lines);
        let known = |record: &_| !matches!(record, TelemetryRecord::Other { .. });
        batch
            .iter()
            .map(|event| (event.as_json().to_owned(), known(&event.record)))
            .collect()
    }

    #[test]
    fn each_line_is_an_event_even_without_a_final_line_feed() {
        let start = (START.to_owned(), true);
        assert_eq!(lines(START), std::slice::from_ref(&start));
        let text = format!("{START}\n{START}\r\n\n \n  {START}\n");
        assert_eq!(lines(&text), [start.clone(), start.clone(), start]);
        assert_eq!(lines(""), []);
        assert_eq!(lines(" \n\n"), []);
    }

    #[test]
    fn malformed_line_affects_no_other() {
        for odd in [
            "oops",
            r#"{"time":"#,
            "]",
            "[",
            "null",
            r#""text""#,
            &format!("[{START}]"),
            &format!("{START},"),
            &format!("{START}{START}"),
        ] {
            let text = format!("{START}\n{odd}\n{START}");
            let start = (START.to_owned(), true);
            assert_eq!(
                lines(&text),
                [start.clone(), (odd.to_owned(), false), start]
            );
        }
    }
}
