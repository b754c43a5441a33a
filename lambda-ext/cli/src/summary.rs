//! What is said at the end.

use std::fmt::Write as _;
use std::time::Duration;

use lambda_ext::emulator::record::Cost;

use crate::run::{Run, Verdict};

/// The least, the middle and the most of some times.
pub(crate) struct Spread {
    pub(crate) least: Duration,
    pub(crate) middle: Duration,
    pub(crate) most: Duration,
}

impl Spread {
    /// That of an extension's overheads; none where it took no invocation.
    pub(crate) fn of(cost: &Cost) -> Option<Self> {
        let mut times: Vec<_> = cost
            .overheads
            .iter()
            .map(|overhead| overhead.time)
            .collect();
        times.sort_unstable();
        Some(Self {
            least: *times.first()?,
            middle: *times.get(times.len() / 2)?,
            most: *times.last()?,
        })
    }
}

/// Paints text for a terminal, or does not.
#[derive(Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    pub(crate) fn with(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A finding's text, which begins with its kind and a colon, and has its help in a line below.
    pub(crate) fn finding(self, text: &str, grave: bool) -> String {
        let code = if grave { "1;31" } else { "1;33" };
        let painted = text.split_once(": ").map(|(kind, rest)| {
            let help = format!("\n  {}", self.with("1;36", "help"));
            format!(
                "{}: {}",
                self.with(code, kind),
                rest.replacen("\n  help", &help, 1)
            )
        });
        painted.unwrap_or_else(|| text.to_owned())
    }
}

/// What the extensions cost, what is to be said about them, and the verdict.
pub(crate) fn write(run: &Run, paint: Paint) -> String {
    let mut text = costs(run, paint);
    for finding in run.remarks().chain(run.mistakes()) {
        let _ = write!(
            text,
            "\n{}\n",
            paint.finding(&finding.to_string(), finding.grave)
        );
    }
    for error in run.failures() {
        let _ = write!(text, "\n{}: {error}\n", paint.with("1;31", "error"));
    }
    if let Some(not_made) = &run.not_made {
        let _ = write!(text, "\n{not_made}\n");
    }
    let code = match run.verdict() {
        Verdict::Behaved => "1;32",
        Verdict::Misbehaved | Verdict::EnvironmentFailed | Verdict::FaultUnmet => "1;31",
        Verdict::Interrupted => "1;33",
    };
    let _ = write!(text, "\n{}\n", paint.with(code, &run.sentence()));
    text
}

/// A table: a row for each extension that was launched.
fn costs(run: &Run, paint: Paint) -> String {
    let costs = run.costs();
    if costs.is_empty() {
        return String::new();
    }
    let time = |time: Option<Duration>| time.map_or("–".to_owned(), milliseconds);
    let mut rows = vec![
        ["", "launch to", "to first", "per invocation", "", "", "at"].map(str::to_owned),
        [
            "extension",
            "register",
            "next",
            "least",
            "median",
            "most",
            "shutdown",
        ]
        .map(str::to_owned),
    ];
    for cost in &costs {
        let spread = Spread::of(cost);
        let of = |pick: fn(&Spread) -> Duration| time(spread.as_ref().map(pick));
        rows.push([
            cost.extension.clone(),
            time(cost.register),
            time(cost.ready),
            of(|spread| spread.least),
            of(|spread| spread.middle),
            of(|spread| spread.most),
            time(cost.shutdown),
        ]);
    }
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter(|row| !(column == 3 && row[0].is_empty()));
        let widths = cells.map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..7).map(width).collect();
    let mut text = String::from("\n");
    for (index, row) in rows.iter().enumerate() {
        let mut line = format!("{:<width$}", row[0], width = widths[0]);
        let mut column = 1;
        while column < row.len() {
            if index == 0 && column == 3 {
                // A heading over three columns.
                let width = widths[3] + widths[4] + widths[5] + 4;
                let _ = write!(line, "  {:>width$}", row[3]);
                column = 6;
                continue;
            }
            let _ = write!(line, "  {:>width$}", row[column], width = widths[column]);
            column += 1;
        }
        let line = match index {
            0 | 1 => paint.with("2", &line),
            _ => line,
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

/// In milliseconds, so that a column of them can be compared.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
