//! What is allowed: the one file of bounds.

use std::fmt::Write as _;

use super::Figure;

/// The bounds, as they are kept: a line for each, of the subject, what was counted when the bound was
/// set, the bound, and the name.
#[derive(Debug)]
pub struct Table(Vec<Bound>);

#[derive(Debug)]
struct Bound {
    subject: String,
    name: String,
    before: u64,
    most: u64,
}

/// What comes of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every figure beside its bound.
    pub shown: String,
    /// A line for each that is broken, or missing on either side.
    pub broken: Vec<String>,
}

impl Table {
    /// Reads the bounds.
    ///
    /// # Errors
    /// A line is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let bounds = lines.map(|line| Bound::read(line).ok_or_else(|| format!("no bound: {line}")));
        bounds.collect::<Result<_, _>>().map(Self)
    }

    /// The bounds that these figures would get.
    #[must_use]
    pub fn write(figures: &[Figure]) -> String {
        let mut text = "# What was counted when the bound was set, and the bound.\n".to_owned();
        for figure in figures {
            let Figure {
                subject,
                name,
                counted,
            } = figure;
            let most = figure.bound();
            let _ = writeln!(text, "{subject:<15} {counted:>9} {most:>9} {name}");
        }
        text
    }

    /// Compares.
    #[must_use]
    pub fn compare(&self, figures: &[Figure]) -> Verdict {
        let (mut shown, mut broken) = (String::new(), Vec::new());
        let _ = writeln!(shown, "{:<15} {:>9} {:>9}", "", "counted", "at most");
        for figure in figures {
            let Figure {
                subject,
                name,
                counted,
            } = figure;
            let is_its = |bound: &&Bound| bound.subject == *subject && bound.name == *name;
            let Some(Bound { before, most, .. }) = self.0.iter().find(is_its) else {
                broken.push(format!("{subject}: {name} has no bound"));
                continue;
            };
            let mark = if counted > most { " <- broken" } else { "" };
            let _ = writeln!(shown, "{subject:<15} {counted:>9} {most:>9} {name}{mark}");
            if counted > most {
                broken.push(format!(
                    "{subject}: {name}: {counted}, where at most {most} are allowed, and {before} were \
                     counted before"
                ));
            }
        }
        for Bound { subject, name, .. } in &self.0 {
            let is_counted = |figure: &Figure| figure.subject == subject && figure.name == name;
            if !figures.iter().any(is_counted) {
                broken.push(format!("{subject}: {name} was not counted"));
            }
        }
        Verdict { shown, broken }
    }
}

impl Bound {
    fn read(line: &str) -> Option<Self> {
        let (subject, rest) = line.split_once(' ')?;
        let (before, rest) = rest.trim_start().split_once(' ')?;
        let (most, name) = rest.trim_start().split_once(' ')?;
        Some(Self {
            subject: subject.to_owned(),
            name: name.to_owned(),
            before: before.parse().ok()?,
            most: most.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &'static str, counted: u64) -> Figure {
        Figure {
            subject: "noop",
            name,
            counted,
        }
    }

    fn table() -> Table {
        let text = Table::write(&[
            figure("crates", 76),
            figure("instructions per event", 50_000),
        ]);
        Table::read(&text).expect("what was written can be read")
    }

    #[test]
    fn what_is_within_its_bound_is_shown_beside_it() {
        let figures = [
            figure("crates", 77),
            figure("instructions per event", 52_000),
        ];
        let verdict = table().compare(&figures);
        assert_eq!(verdict.broken, [""; 0]);
        assert!(
            verdict.shown.contains("77        77 crates"),
            "{}",
            verdict.shown
        );
    }

    #[test]
    fn what_is_above_it_is_told_with_the_old_figure_and_the_new() {
        let figures = [
            figure("crates", 76),
            figure("instructions per event", 61_431),
        ];
        let verdict = table().compare(&figures);
        let line = "noop: instructions per event: 61431, where at most 52000 are allowed, and 50000 were counted before";
        assert_eq!(verdict.broken, [line]);
        assert!(
            verdict.shown.contains("per event <- broken"),
            "{}",
            verdict.shown
        );
    }

    #[test]
    fn neither_side_is_without_the_other() {
        let verdict = table().compare(&[figure("crates", 1), figure("threads", 1)]);
        let lines = [
            "noop: threads has no bound",
            "noop: instructions per event was not counted",
        ];
        assert_eq!(verdict.broken, lines);
    }

    #[test]
    fn what_is_no_bound_is_no_table() {
        assert!(Table::read("noop 1 many crates").is_err());
        assert!(Table::read("# nothing but a comment").is_ok());
    }
}
