//! The report as tables.

use std::fmt;

use super::metric::Unit;
use super::report::{Distribution, Measured, Report};
use crate::terminal::table;

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (starts, invokes) = (self.schedule.starts, self.schedule.invokes);
        if let [one, other] = self.subjects.as_slice() {
            let (first, second) = names(&one.target, &other.target);
            let rows = self.comparison(one, other);
            writeln!(
                formatter,
                "{first} compared with {second}: medians of alternating starts\n\n{}",
                table(["", &first, &second, "ratio", "difference"], rows)
            )?;
        }
        for subject in &self.subjects {
            let header = ["", "min", "median", "p90", "p99", "max", "spread", "A/A"];
            writeln!(
                formatter,
                "{}: {starts} starts, 1 + {invokes} invocations each\n\n{}",
                subject.target,
                table(header, subject.rows())
            )?;
            for (metric, reason) in &subject.unavailable {
                writeln!(formatter, "{} is not available: {reason}\n", metric.label())?;
            }
        }
        formatter.write_str(
            "Times include the emulator's own part, which a trivial extension shows.\n\
             exec: the moment before the process is created.\n\
             spread: the interquartile range, relative to the median.\n\
             A/A: the deviation of one half of the starts from the other, which is noise.\n",
        )?;
        if self.subjects.len() > 1 {
            formatter.write_str(
                "noise: a difference below A/A, or not significant (sign test, 1 %).\n",
            )?;
        }
        if !self.emulator_optimised {
            formatter.write_str(
                "This `lambda-ext` is a debug build, so its own part of the times is large.\n",
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn comparison(&self, one: &Measured, other: &Measured) -> Vec<[String; 5]> {
        let rows = self.ratios.iter().filter_map(|(metric, comparison)| {
            let (a, b) = (one.metrics.get(metric)?, other.metrics.get(metric)?);
            let ratio = comparison.ratio;
            let difference = match (comparison.within_noise, is_constant(a) && is_constant(b)) {
                (false, _) => "significant",
                (true, true) => "none",
                (true, false) => "noise",
            };
            Some([
                metric.label(),
                number(a.median, a.unit),
                number(b.median, b.unit),
                ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
                difference.to_owned(),
            ])
        });
        rows.collect()
    }
}

impl Measured {
    fn rows(&self) -> Vec<[String; 8]> {
        let rows = self.metrics.iter().map(|(metric, found)| {
            let [min, median, p90, p99, max] =
                [found.min, found.median, found.p90, found.p99, found.max]
                    .map(|value| number(value, found.unit));
            let spread = found
                .spread
                .map(|spread| format!("{:.1} %", spread * 100.0));
            let a_a = found
                .a_a
                .map(|a_a| format!("{:+.1} %", (a_a - 1.0) * 100.0));
            let [spread, a_a] = [spread, a_a].map(Option::unwrap_or_default);
            [metric.label(), min, median, p90, p99, max, spread, a_a]
        });
        rows.collect()
    }
}

/// The names of the columns: the file names of the targets, with as many of their directories as
/// distinguish them.
fn names(one: &str, other: &str) -> (String, String) {
    let tail = |target: &str, parts: usize| {
        let mut tail: Vec<_> = target.rsplit('/').take(parts).collect();
        tail.reverse();
        tail.join("/")
    };
    let most = one.split('/').count().max(other.split('/').count());
    let pair = |parts| (tail(one, parts), tail(other, parts));
    let distinct = (1..=most).map(pair).find(|(one, other)| one != other);
    distinct.unwrap_or_else(|| (tail(one, 1), tail(other, 1) + " again"))
}

fn is_constant(distribution: &Distribution) -> bool {
    distribution.min.total_cmp(&distribution.max).is_eq()
}

/// A number with the digits that are meaningful.
fn number(value: f64, unit: Unit) -> String {
    let is_whole = unit != Unit::Microseconds && value.fract().abs() < f64::EPSILON;
    if value < 100.0 && !is_whole {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{Unit, names, number};

    #[test]
    fn column_names_distinguish_the_targets() {
        for (one, other, columns) in [
            ("hello", "target/debug/floor", ("hello", "floor")),
            ("old/bin/beh", "new/bin/beh", ("old/bin/beh", "new/bin/beh")),
            ("x/old/beh", "x/new/beh", ("old/beh", "new/beh")),
            ("beh", "new/beh", ("beh", "new/beh")),
            ("new/beh", "new/beh", ("beh", "beh again")),
        ] {
            let (first, second) = names(one, other);
            assert_eq!((first.as_str(), second.as_str()), columns);
        }
    }

    #[test]
    fn numbers_have_meaningful_digits() {
        assert_eq!(number(1_234_567.8, Unit::Microseconds), "1,234,568");
        assert_eq!(number(123.45, Unit::Microseconds), "123");
        assert_eq!(number(45.67, Unit::Microseconds), "45.7");
        assert_eq!(number(1.0, Unit::Count), "1");
        assert_eq!(number(1.5, Unit::Count), "1.5");
    }
}
