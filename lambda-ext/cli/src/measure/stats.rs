//! What can be said about samples that are noisy, without assuming how the noise is distributed.

/// With a smaller chance of being an accident, a difference counts as one. Not the usual 5 %:
/// a report has a dozen rows, and each is another chance.
const ACCIDENT: f64 = 0.01;

/// The value below which that part of the samples lies, between its neighbours in proportion;
/// none without samples.
pub(crate) fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = to_f64(sorted.len().checked_sub(1)?) * part;
    let below = to_index(at.floor());
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    Some(low + (high - low) * (at - at.floor()))
}

/// The middle; none without samples.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The middle half of the samples, as a part of the median.
pub(crate) fn spread(samples: &[f64]) -> Option<f64> {
    let middle = median(samples)?;
    let half = quantile(samples, 0.75)? - quantile(samples, 0.25)?;
    if same(half, 0.0) {
        return Some(0.0);
    }
    ratio(half, middle)
}

/// How the median of one half of the starts compares with the other's, as a ratio to 1: the same
/// subject twice, so that what is not 1 is noise. None with fewer than four starts.
///
/// The halves take turns by two, so that drift is in both, and, in a comparison, the going first
/// and the going second too.
pub(crate) fn between_halves(by_start: &[f64]) -> Option<f64> {
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

/// Whether two subjects differ, by more than noise: their starts are compared pair by pair.
///
/// Where nothing varies from start to start, every difference is one. Otherwise it takes a sign
/// test, which fewer than eight pairs cannot pass, and a ratio farther from 1 than the halves of
/// either subject are from each other.
pub(crate) fn differ(one: &[f64], other: &[f64]) -> bool {
    let constant = |samples: &[f64]| {
        samples.len() > 1 && samples.windows(2).all(|pair| same(pair[0], pair[1]))
    };
    let (Some(a), Some(b)) = (median(one), median(other)) else {
        return false;
    };
    if constant(one) && constant(other) {
        return !same(a, b);
    }
    let distance = |ratio: f64| ratio.ln().abs();
    let (Some(found), Some(noise_of_one), Some(noise_of_other)) = (
        ratio(a, b).map(distance),
        between_halves(one).map(distance),
        between_halves(other).map(distance),
    ) else {
        return false;
    };
    found > noise_of_one.max(noise_of_other) && accident(one, other) < ACCIDENT
}

/// The chance that so many pairs lean to one side, if both sides are alike. Equal pairs say
/// nothing.
fn accident(one: &[f64], other: &[f64]) -> f64 {
    let pairs = || one.iter().zip(other);
    let less = pairs().filter(|(a, b)| a < b).count();
    let more = pairs().filter(|(a, b)| a > b).count();
    let all = less + more;
    // The sum of the binomial's tail, from its end: each term from the one before.
    let mut term = 0.5_f64.powf(to_f64(all));
    let mut tail = 0.0;
    for number in 0..=less.min(more) {
        tail += term;
        term *= to_f64(all - number) / to_f64(number + 1);
    }
    (2.0 * tail).min(1.0)
}

/// One by the other, where that is a number.
pub(crate) fn ratio(one: f64, other: f64) -> Option<f64> {
    if same(one, other) {
        return Some(1.0);
    }
    Some(one / other).filter(|ratio| ratio.is_finite())
}

fn same(one: f64, other: f64) -> bool {
    one.total_cmp(&other).is_eq()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody has 2^52 samples, or that many bytes"
)]
pub(crate) const fn to_f64(number: usize) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is a whole number below the samples' count"
)]
const fn to_index(whole: f64) -> usize {
    whole as usize
}

#[cfg(test)]
mod tests {
    use super::{accident, between_halves, differ, median, quantile, spread};

    /// A subject that varies by some percent, from a start to the next, around `middle`.
    fn noisy(middle: f64, starts: u32) -> Vec<f64> {
        let percent = [0.0, 3.0, -2.0, 1.0, -3.0, 2.0, -1.0];
        let deviations = percent.iter().cycle().take(starts as usize);
        deviations.map(|by| middle * (1.0 + by / 100.0)).collect()
    }

    #[test]
    fn quantiles_lie_between_the_samples() {
        let samples = [40.0, 10.0, 20.0, 30.0];
        assert_eq!(quantile(&samples, 0.0), Some(10.0));
        assert_eq!(median(&samples), Some(25.0));
        assert_eq!(quantile(&samples, 0.9), Some(37.0));
        assert_eq!(quantile(&samples, 1.0), Some(40.0));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_spread_is_that_of_the_middle_half() {
        assert_eq!(spread(&[10.0, 20.0, 30.0, 40.0, 50.0]), Some(20.0 / 30.0));
        assert_eq!(spread(&[5.0, 5.0]), Some(0.0));
        assert_eq!(spread(&[0.0, 0.0]), Some(0.0));
    }

    #[test]
    fn the_halves_of_a_run_take_turns_by_two() {
        let by_start = [10.0, 10.0, 20.0, 20.0, 10.0, 10.0];
        assert_eq!(between_halves(&by_start), Some(0.5));
        assert_eq!(between_halves(&by_start[..3]), None);
    }

    #[test]
    fn a_steady_difference_counts() {
        assert!(differ(&noisy(100.0, 20), &noisy(110.0, 20)));
        assert!(differ(&noisy(110.0, 20), &noisy(100.0, 20)));
    }

    #[test]
    fn noise_does_not_count() {
        let one = noisy(100.0, 20);
        let other: Vec<_> = one.iter().rev().copied().collect();
        assert!(!differ(&one, &other));
        assert!(!differ(&one, &one));
    }

    #[test]
    fn a_difference_smaller_than_that_of_the_halves_does_not_count() {
        let one = [100.0, 100.0, 120.0, 120.0].repeat(5);
        let other: Vec<_> = one.iter().map(|value| value * 1.05).collect();
        assert!(accident(&one, &other) < 0.001, "every pair leans that way");
        assert!(!differ(&one, &other));
    }

    #[test]
    fn few_starts_prove_nothing_unless_nothing_varies() {
        assert!(!differ(&noisy(100.0, 7), &noisy(200.0, 7)));
        assert!(differ(&noisy(100.0, 8), &noisy(200.0, 8)));
        assert!(differ(&[1.0, 1.0], &[3.0, 3.0]));
        assert!(
            !differ(&[1.0], &[3.0]),
            "one start does not show what varies"
        );
        assert!(!differ(&[1.0, 1.0], &[1.0, 1.0]));
    }

    #[test]
    fn the_chance_of_an_accident_is_the_binomials() {
        let (less, more) = ([1.0; 8], [2.0; 8]);
        assert!((accident(&less, &more) - 2.0 / 256.0).abs() < 1e-12);
        let mixed = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0];
        assert!((accident(&mixed, &more) - 18.0 / 256.0).abs() < 1e-12);
        assert!((accident(&less, &less) - 1.0).abs() < 1e-12);
    }
}
