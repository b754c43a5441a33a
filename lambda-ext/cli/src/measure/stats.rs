//! Statistics of noisy samples that assume no distribution.

/// The significance level of the sign test. Not the usual 5 %: a report has a dozen rows, and each
/// is another chance of a false positive.
const SIGNIFICANCE: f64 = 0.01;

/// A quantile of the samples, with linear interpolation; none without samples.
pub(crate) fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = to_f64(sorted.len().checked_sub(1)?) * part;
    let below = to_index(at.floor());
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    Some(low + (high - low) * (at - at.floor()))
}

/// The median; none without samples.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The interquartile range, relative to the median.
pub(crate) fn spread(samples: &[f64]) -> Option<f64> {
    let range = quantile(samples, 0.75)? - quantile(samples, 0.25)?;
    if equal(range, 0.0) {
        return Some(0.0);
    }
    ratio(range, median(samples)?)
}

/// An A/A comparison: the ratio of the medians of two halves of the starts. Both halves are of the
/// same subject, so any deviation from 1 is noise. None with fewer than four starts.
///
/// The halves alternate in pairs of starts. So drift affects both alike, and in a comparison each
/// half has as many starts before the other subject's as after it.
pub(crate) fn split_half_ratio(by_start: &[f64]) -> Option<f64> {
    let half = |which: usize| -> Vec<f64> {
        let numbered = by_start.iter().enumerate();
        numbered
            .filter(|(number, _)| number / 2 % 2 == which)
            .map(|(_, value)| *value)
            .collect()
    };
    if by_start.len() < 4 {
        return None;
    }
    ratio(median(&half(0))?, median(&half(1))?)
}

/// Tests that two subjects differ by more than noise. Their starts are compared in pairs.
///
/// If no value varies from start to start, every difference is significant. Otherwise, the
/// difference has to pass a sign test, which needs at least eight pairs, and has to exceed the A/A
/// differences of both subjects.
pub(crate) fn differ_significantly(one: &[f64], other: &[f64]) -> bool {
    let constant = |samples: &[f64]| {
        samples.len() > 1 && samples.windows(2).all(|pair| equal(pair[0], pair[1]))
    };
    let (Some(a), Some(b)) = (median(one), median(other)) else {
        return false;
    };
    if constant(one) && constant(other) {
        return !equal(a, b);
    }
    let distance = |ratio: f64| ratio.ln().abs();
    let (Some(found), Some(noise_of_one), Some(noise_of_other)) = (
        ratio(a, b).map(distance),
        split_half_ratio(one).map(distance),
        split_half_ratio(other).map(distance),
    ) else {
        return false;
    };
    found > noise_of_one.max(noise_of_other) && sign_test_p_value(one, other) < SIGNIFICANCE
}

/// The two-sided p-value of the sign test: the probability that at least as many pairs lean to one
/// side by chance. Equal pairs are ignored.
fn sign_test_p_value(one: &[f64], other: &[f64]) -> f64 {
    let pairs = || one.iter().zip(other);
    let less = pairs().filter(|(a, b)| a < b).count();
    let more = pairs().filter(|(a, b)| a > b).count();
    let all = less + more;
    // The tail of the binomial distribution from its end: each term follows from the previous.
    let mut term = 0.5_f64.powf(to_f64(all));
    let mut tail = 0.0;
    for number in 0..=less.min(more) {
        tail += term;
        term *= to_f64(all - number) / to_f64(number + 1);
    }
    (2.0 * tail).min(1.0)
}

/// The ratio of two numbers; none if it is not finite.
pub(crate) fn ratio(one: f64, other: f64) -> Option<f64> {
    if equal(one, other) {
        return Some(1.0);
    }
    Some(one / other).filter(|ratio| ratio.is_finite())
}

fn equal(one: f64, other: f64) -> bool {
    one.total_cmp(&other).is_eq()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no count or size here reaches 2^52"
)]
pub(crate) const fn to_f64(number: usize) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number below the number of samples"
)]
const fn to_index(whole: f64) -> usize {
    whole as usize
}

#[cfg(test)]
mod tests {
    use super::{
        differ_significantly, median, quantile, sign_test_p_value, split_half_ratio, spread,
    };

    /// Starts that vary by up to 3 % around `median`.
    fn noisy(median: f64, starts: u32) -> Vec<f64> {
        let percent = [0.0, 3.0, -2.0, 1.0, -3.0, 2.0, -1.0];
        let deviations = percent.iter().cycle().take(starts as usize);
        deviations.map(|by| median * (1.0 + by / 100.0)).collect()
    }

    #[test]
    fn quantile_interpolates_between_samples() {
        let samples = [40.0, 10.0, 20.0, 30.0];
        assert_eq!(quantile(&samples, 0.0), Some(10.0));
        assert_eq!(median(&samples), Some(25.0));
        assert_eq!(quantile(&samples, 0.9), Some(37.0));
        assert_eq!(quantile(&samples, 1.0), Some(40.0));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn spread_is_relative_interquartile_range() {
        assert_eq!(spread(&[10.0, 20.0, 30.0, 40.0, 50.0]), Some(20.0 / 30.0));
        assert_eq!(spread(&[5.0, 5.0]), Some(0.0));
        assert_eq!(spread(&[0.0, 0.0]), Some(0.0));
    }

    #[test]
    fn split_halves_alternate_in_pairs() {
        let by_start = [10.0, 10.0, 20.0, 20.0, 10.0, 10.0];
        assert_eq!(split_half_ratio(&by_start), Some(0.5));
        assert_eq!(split_half_ratio(&by_start[..3]), None);
    }

    #[test]
    fn consistent_difference_is_significant() {
        assert!(differ_significantly(&noisy(100.0, 20), &noisy(110.0, 20)));
        assert!(differ_significantly(&noisy(110.0, 20), &noisy(100.0, 20)));
    }

    #[test]
    fn noise_is_not_significant() {
        let one = noisy(100.0, 20);
        let other: Vec<_> = one.iter().rev().copied().collect();
        assert!(!differ_significantly(&one, &other));
        assert!(!differ_significantly(&one, &one));
    }

    #[test]
    fn difference_below_split_half_difference_is_not_significant() {
        let one = [100.0, 100.0, 120.0, 120.0].repeat(5);
        let other: Vec<_> = one.iter().map(|value| value * 1.05).collect();
        assert!(
            sign_test_p_value(&one, &other) < 0.001,
            "every pair leans that way"
        );
        assert!(!differ_significantly(&one, &other));
    }

    #[test]
    fn few_starts_are_significant_only_if_constant() {
        assert!(!differ_significantly(&noisy(100.0, 7), &noisy(200.0, 7)));
        assert!(differ_significantly(&noisy(100.0, 8), &noisy(200.0, 8)));
        assert!(differ_significantly(&[1.0, 1.0], &[3.0, 3.0]));
        assert!(
            !differ_significantly(&[1.0], &[3.0]),
            "one start does not show variation"
        );
        assert!(!differ_significantly(&[1.0, 1.0], &[1.0, 1.0]));
    }

    #[test]
    fn p_value_is_binomial_tail() {
        let (less, more) = ([1.0; 8], [2.0; 8]);
        assert!((sign_test_p_value(&less, &more) - 2.0 / 256.0).abs() < 1e-12);
        let mixed = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0];
        assert!((sign_test_p_value(&mixed, &more) - 18.0 / 256.0).abs() < 1e-12);
        assert!((sign_test_p_value(&less, &less) - 1.0).abs() < 1e-12);
    }
}
