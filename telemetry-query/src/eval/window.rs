//! How windows slide over samples, and what each function makes of one.

use super::kahan::Kahan;
use super::quantile::quantile;
use super::regression::Line;
use crate::grid::{Grid, seconds};
use crate::plan::OverTime;
use crate::sample::Sample;

/// The samples later than the start and not later than the end.
#[derive(Debug)]
pub(super) struct Window<'s> {
    pub(super) samples: &'s [Sample],
    /// The position of the first sample among all of its series.
    first: usize,
    start: i64,
    end: i64,
}

/// The windows of one series at rising times. Every sample enters once and leaves once.
pub(super) struct Windows<'s, T> {
    samples: &'s [Sample],
    times: T,
    range: i64,
    from: usize,
    until: usize,
}

impl<'s> Windows<'s, ()> {
    pub(super) fn over(
        samples: &'s [Sample],
        times: Grid,
        range: i64,
    ) -> Windows<'s, impl Iterator<Item = i64>> {
        Windows { samples, times: times.times(), range, from: 0, until: 0 }
    }
}

impl<'s, T: Iterator<Item = i64>> Iterator for Windows<'s, T> {
    type Item = Window<'s>;

    fn next(&mut self) -> Option<Window<'s>> {
        let end = self.times.next()?;
        let start = end - self.range;
        self.from = advanced(self.samples, self.from, start);
        self.until = advanced(self.samples, self.until, end);
        let samples = self.samples.get(self.from..self.until).unwrap_or_default();
        Some(Window { samples, first: self.from, start, end })
    }
}

/// The position of the first sample that is later than a time, from one that is not beyond it.
fn advanced(samples: &[Sample], from: usize, time: i64) -> usize {
    from + samples.iter().skip(from).take_while(|sample| sample.timestamp <= time).count()
}

/// What is known of a whole series before its windows are looked at, so that a window need not be walked through for it.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The positions of the samples that count, those lower than the one before or different from it, in rising order.
    positions: Vec<usize>,
    /// The values before them.
    before: Vec<f64>,
}

impl Facts {
    pub(super) fn of(function: OverTime, samples: &[Sample]) -> Self {
        let counts: fn(f64, f64) -> bool = match function {
            OverTime::Rate | OverTime::Increase | OverTime::Resets => |before, after| after < before,
            OverTime::Changes => |before, after| after != before && !(after.is_nan() && before.is_nan()),
            _ => return Self::default(),
        };
        let pairs = samples.iter().zip(samples.iter().skip(1)).zip(1..);
        let counting = pairs.filter(|((before, after), _)| counts(before.value, after.value));
        let (positions, before) = counting.map(|((before, _), position)| (position, before.value)).unzip();
        Self { positions, before }
    }

    /// What counts within a window; its first sample has none before it.
    fn within(&self, window: &Window<'_>) -> std::ops::Range<usize> {
        let from = self.positions.partition_point(|&position| position <= window.first);
        let until =
            self.positions.partition_point(|&position| position < window.first + window.samples.len());
        from..until.max(from)
    }

    /// What a counter had reached each time before it began anew.
    fn lost(&self, window: &Window<'_>) -> &[f64] {
        self.before.get(self.within(window)).unwrap_or_default()
    }
}

/// The value of a function at one step; nothing where the window has too few samples.
pub(super) fn over_window(
    function: OverTime,
    window: &Window<'_>,
    facts: &Facts,
    now: i64,
    parameter: f64,
) -> Option<f64> {
    let samples = window.samples;
    let (first, last) = (samples.first()?, samples.last()?);
    let values = || samples.iter().map(|sample| sample.value);
    match function {
        OverTime::Rate => extrapolated(window, Some(facts), seconds(window.end - window.start)),
        OverTime::Increase => extrapolated(window, Some(facts), 1.0),
        OverTime::Delta => extrapolated(window, None, 1.0),
        OverTime::InstantRate => instant_rate(samples),
        OverTime::InstantDelta => Some(last.value - samples.iter().nth_back(1)?.value),
        OverTime::Changes | OverTime::Resets => Some(count(facts.within(window).len())),
        OverTime::First => Some(first.value),
        OverTime::Last => Some(last.value),
        OverTime::Present => Some(1.0),
        OverTime::Count => Some(count(samples.len())),
        OverTime::Sum => Some(values().collect::<Kahan>().total()),
        OverTime::Average => Some(super::kahan::average(values())),
        OverTime::Minimum => {
            values().reduce(|least, value| if value < least || least.is_nan() { value } else { least })
        }
        OverTime::Maximum => {
            values().reduce(|most, value| if value > most || most.is_nan() { value } else { most })
        }
        OverTime::Variance => Some(super::kahan::variance(values())),
        OverTime::StandardDeviation => Some(super::kahan::variance(values()).sqrt()),
        OverTime::Quantile => Some(quantile(parameter, &mut values().collect::<Vec<_>>())),
        OverTime::Derivative => Some(Line::through(samples, first.timestamp)?.slope),
        OverTime::Prediction => Some(Line::through(samples, now)?.after(parameter)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 samples")]
pub(super) const fn count(number: usize) -> f64 {
    number as f64
}

/// The difference between the last sample and the first, as if they lay at the edges of the window. Of a counter, what it lost
/// when it began anew is added, and it is not thought to have been below 0. The result is divided by a number.
fn extrapolated(window: &Window<'_>, counter: Option<&Facts>, per: f64) -> Option<f64> {
    let [first, .., last] = window.samples else { return None };
    let mut difference = last.value - first.value;
    for lost in counter.map_or(&[][..], |facts| facts.lost(window)) {
        difference += lost;
    }
    let sampled = seconds(last.timestamp - first.timestamp);
    let spacing = sampled / count(window.samples.len() - 1);
    // Where a sample is missing at an edge, the series is taken to begin or end half way to it.
    let reach = |gap: f64| if gap >= spacing * 1.1 { spacing / 2.0 } else { gap };
    let mut to_start = reach(seconds(first.timestamp - window.start));
    if counter.is_some() && difference > 0.0 && first.value >= 0.0 {
        let to_zero = sampled * (first.value / difference);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    let to_end = reach(seconds(window.end - last.timestamp));
    // In the order in which Prometheus computes it, so that the last digit is the same.
    Some(difference * ((sampled + to_start + to_end) / sampled / per))
}

fn instant_rate(samples: &[Sample]) -> Option<f64> {
    let [.., before, last] = samples else { return None };
    let grown = if last.value < before.value { last.value } else { last.value - before.value };
    Some(grown / seconds(last.timestamp - before.timestamp))
}
