//! Functions of windows, of selected series and of subqueries.

use std::collections::HashSet;

use super::column::{ABSENT, Column, is_present};
use super::window::{Facts, Windows, over_window};
use super::{Evaluated, Evaluator, Sink};
use crate::error::QueryError;
use crate::grid::Grid;
use crate::labels::{Labels, METRIC_NAME};
use crate::limits::Limits;
use crate::plan::{Matrix, OverTime, Scalar, Subquery};
use crate::sample::{Sample, is_stale};

/// How many samples of windows may still be walked through before somebody looks whether the query is still wanted: wide windows
/// at many steps take hours, and to look at every step would take longer than narrow ones do.
struct Patience(usize);

const PATIENCE: Patience = Patience(100_000);

impl Patience {
    fn spend(&mut self, limits: &Limits, samples: usize) -> Evaluated<()> {
        match self.0.checked_sub(samples) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                *self = PATIENCE;
                limits.check()
            }
        }
    }
}

impl Evaluator<'_> {
    /// Hands over each series of a range vector: its samples, the times from which they are seen, and the range. Marks of where
    /// a series ended are left out, since no window shows them.
    pub(super) fn each_windowed(
        &self,
        matrix: &Matrix,
        grid: Grid,
        mut sink: impl FnMut(&Labels, &[Sample], Grid, i64) -> Evaluated<()>,
    ) -> Evaluated<()> {
        match matrix {
            Matrix::Selected { selector, range } => {
                let (times, _) = self.seen_from(selector.place, grid);
                let mut kept = Vec::new();
                let mut room = 0;
                self.each_selected(selector, times, *range, |labels, samples| {
                    if !samples.iter().any(|sample| is_stale(sample.value)) {
                        return sink(labels, samples, times, *range);
                    }
                    self.account.hold(samples.len().saturating_sub(room))?;
                    room = room.max(samples.len());
                    kept.clear();
                    kept.extend(samples.iter().filter(|sample| !is_stale(sample.value)));
                    sink(labels, &kept, times, *range)
                })
            }
            Matrix::Subquery(subquery) => self.each_of_subquery(subquery, grid, sink),
        }
    }

    fn each_of_subquery(
        &self,
        subquery: &Subquery,
        grid: Grid,
        mut sink: impl FnMut(&Labels, &[Sample], Grid, i64) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let (times, _) = self.seen_from(subquery.place, grid);
        let default = || i64::try_from(self.limits.subquery_step.as_millis()).unwrap_or(i64::MAX);
        let step = subquery.step.unwrap_or_else(default).max(1);
        // The steps are multiples of their width, whenever the query begins; the first is inside of the first window.
        let before = times.start - subquery.range;
        let first = step * (before / step);
        let first = if first <= before { first + step } else { first };
        if first > times.end() {
            return Ok(());
        }
        let inner = Grid::between(first, times.end(), step);
        // The one series that is in the making, and later read.
        self.account.hold(inner.steps)?;
        let mut samples = Vec::new();
        for column in self.vector(&subquery.input, inner)? {
            self.limits.check()?;
            samples.clear();
            let all = inner.times().zip(column.values).filter(|(_, value)| is_present(*value));
            samples.extend(all.map(|(timestamp, value)| Sample { timestamp, value }));
            sink(&column.labels, &samples, times, subquery.range)?;
        }
        Ok(())
    }

    /// Hands over what a function makes of the windows of each series.
    pub(super) fn each_over_time(
        &self,
        function: OverTime,
        matrix: &Matrix,
        parameters: &[Scalar],
        grid: Grid,
        sink: &mut Sink<'_>,
    ) -> Evaluated<()> {
        let parameter = parameters.first().map(|parameter| self.scalar(parameter, grid)).transpose()?;
        let parameter =
            |step: usize| parameter.as_ref().and_then(|all| all.get(step)).copied().unwrap_or(f64::NAN);
        let keeps_name = matches!(function, OverTime::First | OverTime::Last);
        let mut seen = (!keeps_name && !has_one_name(matrix)).then(HashSet::new);
        self.each_windowed(matrix, grid, |labels, samples, times, range| {
            let facts = Facts::of(function, samples);
            let mut windows = Windows::over(samples, times, range);
            let mut window = windows.next();
            let mut patience = PATIENCE;
            let values = grid.times().enumerate().map(|(step, now)| {
                patience.spend(self.limits, window.as_ref().map_or(0, |window| window.samples.len()))?;
                let value = window
                    .as_ref()
                    .and_then(|window| over_window(function, window, &facts, now, parameter(step)));
                // A fixed time has one window, which stands for every step.
                if let Some(next) = windows.next() {
                    window = Some(next);
                }
                Ok(value.unwrap_or(ABSENT))
            });
            let labels = if keeps_name { labels.clone() } else { labels.without_name() };
            let column = Column { labels, values: values.collect::<Evaluated<_>>()? };
            if column.is_empty() {
                return Ok(());
            }
            if seen.as_mut().is_some_and(|seen| !seen.insert(column.labels.clone())) {
                return Err(QueryError::DuplicateSeries(column.labels.to_string()));
            }
            sink(column)
        })
    }

    pub(super) fn absent_over_time(&self, labels: &Labels, matrix: &Matrix, grid: Grid) -> Evaluated<Column> {
        self.account.hold(grid.steps)?;
        let mut values = vec![1.0; grid.steps];
        self.each_windowed(matrix, grid, |_, samples, times, range| {
            let mut last = false;
            let mut windows = Windows::over(samples, times, range);
            for value in &mut values {
                last = windows.next().map_or(last, |window| !window.samples.is_empty());
                if last {
                    *value = ABSENT;
                }
            }
            Ok(())
        })?;
        Ok(Column { labels: labels.clone(), values })
    }
}

/// Whether all series have the same name, so that no two of them are the same without it.
fn has_one_name(matrix: &Matrix) -> bool {
    match matrix {
        Matrix::Selected { selector, .. } => {
            selector.matchers.iter().any(|matcher| matcher.name == METRIC_NAME && matcher.exactly().is_some())
        }
        Matrix::Subquery(_) => false,
    }
}
