//! Queries: from a text to a result.

use std::collections::BTreeMap;

use crate::budget::Account;
use crate::error::QueryError;
use crate::eval::{Evaluator, samples_of};
use crate::grid::Grid;
use crate::labels::Labels;
use crate::limits::Limits;
use crate::matcher::Matcher;
use crate::plan::{Plan, Vector, plan, within_range};
use crate::sample::{Sample, is_stale};
use crate::store::Store;
use crate::value::{Series, Value};

/// An expression that can be evaluated, any number of times.
///
/// ```
/// use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Steps, Value};
///
/// let mut store = MemoryStore::default();
/// let runs = Labels::new([("__name__", "runs_total"), ("job", "fleet")]);
/// store.append(&runs, (0..21).map(|i| Sample::new(i * 15_000, i as f64 * 30.0)));
///
/// let query = Query::parse("sum by (job) (rate(runs_total[2m]))")?;
/// let Value::Vector(now) = query.instant(&store, 300_000, &Limits::default())? else { panic!() };
/// assert_eq!(now[0].0.to_string(), r#"{job="fleet"}"#);
/// assert!((now[0].1.value - 2.0).abs() < 1e-9);
///
/// let steps = Steps { start: 120_000, end: 300_000, step: 60_000 };
/// assert_eq!(query.range(&store, steps, &Limits::default())?[0].samples.len(), 4);
/// # Ok::<(), telemetry_query::QueryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    plan: Plan,
}

/// The times of a range query: from the start in steps to the last that is not after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Milliseconds since 1970.
    pub start: i64,
    /// Milliseconds since 1970, not before the start.
    pub end: i64,
    /// Milliseconds from one step to the next, more than 0.
    pub step: i64,
}

impl Query {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// When it is not PromQL, when its types do not fit, or when it asks for something that is not evaluated here. All these
    /// are of the class [`BadData`](crate::ErrorClass::BadData), but for parameters that cannot be used.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        Ok(Self { plan: plan(text)? })
    }

    /// Evaluates the expression at one time, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// When series do not go together as the expression says, when a limit is reached, or when the store fails.
    pub fn instant(&self, store: &dyn Store, at: i64, limits: &Limits) -> Result<Value, QueryError> {
        let at = within_range(at)?;
        let evaluator = Evaluator { store, limits, account: Account::new(limits), start: at, end: at };
        let grid = Grid::single(at);
        match &self.plan {
            Plan::Text(text) => Ok(Value::String { timestamp: at, text: text.clone() }),
            Plan::Scalar(scalar) => {
                let value = evaluator.scalar(scalar, grid)?.first().copied().unwrap_or(f64::NAN);
                Ok(Value::Scalar(Sample::new(at, value)))
            }
            Plan::Vector(vector) => {
                let series = evaluator.series(vector, grid)?.into_iter();
                let element =
                    |(labels, values): (Labels, Vec<f64>)| Some((labels, Sample::new(at, *values.first()?)));
                Ok(Value::Vector(series.filter_map(element).collect()))
            }
            Plan::Matrix(matrix) => samples_of(&evaluator, matrix, at).map(Value::Matrix),
        }
    }

    /// Evaluates the expression at each step. The series are ordered by labels, and each has a sample at some steps.
    ///
    /// # Errors
    ///
    /// As [`instant`](Self::instant); when the steps do not go forward or are too many; and when the expression has no value
    /// at a step, as a text or a range vector has none.
    pub fn range(&self, store: &dyn Store, steps: Steps, limits: &Limits) -> Result<Vec<Series>, QueryError> {
        let grid = steps.grid(limits)?;
        let account = Account::new(limits);
        let evaluator = Evaluator { store, limits, account, start: steps.start, end: steps.end };
        let series = match &self.plan {
            Plan::Scalar(scalar) => vec![(Labels::default(), evaluator.scalar(scalar, grid)?)],
            Plan::Vector(vector) => evaluator.series(vector, grid)?,
            other => return Err(QueryError::NotForRanges(other.type_name())),
        };
        // No two are the same, so that this order is the only one.
        let ordered: BTreeMap<Labels, Vec<f64>> = series.into_iter().collect();
        let series =
            ordered.into_iter().map(|(labels, values)| Series { labels, samples: present(grid, values) });
        Ok(series.collect())
    }
}

/// Reads a selector, such as `up{job="fleet"}`, and hands back its conditions, that on the metric's name among them.
///
/// # Errors
///
/// When the text is not PromQL, or is more than a selector of an instant vector.
///
/// ```
/// let matchers = telemetry_query::selector(r#"up{job="fleet"}"#)?;
/// assert_eq!(matchers.iter().map(|matcher| &*matcher.name).collect::<Vec<_>>(), ["__name__", "job"]);
/// # Ok::<(), telemetry_query::QueryError>(())
/// ```
pub fn selector(text: &str) -> Result<Vec<Matcher>, QueryError> {
    match plan(text)? {
        Plan::Vector(Vector::Selected(selector)) if selector.place.is_here() => Ok(selector.matchers),
        _ => Err(QueryError::Parse("expected a selector and nothing else".to_owned())),
    }
}

impl Steps {
    fn grid(self, limits: &Limits) -> Result<Grid, QueryError> {
        let Self { start, end, step } = self;
        if step <= 0 {
            return Err(QueryError::StepNotPositive);
        }
        let (start, end) = (within_range(start)?, within_range(end)?);
        if end < start {
            return Err(QueryError::EndBeforeStart);
        }
        let grid = Grid::between(start, end, step);
        if grid.steps - 1 > limits.points {
            Err(QueryError::TooManyPoints { limit: limits.points })
        } else {
            Ok(grid)
        }
    }
}

fn present(grid: Grid, values: Vec<f64>) -> Vec<Sample> {
    let all = grid.times().zip(values).filter(|(_, value)| !is_stale(*value));
    all.map(|(timestamp, value)| Sample { timestamp, value }).collect()
}
