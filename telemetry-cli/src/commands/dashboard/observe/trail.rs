//! How a number went: what each refresh saw of it, with NaN where it was not known.

use std::collections::VecDeque;
use std::time::Duration;

/// How many values are kept.
pub(super) const LENGTH: usize = 240;

/// The values of a number, as far apart as looks are.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    values: VecDeque<f64>,
    /// When the last of them was seen, in milliseconds since 1970.
    last: Option<i64>,
}

impl Trail {
    /// Adds what was seen. Where more than two looks would have been since, nothing is known in between. What is seen sooner than half of
    /// the time between two looks takes the place of the last, so that all values stay as far apart.
    pub(super) fn push(&mut self, at: i64, value: Option<f64>, step: i64) {
        let step = step.max(1);
        let missed = self.last.map_or(1, |last| (at - last + step / 2) / step);
        if missed < 1 && self.last.is_some_and(|last| last <= at) {
            self.values.pop_back();
        } else {
            let unseen = usize::try_from(missed - 1).unwrap_or_default();
            // One look that came late is no gap.
            let unseen = if unseen > 1 { unseen.min(LENGTH) } else { 0 };
            self.values.extend(std::iter::repeat_n(f64::NAN, unseen));
            self.last = Some(at);
        }
        self.values.push_back(value.unwrap_or(f64::NAN));
        self.cut();
    }

    /// Says that what follows is not of the same source.
    pub(super) fn interrupt(&mut self) {
        if !self.values.is_empty() {
            self.values.push_back(f64::NAN);
            self.cut();
        }
    }

    /// Puts what was before the first that was seen in front of it: values as far apart, of which the last is of now.
    pub(super) fn precede(&mut self, past: &[f64]) {
        let before = past.len().saturating_sub(self.values.len());
        for value in past.iter().take(before).rev().take(LENGTH - self.values.len()) {
            self.values.push_front(*value);
        }
    }

    /// The values, the oldest first.
    pub(super) fn values(&self) -> Vec<f64> {
        self.values.iter().copied().collect()
    }

    /// Of how long ago the first is that is known.
    pub(super) fn over(&self, step: Duration) -> Duration {
        let unknown = self.values.iter().take_while(|value| value.is_nan()).count();
        let known = self.values.len() - unknown;
        step.saturating_mul(u32::try_from(known.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    fn cut(&mut self) {
        let excess = self.values.len().saturating_sub(LENGTH);
        self.values.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(times: &[(i64, Option<f64>)]) -> Vec<String> {
        let mut trail = Trail::default();
        times.iter().for_each(|(at, value)| trail.push(*at, *value, 1000));
        trail.values().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_gap_stays_a_gap() {
        assert_eq!(seen(&[(0, Some(1.0)), (1000, None), (2000, Some(3.0))]), ["1", "NaN", "3"]);
        assert_eq!(seen(&[(0, Some(1.0)), (4000, Some(2.0))]), ["1", "NaN", "NaN", "NaN", "2"]);
        assert_eq!(seen(&[(0, Some(1.0)), (1900, Some(2.0))]), ["1", "2"]);
    }

    #[test]
    fn what_is_seen_in_between_takes_the_place_of_the_last() {
        assert_eq!(seen(&[(0, Some(1.0)), (1000, Some(2.0)), (1200, Some(5.0))]), ["1", "5"]);
    }

    #[test]
    fn what_was_before_is_put_in_front_and_nothing_grows_beyond_its_bound() {
        let mut trail = Trail::default();
        trail.push(0, Some(9.0), 1000);
        trail.precede(&[1.0, f64::NAN, 2.0, 8.0]);
        assert_eq!(trail.values().len(), 4);
        assert_eq!(trail.values()[2..], [2.0, 9.0]);
        assert_eq!(trail.over(Duration::from_secs(5)), Duration::from_secs(15));
        trail.precede(&[7.0; 1000]);
        assert_eq!(trail.values().len(), LENGTH);
        (0..1000).for_each(|look| trail.push(look * 1000, Some(0.0), 1000));
        trail.push(i64::MAX / 2, Some(4.0), 1000);
        assert_eq!(trail.values().len(), LENGTH);
        assert_eq!(trail.values().last(), Some(&4.0));
    }
}
