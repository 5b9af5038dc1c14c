//! Events over spans of time of which each is within the next: how many there were at least, and how many at the most.
//!
//! All of it is asked as of one moment, the shorter spans first. What a slow scrape brings meanwhile can then only be missing where the
//! shorter span is looked at, and no part is more than its whole.

use super::desk::Rows;
use super::shared::{Answer, Trouble};
use crate::source::Source;
use crate::tally::{Count, Counted, only};
use telemetry_catalog::promql::Window;

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
            tallies.push(counted.over(*span, source, at).map(Tally::from).map_err(unknown));
        }
    }
    all.into_iter().map(holding).collect()
}

impl From<Count> for Tally {
    fn from(count: Count) -> Self {
        Self { least: count.least, more: count.unsure.sum() }
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
    answer.as_ref().map_err(Trouble::to_string).and_then(|found| only(&found.rows)).map_err(unknown)
}

/// Why nothing is known.
pub(super) fn unknown(trouble: impl std::fmt::Display) -> String {
    format!("Not known: {trouble}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use telemetry_query::Labels;

    #[test]
    fn what_is_not_known_says_so() {
        let rows = |rows| Ok(Arc::new(Rows { rows }));
        assert_eq!(known(&rows(vec![(Labels::default(), 3.0)])), Ok(3.0));
        let none = known(&rows(Vec::new()));
        assert_eq!(none, Err("Not known: no such series was seen in this time".to_owned()));
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
