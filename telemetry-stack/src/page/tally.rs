//! Events over spans of time of which each is within the next: how many there were at least, and how many at the most.
//!
//! All of it is asked as of one moment, the shorter spans first. What a scrape brings meanwhile can then only be missing where the shorter
//! span is looked at, and no part is more than its whole.

use super::desk::Rows;
use super::shared::{Answer, Trouble};
use crate::source::Source;
use std::sync::Arc;
use telemetry_catalog::promql::{Counters, Scope, Selection, Vector, Window};

/// What is counted.
#[derive(Clone)]
pub(super) struct Counted {
    /// All of which it is known.
    pub(super) of: Selection<Counters>,
    /// What is counted together with what it is not, where there were too many label sets.
    pub(super) folded: Option<Selection<Counters>>,
}

/// How many there were at least, and how many more at the most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tally {
    pub(super) least: f64,
    pub(super) more: f64,
}

/// A tally, or why there is none.
pub(super) type Tallied = Result<Tally, String>;

/// The tallies of something, one for each span.
pub(super) type Tallies = Vec<Tallied>;

/// Counts these, of which each is a part of the next, over each of these spans, of which each is within the next: as of `at` in milliseconds
/// since 1970.
pub(super) fn tallies(source: &dyn Source, counted: &[Counted], spans: &[Window], at: i64) -> Vec<Tallies> {
    let mut all = vec![Tallies::new(); counted.len()];
    for span in spans {
        for (counted, tallies) in counted.iter().zip(&mut all) {
            tallies.push(counted.over(*span, source, at));
        }
    }
    all.into_iter().map(holding).collect()
}

impl Counted {
    /// All events of these series, whatever their labels.
    pub(super) const fn all(of: Selection<Counters>) -> Self {
        Self { of, folded: None }
    }

    fn over(&self, span: Window, source: &dyn Source, at: i64) -> Tallied {
        let ask = |vector: Vector| {
            let rows = source.instant(&vector.written(&Scope::plain()), at);
            rows.map(|rows| Arc::new(Rows { rows })).map_err(Trouble::from)
        };
        // What there is no series of happened never. What could not be looked for may have happened as often as it likes.
        let some = |vector| match ask(vector) {
            Ok(none) if none.rows.is_empty() => Ok(0.0),
            answer => known(&answer),
        };
        let counted = known(&ask(Vector::tallied(&self.of, span, &[])))?;
        let stretched = some(Vector::stretched(&self.of, span, &[]))?;
        let undated = some(Vector::undated(&self.of, span, &[]))?;
        let folded = match &self.folded {
            Some(of) => some(Vector::tallied(of, span, &[]))? + some(Vector::undated(of, span, &[]))?,
            None => 0.0,
        };
        // A scrape between the questions may have told of a counter that began anew after its events were counted.
        let least = (counted - stretched).max(0.0);
        Ok(Tally { least, more: counted - least + undated + folded })
    }
}

impl Tally {
    /// Where it is not known exactly, how many there are at least and how many more at the most.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        (self.more > 0.0).then_some((self.least, self.more))
    }

    /// The same of a span that holds another: what happened in that happened in this.
    ///
    /// A longer span may know less. A process that began within the last hour tells all that it counted; over a day it may go on where one
    /// before it ended, and what it counted up to that height is not seen.
    fn holding(self, shorter: Self) -> Self {
        let least = self.least.max(shorter.least);
        let most = (self.least + self.more).max(shorter.least + shorter.more);
        Self { least, more: most - least }
    }
}

/// The tallies of spans, the shortest first, where none is less than those that it holds.
fn holding(mut tallies: Tallies) -> Tallies {
    let mut shorter: Option<Tally> = None;
    for tally in tallies.iter_mut().flatten() {
        *tally = shorter.map_or(*tally, |shorter| tally.holding(shorter));
        shorter = Some(*tally);
    }
    tallies
}

/// The only number of an answer, or why there is none.
pub(super) fn known(answer: &Answer<Rows>) -> Result<f64, String> {
    match answer.as_ref().map(|found| found.rows.as_slice()) {
        Ok([]) => Err("Not known: no such series was seen in this time".to_owned()),
        Ok([(_, value)]) if !value.is_finite() => Err("Not known: there is no number for it".to_owned()),
        Ok([(_, value)]) => Ok(*value),
        Ok(several) => Err(format!("Not known: {} answers instead of one", several.len())),
        Err(trouble) => Err(unknown(trouble)),
    }
}

