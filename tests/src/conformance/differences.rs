//! The list of what differs, and why.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

use super::parts::parts;
use super::{Answer, Answers, Scenario};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/DIFFERENCES.md");

/// What stands where one of the two says nothing.
const NOTHING: &str = "–";

/// The rows of `tests/DIFFERENCES.md`.
#[derive(Debug)]
pub struct Differences(Vec<Row>);

/// One of them, for one of its patterns of requests; `*` stands for anything.
#[derive(Debug)]
struct Row {
    request: String,
    part: String,
    aws: String,
    ours: String,
    /// Whether there was a difference that it allows.
    needed: Cell<bool>,
}

/// A difference that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The scenario and the step, as in `standard/life/first next`.
    pub request: String,
    /// `status`, `header NAME`, `body`, or of a body that is a JSON object `body NAME` for one field,
    /// `body NAME.NAME` for one of an object in it, `order of body`, `order of body NAME` and
    /// `end of body`.
    pub part: String,
    /// What AWS's emulator says.
    pub aws: String,
    /// What ours says.
    pub ours: String,
}

impl Differences {
    /// Reads the list.
    ///
    /// # Panics
    /// It cannot be read, or a row is not understood.
    #[must_use]
    pub fn read() -> Self {
        let text = fs::read_to_string(FILE).expect("the list is in the repository");
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let rows = rows.flat_map(|line| {
            Row::parse(line).unwrap_or_else(|| panic!("not a row of the list: {line}"))
        });
        Self(rows.collect())
    }

    /// What differs in a scenario and is not in the list.
    #[must_use]
    pub fn unlisted(&self, scenario: &Scenario, aws: &Answers, ours: &Answers) -> Vec<Found> {
        let mut found = Vec::new();
        let steps: BTreeSet<_> = [aws, ours].into_iter().flat_map(Answers::steps).collect();
        for step in steps {
            let request = format!("{}/{step}", scenario.name);
            found.extend(differing(&request, aws.to(step), ours.to(step)));
        }
        found.retain(|found| {
            let row = self.0.iter().find(|row| row.allows(found));
            row.inspect(|row| row.needed.set(true)).is_none()
        });
        found
    }

    /// The rows that no difference needed, a line each.
    pub fn unneeded(&self) -> impl Iterator<Item = String> {
        let unneeded = self.0.iter().filter(|row| !row.needed.get());
        unneeded.map(|row| {
            let [request, part, aws, ours] = [&row.request, &row.part, &row.aws, &row.ours];
            format!("| `{request}` | `{part}` | `{aws}` | `{ours}` |\n")
        })
    }
}

impl Row {
    /// Reads a line, whose last cell, the reason, only has to be there.
    fn parse(line: &str) -> Option<Vec<Self>> {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [requests, part, aws, ours, reason] = cells[..] else {
            return None;
        };
        let quoted = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
        let row = |request: &str| {
            Some(Self {
                request: request.to_owned(),
                part: quoted(part)?,
                aws: quoted(aws)?,
                ours: quoted(ours)?,
                needed: Cell::new(false),
            })
        };
        let rows = quoted(requests)?.split("`, `").map(row).collect();
        if reason.is_empty() { None } else { rows }
    }

    fn allows(&self, found: &Found) -> bool {
        matches(&self.request, &found.request)
            && matches(&self.part, &found.part)
            && matches(&self.aws, &found.aws)
            && matches(&self.ours, &found.ours)
    }
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| matches(after, &rest[at..]))
        }),
    }
}

fn differing(request: &str, aws: &Answer, ours: &Answer) -> Vec<Found> {
    let both = aws.is_some() && ours.is_some();
    let (aws, ours) = (parts(aws), parts(ours));
    let names: BTreeSet<_> = aws.keys().chain(ours.keys()).collect();
    let of = |parts: &BTreeMap<String, String>, name: &String| {
        parts.get(name).map_or(NOTHING, String::as_str).to_owned()
    };
    let found = names.into_iter().map(|name| {
        let (aws, ours) = (of(&aws, name), of(&ours, name));
        let (aws, ours) = if name.starts_with("order of ") {
            (among(&aws, &ours), among(&ours, &aws))
        } else {
            (aws, ours)
        };
        Found {
            request: request.to_owned(),
            part: name.clone(),
            aws,
            ours,
        }
    });
    let mut found: Vec<_> = found.filter(|found| found.aws != found.ours).collect();
    // What follows from another difference is none of its own.
    let taken_apart = found
        .iter()
        .any(|found| found.part.starts_with("body ") || found.part.contains(" body"));
    found.retain(|found| match found.part.as_str() {
        "status" => true,
        "body" => both && !taken_apart,
        _ => both,
    });
    found
}

/// Of a list the words that are in the other one, too.
fn among(list: &str, other: &str) -> String {
    let other: Vec<_> = other.split(", ").collect();
    let common = list.split(", ").filter(|word| other.contains(word));
    common.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Found {
    /// As a row of the list, whose reason is missing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request,
            part,
            aws,
            ours,
        } = self;
        write!(
            formatter,
            "| `{request}` | `{part}` | `{aws}` | `{ours}` | |"
        )
    }
}
