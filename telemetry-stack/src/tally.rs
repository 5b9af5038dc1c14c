//! How many events there were in a span of time, and how much of that is not known: for the page and for the report.

use crate::source::Source;
use telemetry_catalog::promql::{Counters, Scope, Selection, Vector, Window};
use telemetry_query::Labels;

/// What is counted.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    /// All of which it is known.
    of: Selection<Counters>,
    /// What it is a part of, which is there also where none of it ever was.
    whole: Option<Selection<Counters>>,
}

/// How many there were at least, and how many more there may have been, for each reason.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Count {
    pub(crate) least: f64,
    pub(crate) unsure: Unsure,
}

/// How many more there may be: what is counted of which nobody knows whether it belongs to a number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Unsure {
    /// Those that may only have been estimated, where a counter began anew.
    pub(crate) stretched: f64,
    /// Those that there were already when those who count them were first seen: nobody knows of when they are.
    pub(crate) undated: f64,
    /// Those that are counted together, since there were too many label sets: nobody knows of what kind they are, and of some of when.
    pub(crate) folded: f64,
}

impl Unsure {
    pub(crate) const fn sum(&self) -> f64 {
        self.stretched + self.undated + self.folded
    }
}

impl Counted {
    /// All events of these series, whatever their labels.
    pub(crate) const fn all(of: Selection<Counters>) -> Self {
        Self { of, whole: None }
    }

    /// Events that are some of others: none where those were seen, and these never.
    pub(crate) const fn part(of: Selection<Counters>, whole: Selection<Counters>) -> Self {
        Self { of, whole: Some(whole) }
    }

    /// Which series have all of which it is known.
    pub(crate) const fn of(&self) -> &Selection<Counters> {
        &self.of
    }

    /// How many there were in the span that ends at `at`, in milliseconds since 1970.
    ///
    /// # Errors
    /// Why it is not known, in words. Where not even that is known by how much a number may be wrong, it is no number.
    pub(crate) fn over(&self, span: Window, source: &dyn Source, at: i64) -> Result<Count, String> {
        let ask = |vector: Vector| {
            source.instant(&vector.written(&Scope::plain()), at).map_err(|error| error.to_string())
        };
        // What there is no series of happened never. What could not be looked for may have happened as often as it likes.
        let some = |vector| match ask(vector)?.as_slice() {
            [] => Ok(0.0),
            rows => only(rows),
        };
        let counted = only(&ask(self.tallied(span))?)?;
        let stretched = some(Vector::stretched(&self.of, span, &[]))?;
        let undated = some(Vector::undated(&self.of, span, &[]))?;
        let folded = match self.folded() {
            Some(of) => some(Vector::tallied(&of, span, &[]))? + some(Vector::undated(&of, span, &[]))?,
            None => 0.0,
        };
        // A scrape between the questions may have told of a counter that began anew after its events were counted.
        let least = (counted - stretched).max(0.0);
        Ok(Count { least, unsure: Unsure { stretched: counted - least, undated, folded } })
    }

    fn tallied(&self, span: Window) -> Vector {
        let of = Vector::tallied(&self.of, span, &[]);
        match &self.whole {
            Some(whole) => of.or_zero_of(&Vector::tallied(whole, span, &[])),
            None => of,
        }
    }

    /// What is counted together with what it is not, where there were too many label sets. What has a metric of its own is counted there,
    /// with too many label sets or without.
    fn folded(&self) -> Option<Selection<Counters>> {
        self.whole.filter(|whole| whole.def() == self.of.def()).map(Selection::folded)
    }
}

