//! Reading series out of the store.

use super::column::{ABSENT, Column};
use super::{Evaluated, Evaluator, Sink};
use crate::error::QueryError;
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::Selector;
use crate::sample::{Sample, is_stale};
use crate::store::Selection;
use crate::value::Series;

impl Evaluator<'_> {
    /// Hands over each selected series with those of its samples that lie after `back` milliseconds before the first time. The samples
    /// are only lent: the next series is read into the same memory.
    ///
    /// For a single time they are ordered by labels. For more they come as the store has them, which may keep those together that it
    /// has selected one after the other: in the order of labels each bucket of a histogram is far from the next one of the same.
    pub(super) fn each_selected(
        &self,
        selector: &Selector,
        times: Grid,
        back: i64,
        mut sink: impl FnMut(&Labels, &[Sample]) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let selection =
            Selection { matchers: &selector.matchers, start: times.start - back + 1, end: times.end() };
        let mut selected = self.store.select(&selection).map_err(QueryError::Store)?;
        if times.steps == 1 {
            selected.sort_by(|one, other| one.labels().cmp(other.labels()));
        }
        let mut samples = Vec::new();
        let mut room = 0;
        for series in selected {
            self.limits.check()?;
            samples.clear();
            series.read(&mut samples).map_err(QueryError::Store)?;
            self.account.hold(samples.len().saturating_sub(room))?;
            room = room.max(samples.len());
            sink(series.labels(), &samples)?;
        }
        Ok(())
    }

    /// Hands over each selected series as an instant vector has it: at each step what is seen of its last sample.
    pub(super) fn each_instant(
        &self,
        selector: &Selector,
        grid: Grid,
        seen: impl Fn(&Sample) -> f64,
        sink: &mut Sink<'_>,
    ) -> Evaluated<()> {
        let (times, fixed) = self.seen_from(selector.place, grid);
        let lookback = self.lookback();
        self.each_selected(selector, times, lookback, |labels, samples| {
            let column = Column { labels: labels.clone(), values: instants(samples, times, lookback, &seen) };
            match column {
                column if column.is_empty() => Ok(()),
                column if fixed => sink(column.repeated(grid.steps)),
                column => sink(column),
            }
        })
    }

    fn lookback(&self) -> i64 {
        i64::try_from(self.limits.lookback.as_millis()).unwrap_or(i64::from(u32::MAX))
    }
}

/// At each time the last sample that is neither older than the lookback nor the end of its series. The window is open on its
/// left: a sample that is exactly as old as the lookback is not seen.
fn instants(samples: &[Sample], times: Grid, lookback: i64, seen: impl Fn(&Sample) -> f64) -> Vec<f64> {
    let mut until = 0;
    let at = |time: i64| {
        until += samples.iter().skip(until).take_while(|sample| sample.timestamp <= time).count();
        let last = until.checked_sub(1).and_then(|last| samples.get(last));
        let fresh = last.filter(|sample| sample.timestamp > time - lookback && !is_stale(sample.value));
        fresh.map_or(ABSENT, &seen)
    };
    times.times().map(at).collect()
}

/// The samples of a range vector at one time.
pub(crate) fn samples_of(
    evaluator: &Evaluator<'_>,
    matrix: &crate::plan::Matrix,
    at: i64,
) -> Evaluated<Vec<Series>> {
    let mut found = Vec::new();
    evaluator.each_windowed(matrix, Grid::single(at), |labels, samples, times, range| {
        let window = super::window::Windows::over(samples, times, range).next();
        let samples = window.map_or(&[][..], |window| window.samples);
        if !samples.is_empty() {
            evaluator.account.hold(samples.len() + labels.weight())?;
            found.push(Series { labels: labels.clone(), samples: samples.to_vec() });
        }
        Ok(())
    })?;
    found.sort_by(|one, other| one.labels.cmp(&other.labels));
    Ok(found)
}
