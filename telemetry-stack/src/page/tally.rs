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
        let counted = known(&ask(Vector::tallied(&self.of, span, &[])))?;
        let some = |vector| known(&ask(vector)).unwrap_or_default();
        let stretched = some(Vector::stretched(&self.of, span, &[]));
        let undated = some(Vector::undated(&self.of, span, &[]));
        let folded = self.folded.as_ref().map_or(0.0, |of| some(Vector::tallied(of, span, &[])));
        Ok(Tally { least: counted - stretched, more: stretched + undated + folded })
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
    use telemetry_query::Labels;

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
}
