//! Where on the page a time is.

use std::time::Duration;

/// How wide, in units, what is left out is.
const CUT: f64 = 12.0;

/// A scale on which what takes a tenth of a millisecond and what takes a minute can both be seen:
/// the longer nothing happens, the less is added for it.
#[derive(Debug)]
pub(super) struct Scale {
    /// Times, and where they are; both ascend.
    knots: Vec<(Duration, f64)>,
}

impl Scale {
    /// One for the times at which something happens, which ascend; between `cut.0` and `cut.1`
    /// nothing is drawn.
    pub(super) fn new(
        times: impl IntoIterator<Item = Duration>,
        cut: Option<(Duration, Duration)>,
    ) -> Self {
        let mut knots: Vec<(Duration, f64)> = Vec::new();
        for time in times {
            if cut.is_some_and(|(from, to)| time > from && time < to) {
                continue;
            }
            let place = match knots.last() {
                None => 0.0,
                Some((before, _)) if *before == time => continue,
                Some((before, place))
                    if cut.is_some_and(|(from, to)| *before <= from && time >= to) =>
                {
                    place + CUT
                }
                Some((before, place)) => {
                    let millis = time.saturating_sub(*before).as_secs_f64() * 1e3;
                    place + 0.2 + millis.ln_1p()
                }
            };
            knots.push((time, place));
        }
        Self { knots }
    }

    /// How many units it is wide.
    pub(super) fn width(&self) -> f64 {
        self.knots.last().map_or(1.0, |(_, place)| place.max(1.0))
    }

    /// Where `time` is, in percent.
    pub(super) fn place(&self, time: Duration) -> f64 {
        let after = self.knots.partition_point(|(knot, _)| *knot < time);
        let place = match (
            after
                .checked_sub(1)
                .and_then(|before| self.knots.get(before)),
            self.knots.get(after),
        ) {
            (Some((from, start)), Some((to, end))) => {
                let share = time.saturating_sub(*from).as_secs_f64()
                    / to.saturating_sub(*from).as_secs_f64();
                start + share * (end - start)
            }
            (None, Some((_, place))) | (Some((_, place)), None) => *place,
            (None, None) => 0.0,
        };
        place / self.width() * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use std::time::Duration;

    #[test]
    fn places_ascend_from_left_to_right_and_quiet_is_short() {
        let millis = Duration::from_millis;
        let scale = Scale::new([0, 1, 2, 60_000].map(millis), None);
        let places = [0, 1, 2, 30_000, 60_000, 70_000].map(|time| scale.place(millis(time)));
        assert!(
            places.windows(2).all(|pair| pair[0] <= pair[1]),
            "{places:?}"
        );
        assert!((places[0] - 0.0).abs() < 1e-9 && (places[4] - 100.0).abs() < 1e-9);
        assert!(places[2] > 10.0, "{places:?}");
    }

    #[test]
    fn what_is_cut_has_a_width_of_its_own() {
        let millis = Duration::from_millis;
        let cut = Some((millis(1), millis(9000)));
        let scale = Scale::new([0, 1, 4000, 9000, 9001].map(millis), cut);
        assert!(
            (scale.place(millis(9000)) - scale.place(millis(1))) * scale.width() / 100.0 - 12.0
                < 1e-9
        );
    }
}
