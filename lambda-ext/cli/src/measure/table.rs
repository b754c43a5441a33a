//! The report as tables to read.

use std::fmt;

use super::metric::{Metric, Unit};
use super::report::{Distribution, Measured, Ratio, Report};

/// As wide as the longest of a row's names.
const NAME: usize = 35;
const NUMBER: usize = 9;

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (starts, invokes) = (self.starts, self.invokes);
        if let [one, other] = self.subjects.as_slice() {
            self.comparison(formatter, one, other)?;
        }
        for subject in &self.subjects {
            writeln!(
                formatter,
                "{}: {starts} starts, 1 + {invokes} invocations each\n{subject}",
                subject.target
            )?;
        }
        formatter.write_str(
            "Times are the emulator's and have its own part in them, which a trivial extension \
             shows;\n`exec` is the moment before the process is made.\n\
             spread: the middle half of the samples, by the median.\n\
             A/A: one half of the starts by the other half, which is noise.\n",
        )?;
        if self.subjects.len() > 1 {
            formatter.write_str(
                "within the noise: no farther apart than A/A, or not to the same side in enough \
                 pairs of starts\n(sign test, 1 %).\n",
            )?;
        }
        if !self.emulator_optimised {
            formatter.write_str(
                "This `lambda-ext` is built without optimisations, so its own part is large.\n",
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn comparison(
        &self,
        formatter: &mut fmt::Formatter<'_>,
        one: &Measured,
        other: &Measured,
    ) -> fmt::Result {
        let (first, second) = names(&one.target, &other.target);
        writeln!(formatter, "{first} by {second}, medians, starts in turns")?;
        let width = NUMBER
            .max(first.chars().count())
            .max(second.chars().count());
        writeln!(
            formatter,
            "{:NAME$}  {first:>width$}  {second:>width$}  ratio",
            ""
        )?;
        for (
            metric,
            Ratio {
                ratio,
                within_noise,
            },
        ) in &self.ratios
        {
            let (Some(a), Some(b)) = (one.metrics.get(metric), other.metrics.get(metric)) else {
                continue;
            };
            let ratio = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
            let exact = is_constant(a) && is_constant(b);
            let mark = match (within_noise, exact) {
                (false, _) => "",
                (true, true) => "  the same",
                (true, false) => "  within the noise",
            };
            writeln!(
                formatter,
                "{}  {:>width$}  {:>width$}  {ratio:>5}{mark}",
                Name(*metric),
                number(a.median, a.unit),
                number(b.median, b.unit),
            )?;
        }
        writeln!(formatter)
    }
}

/// What the columns are called: what was asked for, with as many of the folders that it is in as
/// tell the two apart.
fn names(one: &str, other: &str) -> (String, String) {
    let tail = |target: &str, parts: usize| {
        let mut tail: Vec<_> = target.rsplit('/').take(parts).collect();
        tail.reverse();
        tail.join("/")
    };
    let most = one.split('/').count().max(other.split('/').count());
    let pair = |parts| (tail(one, parts), tail(other, parts));
    let apart = (1..=most).map(pair).find(|(one, other)| one != other);
    apart.unwrap_or_else(|| (tail(one, 1), tail(other, 1) + " again"))
}

fn is_constant(distribution: &Distribution) -> bool {
    distribution.min.total_cmp(&distribution.max).is_eq()
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:NAME$}", "")?;
        for column in ["min", "median", "p90", "p99", "max", "spread", "A/A"] {
            write!(formatter, "  {column:>NUMBER$}")?;
        }
        writeln!(formatter)?;
        for (metric, found) in &self.metrics {
            write!(formatter, "{}", Name(*metric))?;
            if found.samples.len() > 1 {
                for value in [found.min, found.median, found.p90, found.p99, found.max] {
                    write!(formatter, "  {:>NUMBER$}", number(value, found.unit))?;
                }
                let spread = found.spread.map_or_else(String::new, percent);
                let a_a = found
                    .a_a
                    .map_or_else(String::new, |a_a| signed_percent(a_a - 1.0));
                writeln!(formatter, "  {spread:>NUMBER$}  {a_a:>NUMBER$}")?;
            } else {
                let value = number(found.median, found.unit);
                writeln!(formatter, "  {:NUMBER$}  {value:>NUMBER$}", "")?;
            }
        }
        for (metric, why) in &self.left_out {
            writeln!(formatter, "{}  left out: {why}", Name(*metric))?;
        }
        Ok(())
    }
}

/// A row's name with its unit.
struct Name(Metric);

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, unit) = (self.0.label(), self.0.unit().as_str());
        let width = NAME - unit.chars().count();
        write!(formatter, "{label:width$}{unit}")
    }
}

/// With as many digits as can mean something.
fn number(value: f64, unit: Unit) -> String {
    let whole = unit != Unit::Microseconds && value.fract().abs() < f64::EPSILON;
    if value < 100.0 && !whole {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 && (digits.len() - number) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

fn signed_percent(part: f64) -> String {
    format!("{:+.1} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{Metric, NAME, Unit, names, number};

    #[test]
    fn columns_are_called_by_what_tells_the_targets_apart() {
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
    fn numbers_have_as_many_digits_as_mean_something() {
        assert_eq!(number(1_234_567.8, Unit::Microseconds), "1,234,568");
        assert_eq!(number(123.45, Unit::Microseconds), "123");
        assert_eq!(number(45.67, Unit::Microseconds), "45.7");
        assert_eq!(number(1.0, Unit::Count), "1");
        assert_eq!(number(1.5, Unit::Count), "1.5");
    }

    #[test]
    fn every_name_fits_its_column() {
        for metric in Metric::ALL {
            let width = metric.label().chars().count() + metric.unit().as_str().chars().count();
            assert!(width < NAME, "{}", metric.label());
        }
    }
}
