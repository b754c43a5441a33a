//! The time scale of the chart.

use std::time::Duration;

/// The width of an omitted part, in units.
const OMITTED_WIDTH: f64 = 12.0;

/// A scale on which a tenth of a millisecond and a minute are both visible: the width between two
/// steps grows with the logarithm of the time between them.
#[derive(Debug)]
pub(super) struct Scale {
    /// Times and their positions in units; both ascend.
    points: Vec<(Duration, f64)>,
}

impl Scale {
    /// Creates a scale for ascending times. Nothing is drawn inside of `omitted`.
    pub(super) fn new(
        times: impl IntoIterator<Item = Duration>,
        omitted: Option<(Duration, Duration)>,
    ) -> Self {
        let mut points: Vec<(Duration, f64)> = Vec::new();
        for time in times {
            if omitted.is_some_and(|(from, to)| time > from && time < to) {
                continue;
            }
            let position = match points.last() {
                None => 0.0,
                Some((previous, _)) if *previous == time => continue,
                Some((previous, position))
                    if omitted.is_some_and(|(from, to)| *previous <= from && time >= to) =>
                {
                    position + OMITTED_WIDTH
                }
                Some((previous, position)) => {
                    let millis = time.saturating_sub(*previous).as_secs_f64() * 1e3;
                    position + 0.2 + millis.ln_1p()
                }
            };
            points.push((time, position));
        }
        Self { points }
    }

    /// The width in units.
    pub(super) fn width(&self) -> f64 {
        self.points
            .last()
            .map_or(1.0, |(_, position)| position.max(1.0))
    }

    /// The position of a time, in percent of the width.
    pub(super) fn percent(&self, time: Duration) -> f64 {
        let after = self.points.partition_point(|(point, _)| *point < time);
        let before = after
            .checked_sub(1)
            .and_then(|before| self.points.get(before));
        let position = match (before, self.points.get(after)) {
            (Some((from, start)), Some((to, end))) => {
                let share = time.saturating_sub(*from).as_secs_f64()
                    / to.saturating_sub(*from).as_secs_f64();
                start + share * (end - start)
            }
            (None, Some((_, position))) | (Some((_, position)), None) => *position,
            (None, None) => 0.0,
        };
        position / self.width() * 100.0
    }

    /// The CSS for an element from one time to another.
    pub(super) fn css(&self, from: Duration, to: Duration) -> String {
        let left = self.percent(from);
        let width = (self.percent(to) - left).max(0.0);
        format!("left:{left:.3}%;width:{width:.3}%")
    }
}

#[cfg(test)]
mod tests {
    use super::{OMITTED_WIDTH, Scale};
    use std::time::Duration;

    #[test]
    fn positions_ascend_and_idle_time_is_short() {
        let millis = Duration::from_millis;
        let scale = Scale::new([0, 1, 2, 60_000].map(millis), None);
        let positions = [0, 1, 2, 30_000, 60_000, 70_000].map(|time| scale.percent(millis(time)));
        assert!(
            positions.windows(2).all(|pair| pair[0] <= pair[1]),
            "{positions:?}"
        );
        assert!((positions[0] - 0.0).abs() < 1e-9 && (positions[4] - 100.0).abs() < 1e-9);
        assert!(positions[2] > 10.0, "{positions:?}");
    }

    #[test]
    fn omitted_part_has_a_fixed_width() {
        let millis = Duration::from_millis;
        let omitted = Some((millis(1), millis(9000)));
        let scale = Scale::new([0, 1, 4000, 9000, 9001].map(millis), omitted);
        let percent = scale.percent(millis(9000)) - scale.percent(millis(1));
        let width = percent * scale.width() / 100.0;
        assert!((width - OMITTED_WIDTH).abs() < 1e-9, "{width}");
    }
}
