//! What was answered, without what differs from one run to the next.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{Scenario, events};

/// How long SHUTDOWN may take, on every platform.
const SHUTDOWN: u64 = 2000;

/// The length of an identifier.
const IDENTIFIER: usize = 36;

/// One answer, or that there was none for as long as the extension lived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The platform did not answer.
    None,
    /// It did.
    Some {
        /// As in `403 Forbidden`.
        status: String,
        /// By name, in lower case.
        headers: BTreeMap<String, String>,
        /// The body.
        body: String,
    },
}

impl Answer {
    /// Whether there was one.
    #[must_use]
    pub fn is_some(&self) -> bool {
        matches!(self, Self::Some { .. })
    }
}

/// The answers of a scenario, by the names of its steps, in their order.
///
/// As text they are what is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(pub Vec<(String, Answer)>);

impl Answers {
    /// The names of the steps, and of the events that were delivered.
    pub(super) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(step, _)| step.as_str())
    }

    /// The answer to a step.
    pub(super) fn to(&self, step: &str) -> &Answer {
        let mut answers = self.0.iter();
        let found = answers.find(|(of, _)| of == step);
        found.map_or(&Answer::None, |(_, answer)| answer)
    }

    /// Reads what the client wrote. What was delivered becomes an answer each.
    ///
    /// Identifiers are named after the step in which they appear first, ports are words. A deadline becomes
    /// the time that it must lie within, a `Date` and a `Content-Length` vanish, if they are right.
    pub(super) fn read<'l>(scenario: &Scenario, lines: impl Iterator<Item = &'l str>) -> Self {
        let told: BTreeMap<String, Value> = lines
            .filter_map(|line| {
                let told: Value = serde_json::from_str(line.strip_prefix("answer: ")?).ok()?;
                Some((told["step"].as_str()?.to_owned(), told))
            })
            .collect();
        let mut run = Run::of(scenario);
        let answers = scenario.requests().flat_map(|(step, _)| {
            let Some(told) = told.get(step) else {
                return vec![(step.to_owned(), Answer::None)];
            };
            match told["events"].as_array() {
                None => vec![(step.to_owned(), run.read(step, told))],
                Some(events) => run.read_delivered(step, told, events),
            }
        });
        Self(answers.collect())
    }

    /// Reads what was recorded; the line that is not understood otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let blocks = text.split("## ").skip(1);
        blocks.map(parse).collect::<Result<_, _>>().map(Self)
    }
}

/// What differs from one run to the next, and what is made of it.
struct Run {
    /// The function's timeout, in milliseconds.
    timeout: u64,
    /// What the scenario itself names stays as it is.
    fixed: String,
    /// What identifiers are called: not numbers in their order, so that one that is missing does not
    /// change all that follow.
    names: BTreeMap<String, String>,
}

impl Run {
    fn of(scenario: &Scenario) -> Self {
        Self {
            timeout: scenario.timeout().as_secs() * 1000,
            fixed: scenario.script.to_string().to_lowercase(),
            names: BTreeMap::new(),
        }
    }

    /// The way in which telemetry was delivered, and its events.
    fn read_delivered(
        &mut self,
        step: &str,
        told: &Value,
        events: &[Value],
    ) -> Vec<(String, Answer)> {
        let (events, order) = events::read(events);
        let mut delivery = self.read(step, told);
        if let Answer::Some { body, .. } = &mut delivery {
            *body = order;
        }
        let mut answers = vec![(step.to_owned(), delivery)];
        for events::Event { name, text } in events {
            let answer = Answer::Some {
                status: "delivered".to_owned(),
                headers: BTreeMap::new(),
                body: self.named_after(step, &text),
            };
            answers.push((format!("{step}{}{name}", events::OF), answer));
        }
        answers
    }

