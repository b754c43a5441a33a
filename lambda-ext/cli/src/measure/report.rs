//! The report of a measurement, and its form in JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lifecycle::{Samples, Subject};
use super::metric::{Metric, Unit};
use super::stats::{differ_significantly, median, quantile, ratio, split_half_ratio, spread};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) schedule: Schedule,
    /// False if this command is a debug build.
    pub(super) emulator_optimised: bool,
    /// The subject, or the two subjects of a comparison.
    pub(super) subjects: Vec<Measured>,
    /// The ratios of the first subject's medians to the second's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) ratios: BTreeMap<Metric, Ratio>,
}

/// The starts and invocations of a measurement.
#[derive(Debug, Serialize)]
pub(super) struct Schedule {
    /// The number of starts of each subject.
    pub(super) starts: u32,
    /// The number of invocations of each start, after its first.
    pub(super) invokes: u32,
    /// The subjects' indices in the order of their starts.
    pub(super) order: Vec<usize>,
}

/// The results of one subject.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) target: String,
    pub(super) executable: String,
    pub(super) metrics: BTreeMap<Metric, Distribution>,
    /// The metrics that are not available, and the reasons.
    pub(super) unavailable: BTreeMap<Metric, &'static str>,
}

/// The samples of one metric, and their statistics.
#[derive(Debug, Serialize)]
pub(super) struct Distribution {
    pub(super) unit: Unit,
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
    /// The interquartile range, relative to the median.
    pub(super) spread: Option<f64>,
    /// The ratio of the medians of two halves of the starts.
    pub(super) a_a: Option<f64>,
    /// The samples of each start in turn: of `invocation` one for each invocation, of others one.
    pub(super) samples: Vec<f64>,
    /// The median of each start.
    #[serde(skip)]
    by_start: Vec<f64>,
}

/// The comparison of two subjects.
#[derive(Debug, Serialize)]
pub(super) struct Ratio {
    /// None if the second median is 0.
    pub(super) ratio: Option<f64>,
    /// True if the difference is not significant.
    pub(super) within_noise: bool,
}

/// Rounds to 3 decimals: finer than a nanosecond, or a thousandth, has no meaning.
fn round(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

impl Report {
    /// Creates the report from the samples of each start of each subject.
    pub(super) fn new(schedule: Schedule, subjects: &[Subject], samples: &[Vec<Samples>]) -> Self {
        let subjects: Vec<_> = subjects
            .iter()
            .zip(samples)
            .map(|(subject, samples)| Measured::new(subject, samples))
            .collect();
        let ratios = match subjects.as_slice() {
            [one, other] => compare(one, other),
            _ => BTreeMap::new(),
        };
        Self {
            schedule,
            emulator_optimised: !cfg!(debug_assertions),
            subjects,
            ratios,
        }
    }
}

impl Measured {
    fn new(subject: &Subject, starts: &[Samples]) -> Self {
        let (mut metrics, mut unavailable) = (BTreeMap::new(), BTreeMap::new());
        for metric in Metric::ALL {
            match Distribution::new(metric, starts) {
                Some(distribution) => drop(metrics.insert(metric, distribution)),
                None => drop(unavailable.insert(metric, metric.unavailable_reason())),
            }
        }
        Self {
            target: subject.target.clone(),
            executable: subject.executable.display().to_string(),
            metrics,
            unavailable,
        }
    }
}

impl Distribution {
    /// None unless every start has samples, because a part of the starts would not be comparable.
    fn new(metric: Metric, starts: &[Samples]) -> Option<Self> {
        let samples: Vec<&Vec<f64>> = starts
            .iter()
            .map(|start| start.get(&metric))
            .collect::<Option<_>>()?;
        let by_start: Vec<f64> = samples
            .iter()
            .map(|samples| median(samples))
            .collect::<Option<_>>()?;
        let samples: Vec<f64> = samples.into_iter().flatten().copied().collect();
        Some(Self {
            unit: metric.unit(),
            min: round(quantile(&samples, 0.0)?),
            median: round(median(&samples)?),
            p90: round(quantile(&samples, 0.9)?),
            p99: round(quantile(&samples, 0.99)?),
            max: round(quantile(&samples, 1.0)?),
            spread: spread(&samples).map(round),
            a_a: split_half_ratio(&by_start).map(round),
            samples: samples.into_iter().map(round).collect(),
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
        let ratio = Ratio {
            ratio: ratio(one.median, other.median).map(round),
            within_noise: !differ_significantly(&one.by_start, &other.by_start),
        };
        (metric, ratio)
    });
    compared.collect()
}
