//! Evaluation of a plan: every part of an expression is computed once, for all steps.
//!
//! Series come one after the other out of a selector and a function of its windows, so that no more than one series' samples are
//! in memory at a time, and an aggregation needs no more than its groups.
//!
//! | module | responsible for |
//! |---|---|
//! | [`mod@column`] | the values of one series at all steps |
//! | [`select`] | reading series out of the store |
//! | [`over_time`] | functions of windows, of selected series and of subqueries |
//! | [`window`] | how windows slide over samples, and what each function makes of one |
//! | [`aggregate`] | aggregations |
//! | [`elements`] | an operator with two vectors, or with a vector and a number |
//! | [`sets`] | `and`, `or` and `unless` |
//! | [`elementwise`] | functions of one value |
//! | [`histogram`] | quantiles of histograms |
//! | [`relabel`] | changes of labels |
//! | [`scalars`] | numbers and operators on them |
//! | [`sorting`] | what comes first |

mod aggregate;
mod calendar;
mod column;
mod elements;
mod elementwise;
mod histogram;
mod kahan;
mod over_time;
mod quantile;
mod regression;
mod relabel;
mod scalars;
mod select;
mod sets;
mod sorting;
mod window;

use crate::budget::Account;
use crate::error::QueryError;
use crate::grid::{Grid, seconds};
use crate::limits::Limits;
use crate::plan::{At, Place, Vector};
use crate::store::Store;
use column::{ABSENT, Column, merged};

pub(crate) use select::samples_of;

type Evaluated<T> = Result<T, QueryError>;

/// What takes series one after the other.
type Sink<'k> = dyn FnMut(Column) -> Evaluated<()> + 'k;

/// The evaluation of one query.
pub(crate) struct Evaluator<'q> {
    pub(crate) store: &'q dyn Store,
    pub(crate) limits: &'q Limits,
    pub(crate) account: Account<'q>,
    /// The first and the last time of the whole query, for `start()` and `end()`.
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Evaluator<'_> {
    /// The values of a vector, as columns without empty ones.
    pub(crate) fn series(&self, vector: &Vector, grid: Grid) -> Evaluated<Vec<(crate::Labels, Vec<f64>)>> {
        let columns = self.vector(vector, grid)?.into_iter().filter(|column| !column.is_empty());
        Ok(columns.map(|column| (column.labels, column.values)).collect())
    }

    /// The values of a vector, which are held until the part of the expression that has asked for them has its own.
    fn vector(&self, vector: &Vector, grid: Grid) -> Evaluated<Vec<Column>> {
        self.limits.check()?;
        let before = self.account.held();
        let columns = self.computed(vector, grid)?;
        self.account.settle(before, columns.iter().map(Column::weight).sum())?;
        Ok(columns)
    }

    fn computed(&self, vector: &Vector, grid: Grid) -> Evaluated<Vec<Column>> {
        match vector {
            Vector::Selected(_) | Vector::OverTime { .. } => self.collected(vector, grid),
            Vector::Of(scalar) => {
                Ok(vec![Column { labels: crate::Labels::default(), values: self.scalar(scalar, grid)? }])
            }
            Vector::Negated(input) => merged(self.nameless(input, grid, |_, value| -value)?),
            Vector::WithScalar(operation) => self.with_scalar(operation, grid),
            Vector::Joined(join) => self.joined(join, grid),
            Vector::Combined(combination) => self.combined(combination, grid),
            Vector::Aggregated(aggregation) => self.aggregated(aggregation, grid),
            Vector::Mapped { function, input, parameters } => {
                self.elementwise(*function, input, parameters, grid)
            }
            Vector::Timestamp(input) => self.timestamps(input, grid),
            Vector::Absent { labels, input } => Ok(vec![self.absent(labels, input, grid)?]),
            Vector::AbsentOverTime { labels, matrix } => {
                Ok(vec![self.absent_over_time(labels, matrix, grid)?])
            }
            Vector::HistogramQuantile { quantile, input } => self.histogram_quantile(quantile, input, grid),
            Vector::Relabelled { rule, input } => self.relabelled(rule, input, grid),
            Vector::Sorted { descending, input } => {
                Ok(sorting::sorted(self.vector(input, grid)?, *descending))
            }
        }
    }

    /// Hands the series of a vector over one after the other, and computes them only then where that is possible.
    fn each(&self, vector: &Vector, grid: Grid, sink: &mut Sink<'_>) -> Evaluated<()> {
        match vector {
            Vector::Selected(selector) => self.each_instant(selector, grid, |sample| sample.value, sink),
            Vector::OverTime { function, matrix, parameters } => {
                self.each_over_time(*function, matrix, parameters, grid, sink)
            }
            _ => self.vector(vector, grid)?.into_iter().try_for_each(sink),
        }
    }

    fn collected(&self, vector: &Vector, grid: Grid) -> Evaluated<Vec<Column>> {
        let mut columns = Vec::new();
        self.each(vector, grid, &mut |column| {
            self.account.hold(column.weight())?;
            columns.push(column);
            Ok(())
        })?;
        Ok(in_order(columns, grid))
    }

    /// The columns of a vector with other values and without the metric's name.
    fn nameless(
        &self,
        vector: &Vector,
        grid: Grid,
        mut change: impl FnMut(usize, f64) -> f64,
    ) -> Evaluated<Vec<Column>> {
        let columns = self.vector(vector, grid)?.into_iter();
        let nameless = columns.map(|column| Column { labels: column.labels.without_name(), ..column });
        Ok(nameless.map(|column| column.mapped(&mut change)).collect())
    }

    fn timestamps(&self, input: &Vector, grid: Grid) -> Evaluated<Vec<Column>> {
        self.account.hold(grid.steps)?;
        let times: Vec<f64> = grid.times().map(seconds).collect();
        let Vector::Selected(selector) = input else {
            return merged(self.nameless(input, grid, |step, _| times.get(step).copied().unwrap_or(ABSENT))?);
        };
        let mut columns = Vec::new();
        self.each_instant(selector, grid, |sample| seconds(sample.timestamp), &mut |column| {
            self.account.hold(column.weight())?;
            columns.push(Column { labels: column.labels.without_name(), ..column });
            Ok(())
        })?;
        merged(in_order(columns, grid))
    }

    fn absent(&self, labels: &crate::Labels, input: &Vector, grid: Grid) -> Evaluated<Column> {
        self.account.hold(grid.steps)?;
        let mut values = vec![1.0; grid.steps];
        self.each(input, grid, &mut |column| {
            values
                .iter_mut()
                .zip(column.values)
                .filter(|(_, value)| column::is_present(*value))
                .for_each(|(absent, _)| *absent = ABSENT);
            Ok(())
        })?;
        Ok(Column { labels: labels.clone(), values })
    }

    /// The times from which a selector or a subquery is seen, and whether they are the same at each step, so that one is enough.
    fn seen_from(&self, place: Place, grid: Grid) -> (Grid, bool) {
        let fixed = match place.at {
            At::Step => return (grid.moved(-place.offset), false),
            At::Start => self.start,
            At::End => self.end,
            At::Time(time) => time,
        };
        (Grid::single(fixed - place.offset), true)
    }
}

/// Columns of series that were read, ordered by labels. At a single step they were read in that order, with the names that they may
/// have lost since.
fn in_order(mut columns: Vec<Column>, grid: Grid) -> Vec<Column> {
    if grid.steps > 1 {
        columns.sort_by(|one, other| one.labels.cmp(&other.labels));
    }
    columns
}