    fn read(&mut self, step: &str, told: &Value) -> Answer {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let at = told["at"].as_u64().unwrap_or_default();
        let ports = told["ports"].as_object();
        let ports: Vec<_> = ports.into_iter().flatten().collect();
        let unported = |text: &str| {
            ports.iter().fold(text.to_owned(), |text, (word, port)| {
                let port = port.as_str().unwrap_or_default();
                text.replace(&format!(":{port}"), &format!(":{{{word}}}"))
            })
        };
        let mut headers = BTreeMap::new();
        for header in told["headers"].as_array().into_iter().flatten() {
            let name = text(&header[0]).to_lowercase();
            let mut value = unported(&self.named_after(step, &text(&header[1])));
            if name == "lambda-runtime-deadline-ms" {
                value = ahead(&value, at, self.timeout);
            }
            headers
                .entry(name)
                .and_modify(|known| *known = format!("{known}, {value}"))
                .or_insert(value);
        }
        let body = text(&told["body"]);
        // A delivery is a request, and has none.
        let delivered = told["events"].is_array();
        unless(&mut headers, "date", |date| match date {
            Some(date) => date.ends_with(" GMT"),
            None => delivered,
        });
        unless(&mut headers, "content-length", |length| match length {
            Some(length) => length == body.len().to_string(),
            None => body.is_empty(),
        });
        let body = unported(&self.named_after(step, &self.bounded(&body, at)));
        Answer::Some {
            status: text(&told["status"]),
            headers,
            body,
        }
    }

    /// The body of an event with the time that its deadline lies within, instead of the deadline.
    fn bounded(&self, body: &str, at: u64) -> String {
        let limit = if body.contains("\"SHUTDOWN\"") {
            SHUTDOWN
        } else {
            self.timeout
        };
        events::numbers(body, "deadlineMs", |deadline| {
            format!("\"{}\"", ahead(deadline, at, limit))
        })
    }

    fn named_after(&mut self, step: &str, text: &str) -> String {
        let mut named = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let word = rest.get(..IDENTIFIER);
            if let Some(word) = word.filter(|word| is_uuid(word) && !self.fixed.contains(*word)) {
                named += self.name(step, word);
                rest = &rest[IDENTIFIER..];
            } else {
                named.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        named
    }

    fn name(&mut self, step: &str, identifier: &str) -> &str {
        let begin = format!("{{{step} #");
        let of_step = self.names.values().filter(|name| name.starts_with(&begin));
        let number = of_step.count() + 1;
        self.names
            .entry(identifier.to_owned())
            .or_insert_with(|| format!("{begin}{number}}}"))
    }
}

/// How far a deadline is ahead.
fn ahead(deadline: &str, at: u64, limit: u64) -> String {
    let deadline = deadline.parse().ok();
    match deadline.and_then(|deadline: u64| deadline.checked_sub(at)) {
        Some(ahead) if ahead <= limit => format!("within {limit} ms"),
        _ => format!("not within {limit} ms"),
    }
}

/// Leaves a header out, unless it is wrong.
fn unless(
    headers: &mut BTreeMap<String, String>,
    name: &str,
    right: impl Fn(Option<&str>) -> bool,
) {
    let value = headers.remove(name);
    if !right(value.as_deref()) {
        let value = value.unwrap_or_else(|| "(none)".to_owned());
        headers.insert(name.to_owned(), value);
    }
}

/// A random UUID, in lower case.
fn is_uuid(word: &str) -> bool {
    word.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    })
}

impl fmt::Display for Answers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (step, answer)) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            writeln!(formatter, "## {step}\n{answer}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Some {
            status,
            headers,
            body,
        } = self
        else {
            return formatter.write_str("(no answer)");
        };
        formatter.write_str(status)?;
        for (name, value) in headers {
            write!(formatter, "\n{name}: {value}")?;
        }
        if !body.is_empty() {
            write!(formatter, "\n\n{}", body.replace('\n', "↵"))?;
        }
        Ok(())
    }
}

fn parse(block: &str) -> Result<(String, Answer), String> {
    let (step, answer) = block.split_once('\n').ok_or(block)?;
    let (head, body) = answer
        .trim_end_matches('\n')
        .split_once("\n\n")
        .unwrap_or((answer.trim_end_matches('\n'), ""));
    let mut head = head.lines();
    let status = head.next().unwrap_or_default();
    if status == "(no answer)" {
        return Ok((step.to_owned(), Answer::None));
    }
    let headers = head.map(|line| {
        let (name, value) = line.split_once(": ").ok_or(line)?;
        Ok((name.to_owned(), value.to_owned()))
    });
    Ok((
        step.to_owned(),
        Answer::Some {
            status: status.to_owned(),
            headers: headers.collect::<Result<_, &str>>()?,
            body: body.replace('↵', "\n"),
        },
    ))
}
