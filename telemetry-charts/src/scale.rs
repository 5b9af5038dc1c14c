//! The scale of values: where it begins and ends, and the round values at which it is marked.

use telemetry_catalog::panel::Unit;

/// A scale with its marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The value at its low end.
    pub low: f64,
    /// The value at its high end.
    pub high: f64,
    /// From the lowest to the highest.
    pub marks: Vec<f64>,
}

/// Lengths of time that people count in.
const SECONDS: [f64; 22] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    432_000.0,
    864_000.0,
    1_728_000.0,
];

const DAY: f64 = 86_400.0;

/// Beyond this a value is drawn at the edge: no sum or product of such values overflows.
const LARGEST: f64 = 1e300;

impl Scale {
    /// A scale from 0, or from less, to at least the highest value, with up to so many steps.
    #[must_use]
    pub fn of((low, high): (f64, f64), unit: Unit, steps: usize) -> Self {
        let (low, high) = (low.clamp(-LARGEST, 0.0), high.clamp(0.0, LARGEST));
        let high = if high > low { high } else { least(unit) };
        let step = step((high - low) / steps.max(1) as f64, unit);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let count = ((last - first) as usize).min(64);
        Self {
            low: first * step,
            high: last * step,
            marks: (0..=count).map(|place| (first + place as f64) * step).collect(),
        }
    }

    /// Where a value is, from 0 at the low end to 1 at the high one.
    #[must_use]
    pub fn part(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// What stands at each mark. Shares in whole percents need no fraction.
    #[must_use]
    pub fn labels(&self, unit: Unit) -> Vec<String> {
        let labels: Vec<_> = self.marks.iter().map(|mark| unit.shown(*mark)).collect();
        let whole = |label: &String| label.ends_with(".0 %");
        if unit == Unit::Share && labels.iter().all(whole) {
            return labels.iter().map(|label| label.replace(".0 %", " %")).collect();
        }
        labels
    }
}

/// How far the scale of what never happened goes.
const fn least(unit: Unit) -> f64 {
    match unit {
        Unit::Share => 0.1,
        Unit::Health => 2.0,
        _ => 1.0,
    }
}

/// The next round step that is no smaller than that.
fn step(at_least: f64, unit: Unit) -> f64 {
    let at_least = if unit == Unit::Count { at_least.max(1.0) } else { at_least };
    let in_seconds = SECONDS.iter().filter(|_| unit == Unit::Seconds && at_least > 0.5);
    if let Some(step) = in_seconds.copied().find(|step| *step >= at_least) {
        return step;
    }
    // Beyond what people count in there are only days.
    let size = if unit == Unit::Seconds && at_least > DAY { DAY } else { 1.0 };
    round(at_least / size) * size
}

/// The next of 1, 2, 5, 10 and so on.
fn round(at_least: f64) -> f64 {
    let power = 10_f64.powf(at_least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| power * factor >= at_least * 0.999_999);
    power * factor.unwrap_or(10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_begin_at_nothing_and_end_at_a_round_value() {
        for (extent, unit, labels) in [
            ((0.01, 0.083), Unit::Share, vec!["0 %", "2 %", "4 %", "6 %", "8 %", "10 %"]),
            ((3.0, 3.0), Unit::Count, vec!["0", "1", "2", "3"]),
            ((0.0, 0.0), Unit::Count, vec!["0", "1"]),
            ((20.0, 700.0), Unit::Seconds, vec!["0 s", "5 m", "10 m", "15 m"]),
            ((-5.0, 12.0), Unit::Count, vec!["-5", "0", "5", "10", "15"]),
            ((0.0, 0.004), Unit::PerSecond, vec!["0/s", "0.001/s", "0.002/s", "0.003/s", "0.004/s"]),
        ] {
            let scale = Scale::of(extent, unit, 5);
            assert_eq!(scale.labels(unit), labels);
        }
    }

    #[test]
    fn the_marks_of_a_scale_of_times_are_short_and_none_looks_like_another() {
        for power in -40..60 {
            let highest = 1.5_f64.powi(power);
            for steps in 2..9 {
                let labels = Scale::of((0.0, highest), Unit::Seconds, steps).labels(Unit::Seconds);
                let told: std::collections::BTreeSet<_> = labels.iter().collect();
                assert_eq!(told.len(), labels.len(), "{highest}: {labels:?}");
                assert!(labels.iter().all(|label| label.len() <= 10), "{highest}: {labels:?}");
            }
        }
        let months = Scale::of((0.0, 2e7), Unit::Seconds, 5).labels(Unit::Seconds);
        assert_eq!(months, ["0 s", "50 d", "100 d", "150 d", "200 d", "250 d"]);
    }

    #[test]
    fn every_value_has_its_place_however_large() {
        for value in [f64::MAX, f64::MIN, 1e-300, -1e-9, 0.0] {
            let scale = Scale::of((value, value), Unit::Count, 4);
            assert!((0.0..=1.0).contains(&scale.part(value)), "{value}: {scale:?}");
            assert!(scale.marks.len() < 70 && scale.high > scale.low, "{value}: {scale:?}");
        }
    }
}
