//! The summary at the end of a run: costs, findings, and the verdict.

use std::fmt::Write as _;
use std::time::Duration;

use lambda_ext::emulator::record::{Cost, format_duration};

use super::run_result::{RunResult, Verdict};
use crate::terminal::{ERROR, SUCCESS, WARNING, styled, styled_finding, table};

/// The least, the median and the most of an extension's overheads.
pub(super) struct Spread {
    pub(super) min: Duration,
    pub(super) median: Duration,
    pub(super) max: Duration,
}

impl Spread {
    /// None if the extension took no invocation.
    pub(super) fn of(cost: &Cost) -> Option<Self> {
        let overheads = cost.overheads.iter();
        let mut times: Vec<_> = overheads.map(|overhead| overhead.time).collect();
        times.sort_unstable();
        Some(Self {
            min: *times.first()?,
            median: *times.get(times.len() / 2)?,
            max: *times.last()?,
        })
    }
}

pub(super) fn render(result: &RunResult) -> String {
    let mut text = costs(result);
    let warnings = result.warnings().map(|finding| (finding, WARNING));
    let errors = result.errors().map(|finding| (finding, ERROR));
    for (finding, style) in warnings.chain(errors) {
        let finding = styled_finding(&finding.to_string(), style);
        let _ = writeln!(text, "\n{finding}");
    }
    for error in result.other_errors() {
        let _ = writeln!(text, "\n{}: {error}", styled(ERROR, "error"));
    }
    if let Some(skipped) = &result.skipped {
        let _ = writeln!(text, "\n{skipped}");
    }
    let style = match result.verdict() {
        Verdict::Passed => SUCCESS,
        Verdict::Failed | Verdict::EnvironmentFailed | Verdict::FaultNotTriggered => ERROR,
        Verdict::Interrupted => WARNING,
    };
    let _ = writeln!(text, "\n{}", styled(style, &result.verdict_line()));
    text
}

/// The columns of the table of costs.
pub(super) const COST_COLUMNS: [&str; 7] = [
    "\nextension",
    "launch to\nregister",
    "launch to\nfirst next",
    "overhead\nmin",
    "overhead\nmedian",
    "overhead\nmax",
    "\nshutdown",
];

/// The row of an extension in the table of costs.
pub(super) fn cost_row(cost: &Cost) -> [String; 7] {
    let spread = Spread::of(cost);
    let spread = spread.as_ref();
    let time = |time: Option<Duration>| time.map_or("–".to_owned(), format_duration);
    [
        cost.extension.clone(),
        time(cost.register),
        time(cost.ready),
        time(spread.map(|spread| spread.min)),
        time(spread.map(|spread| spread.median)),
        time(spread.map(|spread| spread.max)),
        time(cost.shutdown),
    ]
}

/// A row for each extension that registered.
fn costs(result: &RunResult) -> String {
    let rows: Vec<_> = result.costs().iter().map(cost_row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(COST_COLUMNS, rows))
}