/// Why nothing is known.
pub(super) fn unknown(trouble: &Trouble) -> String {
    format!("Not known: {trouble}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SeenTarget, SourceError};
    use telemetry_catalog::promql::counter;
    use telemetry_core::catalog::AGENT_RUNS;
    use telemetry_query::{Labels, Series, Steps};

    fn of(values: &[f64]) -> Result<f64, String> {
        let rows = values.iter().map(|value| (Labels::default(), *value)).collect();
        known(&Ok(Arc::new(Rows { rows })))
    }

    #[test]
    fn only_an_answer_that_is_one_number_is_known() {
        assert_eq!((of(&[3.0]), of(&[0.0])), (Ok(3.0), Ok(0.0)));
        assert!(of(&[]).is_err() && of(&[f64::NAN]).is_err() && of(&[1.0, 2.0]).is_err());
        let trouble = known(&Err(Trouble::Source("connection refused".to_owned())));
        assert_eq!(trouble, Err("Not known: connection refused".to_owned()));
    }

    fn held(hour: Tallied, day: Tallied) -> Tallies {
        holding(vec![hour, day])
    }

    #[test]
    fn a_longer_span_has_what_a_shorter_one_has() {
        let tally = |least, more| Ok(Tally { least, more });
        assert_eq!(held(tally(5.0, 0.0), tally(2.0, 0.0))[1], tally(5.0, 0.0));
        assert_eq!(held(tally(5.0, 3.0), tally(6.0, 0.0))[1], tally(6.0, 2.0));
        assert_eq!(held(tally(5.0, 0.0), tally(2.0, 9.0))[1], tally(5.0, 6.0));
        assert_eq!(held(tally(1.0, 1.0), tally(7.0, 2.0)), [tally(1.0, 1.0), tally(7.0, 2.0)]);
        let unknown = || Err("too many samples".to_owned());
        assert_eq!(held(tally(5.0, 0.0), unknown()), [tally(5.0, 0.0), unknown()]);
        assert_eq!(held(unknown(), tally(2.0, 0.0)), [unknown(), tally(2.0, 0.0)]);
    }

    /// A source that has this answer to some expressions, and to others that there were four.
    struct Telling(fn(&str) -> bool, Result<Vec<f64>, SourceError>);

    impl Source for Telling {
        fn instant(&self, expr: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            let values = if self.0(expr) { self.1.clone()? } else { vec![4.0] };
            Ok(values.into_iter().map(|value| (Labels::default(), value)).collect())
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            Ok(Vec::new())
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    /// Whether it is for what may be too much, or for what had been there before.
    const STRETCHED: fn(&str) -> bool = |expr| expr.contains("ceil(");
    const UNDATED: fn(&str) -> bool = |expr| !expr.contains("ceil(") && !expr.contains("max_over_time(");

    fn told(of: fn(&str) -> bool, answer: Result<Vec<f64>, SourceError>) -> Tallied {
        Counted::all(counter(&AGENT_RUNS)).over(Window::hours(1), &Telling(of, answer), 0)
    }

    #[test]
    fn a_number_is_not_said_to_be_exact_where_nobody_could_tell_by_how_much_it_is_not() {
        assert_eq!(told(STRETCHED, Ok(Vec::new())), Ok(Tally { least: 4.0, more: 4.0 }));
        assert_eq!(told(UNDATED, Ok(Vec::new())), Ok(Tally { least: 0.0, more: 4.0 }));
        let gone = || Err(SourceError::Query("too many samples".to_owned()));
        assert_eq!(told(STRETCHED, gone()), Err("Not known: too many samples".to_owned()));
        assert_eq!(told(UNDATED, gone()), Err("Not known: too many samples".to_owned()));
    }

    /// A scrape that comes between two questions may bring the first sample after a counter began anew.
    #[test]
    fn there_are_never_fewer_than_none() {
        assert_eq!(told(STRETCHED, Ok(vec![6.0])), Ok(Tally { least: 0.0, more: 8.0 }));
    }

    /// Whatever was counted together may be what is counted here, of the span and of before.
    #[test]
    fn what_was_folded_and_is_of_nobody_knows_when_may_have_happened_too() {
        let runs = counter(&AGENT_RUNS);
        let failures = Counted { of: runs.failing(), folded: Some(runs.folded()) };
        let tally = |of, answer| failures.over(Window::hours(1), &Telling(of, answer), 0);
        let folded: fn(&str) -> bool = |expr| UNDATED(expr) && expr.contains("__overflow__");
        assert_eq!(tally(folded, Ok(Vec::new())), Ok(Tally { least: 0.0, more: 12.0 }));
        assert_eq!(tally(folded, Ok(vec![3.0])), Ok(Tally { least: 0.0, more: 15.0 }));
    }
}
