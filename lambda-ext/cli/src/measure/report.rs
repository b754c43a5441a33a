//! What a measurement has found, as it is printed and as it is written in JSON.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::life::{Samples, Subject};
use super::metric::{Metric, Unit};
use super::stats::{between_halves, differ, median, quantile, ratio, spread};

/// The whole measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// How often each subject was started.
    pub(crate) starts: u32,
    /// How many invocations each start had, after its first.
    pub(crate) invokes: u32,
    /// Whether the emulator itself was built with optimisations.
    pub(crate) emulator_optimised: bool,
    /// Which subject had its turn when.
    order: Vec<usize>,
    /// One, or the two that are compared.
    pub(crate) subjects: Vec<Measured>,
    /// The first subject's medians by the second's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ratios: BTreeMap<Metric, Ratio>,
}

/// What was found of one subject.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) target: String,
    pub(crate) executable: String,
    pub(crate) metrics: BTreeMap<Metric, Distribution>,
    /// The rows without numbers, and why they have none.
    pub(crate) left_out: BTreeMap<Metric, &'static str>,
}

/// The samples of one row, and what they come to.
#[derive(Debug, Serialize)]
pub(crate) struct Distribution {
    pub(crate) unit: Unit,
    #[serde(serialize_with = "rounded")]
    pub(crate) min: f64,
    #[serde(serialize_with = "rounded")]
    pub(crate) median: f64,
    #[serde(serialize_with = "rounded")]
    pub(crate) p90: f64,
    #[serde(serialize_with = "rounded")]
    pub(crate) p99: f64,
    #[serde(serialize_with = "rounded")]
    pub(crate) max: f64,
    /// The middle half of the samples, as a part of the median.
    #[serde(serialize_with = "rounded")]
    pub(crate) spread: Option<f64>,
    /// One half of the starts by the other.
    #[serde(serialize_with = "rounded")]
    pub(crate) a_a: Option<f64>,
    /// Start by start; of the invocations, as many of each start as it had.
    #[serde(serialize_with = "rounded")]
    pub(crate) samples: Vec<f64>,
    /// The median of each start.
    #[serde(skip)]
    by_start: Vec<f64>,
}

/// How two subjects compare.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    /// None where the other's median is 0.
    #[serde(serialize_with = "rounded")]
    pub(crate) ratio: Option<f64>,
    /// Whether that says nothing.
    pub(crate) within_noise: bool,
}

/// To 3 decimals: what is finer than a nanosecond, or a thousandth part, means nothing.
trait Rounded: Serialize {
    fn rounded(&self) -> Self;
}

impl Rounded for f64 {
    fn rounded(&self) -> Self {
        (self * 1e3).round() / 1e3
    }
}

impl Rounded for Option<f64> {
    fn rounded(&self) -> Self {
        self.map(|number| number.rounded())
    }
}

impl Rounded for Vec<f64> {
    fn rounded(&self) -> Self {
        self.iter().map(Rounded::rounded).collect()
    }
}

fn rounded<S: Serializer>(numbers: &impl Rounded, serializer: S) -> Result<S::Ok, S::Error> {
    numbers.rounded().serialize(serializer)
}

impl Report {
    /// Of the lives of each subject, in the order in which they were lived.
    pub(crate) fn new(
        starts: u32,
        invokes: u32,
        order: Vec<usize>,
        subjects: &[Subject],
        lives: &[Vec<Samples>],
    ) -> Self {
        let subjects: Vec<_> = subjects
            .iter()
            .zip(lives)
            .map(|(subject, lives)| Measured::new(subject, lives))
            .collect();
        let ratios = match subjects.as_slice() {
            [one, other] => compare(one, other),
            _ => BTreeMap::new(),
        };
        Self {
            starts,
            invokes,
            emulator_optimised: !cfg!(debug_assertions),
            order,
            subjects,
            ratios,
        }
    }
}

impl Measured {
    fn new(subject: &Subject, lives: &[Samples]) -> Self {
        let (mut metrics, mut left_out) = (BTreeMap::new(), BTreeMap::new());
        for metric in Metric::ALL {
            match Distribution::new(metric, lives) {
                Some(distribution) => drop(metrics.insert(metric, distribution)),
                None => drop(left_out.insert(metric, metric.want())),
            }
        }
        Self {
            target: subject.target.clone(),
            executable: subject.executable.display().to_string(),
            metrics,
            left_out,
        }
    }
}

impl Distribution {
    /// None unless every life has samples: a part of them would not be what the others are
    /// compared with.
    fn new(metric: Metric, lives: &[Samples]) -> Option<Self> {
        let by_life: Vec<&Vec<f64>> = lives
            .iter()
            .map(|life| life.get(&metric))
            .collect::<Option<_>>()?;
        let by_start: Vec<f64> = by_life
            .iter()
            .map(|samples| median(samples))
            .collect::<Option<_>>()?;
        let samples: Vec<f64> = by_life.into_iter().flatten().copied().collect();
        Some(Self {
            unit: metric.unit(),
            min: quantile(&samples, 0.0)?,
            median: median(&samples)?,
            p90: quantile(&samples, 0.9)?,
            p99: quantile(&samples, 0.99)?,
            max: quantile(&samples, 1.0)?,
            spread: spread(&samples),
            a_a: between_halves(&by_start),
            samples,
            by_start,
        })
    }
}

fn compare(one: &Measured, other: &Measured) -> BTreeMap<Metric, Ratio> {
    let both = one
        .metrics
        .iter()
        .filter_map(|(metric, one)| Some((*metric, one, other.metrics.get(metric)?)));
    let compared = both.map(|(metric, one, other)| {
        let found = Ratio {
            ratio: ratio(one.median, other.median),
            within_noise: !differ(&one.by_start, &other.by_start),
        };
        (metric, found)
    });
    compared.collect()
}
