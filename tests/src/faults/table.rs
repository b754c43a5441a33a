//! All cells, to be read: as a table, and one after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{FAULTS, Outcome, STEPS};

/// Of one fault, in the order of the steps: how many calls were made, and what came of it.
pub type Row = [(usize, Outcome); STEPS.len()];

/// Each cell on a line of its own, which is what is pinned.
#[must_use]
pub fn cells(rows: &[Row]) -> String {
    let mut text = String::new();
    for (fault, row) in FAULTS.iter().zip(rows) {
        let _ = writeln!(text, "{}", fault.name);
        for (step, (calls, outcome)) in STEPS.iter().zip(row) {
            let _ = writeln!(text, "    {:<12}{calls} calls, {outcome}", step.name);
        }
    }
    text
}

/// The faults by the steps, what the numbers stand for, and how often there is what.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut legend: Vec<String> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = format!("\n{:<25}", "");
    for step in STEPS {
        let _ = write!(text, "{:<15}", step.name);
    }
    for (fault, row) in FAULTS.iter().zip(rows) {
        let _ = write!(text, "\n{:<25}", fault.name);
        for (_, outcome) in row {
            *counts.entry(outcome.kind()).or_default() += 1;
            let _ = write!(text, "{:<15}", short(outcome, &mut legend));
        }
    }
    text += "\n\n";
    for (index, detail) in legend.iter().enumerate() {
        let _ = writeln!(text, "{:>4} {detail}", format!("({})", index + 1));
    }
    let _ = write!(text, "\n{} cells", rows.len() * STEPS.len());
    for (kind, count) in counts {
        let _ = write!(text, ", {count} {kind}");
    }
    text + "\n"
}

/// The kind, with the number that what was said has in the legend.
fn short(outcome: &Outcome, legend: &mut Vec<String>) -> String {
    let (kind, detail) = (outcome.kind(), outcome.detail());
    if detail.is_empty() {
        return kind;
    }
    let known = legend.iter().position(|known| *known == detail);
    let index = known.unwrap_or_else(|| {
        legend.push(detail);
        legend.len() - 1
    });
    format!("{kind} ({})", index + 1)
}