/// The only number of an answer, or why there is none.
pub(crate) fn only(rows: &[(Labels, f64)]) -> Result<f64, String> {
    match rows {
        [] => Err("no such series was seen in this time".to_owned()),
        [(_, value)] if !value.is_finite() => Err("there is no number for it".to_owned()),
        [(_, value)] => Ok(*value),
        several => Err(format!("{} answers instead of one", several.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SeenTarget, SourceError};
    use telemetry_catalog::promql::counter;
    use telemetry_core::catalog::{AGENT_RUNS, LLM_INVOCATIONS, LLM_RETRIES};
    use telemetry_query::{Series, Steps};

    fn rows(values: &[f64]) -> Vec<(Labels, f64)> {
        values.iter().map(|value| (Labels::default(), *value)).collect()
    }

    #[test]
    fn only_an_answer_that_is_one_number_is_known() {
        let of = |values: &[f64]| only(&rows(values));
        assert_eq!((of(&[3.0]), of(&[0.0])), (Ok(3.0), Ok(0.0)));
        assert!(of(&[]).is_err() && of(&[f64::NAN]).is_err() && of(&[1.0, 2.0]).is_err());
    }

    /// Which expressions are meant.
    type Asked = fn(&str) -> bool;

    /// A source that has this answer to some expressions, and to others that there were four.
    struct Telling(Asked, Result<Vec<f64>, SourceError>);

    impl Source for Telling {
        fn instant(&self, expr: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            Ok(rows(&if self.0(expr) { self.1.clone()? } else { vec![4.0] }))
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            Ok(Vec::new())
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    /// Whether it is for what may be too much, for what had been there before, or for what was counted together.
    const STRETCHED: Asked = |expr| expr.contains("ceil(");
    const UNDATED: Asked = |expr| !expr.contains("ceil(") && !expr.contains("max_over_time(");
    const FOLDED: Asked = |expr| expr.contains("__overflow__");

    type Told = Result<(f64, Unsure), String>;

    fn told(counted: &Counted, of: Asked, answer: Result<Vec<f64>, SourceError>) -> Told {
        let count = counted.over(Window::hours(1), &Telling(of, answer), 0)?;
        Ok((count.least, count.unsure))
    }

    const fn unsure(stretched: f64, undated: f64, folded: f64) -> Unsure {
        Unsure { stretched, undated, folded }
    }

    #[test]
    fn a_number_is_not_said_to_be_exact_where_nobody_could_tell_by_how_much_it_is_not() {
        let runs = Counted::all(counter(&AGENT_RUNS));
        assert_eq!(told(&runs, STRETCHED, Ok(Vec::new())), Ok((4.0, unsure(0.0, 4.0, 0.0))));
        assert_eq!(told(&runs, UNDATED, Ok(Vec::new())), Ok((0.0, unsure(4.0, 0.0, 0.0))));
        let failures = Counted::part(counter(&AGENT_RUNS).failing(), counter(&AGENT_RUNS));
        let asked: [(_, Asked); 4] = [
            (&runs, STRETCHED),
            (&runs, UNDATED),
            (&failures, FOLDED),
            (&failures, |expr| FOLDED(expr) && UNDATED(expr)),
        ];
        for (counted, of) in asked {
            let gone = Err(SourceError::Query("too many samples".to_owned()));
            assert_eq!(told(counted, of, gone), Err("too many samples".to_owned()));
        }
    }

    /// A scrape that comes between two questions may bring the first sample after a counter began anew.
    #[test]
    fn there_are_never_fewer_than_none() {
        let runs = Counted::all(counter(&AGENT_RUNS));
        assert_eq!(told(&runs, STRETCHED, Ok(vec![6.0])), Ok((0.0, unsure(4.0, 4.0, 0.0))));
    }

    /// Whatever was counted together may be what is counted here, of the span and of before.
    #[test]
    fn what_was_folded_and_is_of_nobody_knows_when_may_have_happened_too() {
        let failures = Counted::part(counter(&AGENT_RUNS).failing(), counter(&AGENT_RUNS));
        let of: Asked = |expr| UNDATED(expr) && FOLDED(expr);
        assert_eq!(told(&failures, of, Ok(Vec::new())), Ok((0.0, unsure(4.0, 4.0, 4.0))));
        assert_eq!(told(&failures, of, Ok(vec![3.0])), Ok((0.0, unsure(4.0, 4.0, 7.0))));
    }

    #[test]
    fn a_part_with_a_metric_of_its_own_is_folded_nowhere_else() {
        let retries = Counted::part(counter(&LLM_RETRIES), counter(&LLM_INVOCATIONS));
        assert!(retries.folded().is_none());
        let written = retries.tallied(Window::hours(1)).written(&Scope::plain());
        assert!(written.contains("sase_llm_retries_total") && written.contains("sase_llm_invocations_total"));
    }
}
