//! What a store of series must be able to do for queries.

use std::error::Error;

use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::sample::Sample;

/// Why a store could not answer.
pub type StoreError = Box<dyn Error + Send + Sync>;

/// What a selector needs of a store: the series that satisfy every matcher, with their samples in a time.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// The conditions, all of which a series must satisfy.
    pub matchers: &'a [Matcher],
    /// The earliest sample that is needed, in milliseconds since 1970.
    pub start: i64,
    /// The latest sample that is needed, in milliseconds since 1970.
    pub end: i64,
}

impl Selection<'_> {
    /// Whether a series satisfies every matcher.
    #[must_use]
    pub fn accepts(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.accepts(labels.get(&matcher.name)))
    }
}

/// A store of series.
///
/// A query selects once for each selector in it, whatever number of steps it has, and reads each selected series once.
pub trait Store {
    /// The series that satisfy all matchers of the selection, each label set once, in any order. Series without samples in
    /// its time may be left out. A query of more than one step reads them in the order in which they are here.
    ///
    /// # Errors
    ///
    /// Whatever keeps the store from answering; the query then fails as a whole.
    fn select<'s>(&'s self, selection: &Selection<'_>)
    -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError>;
}

/// A selected series.
pub trait StoredSeries {
    /// Its labels, with the metric's name among them.
    fn labels(&self) -> &Labels;

    /// Appends its samples in the selected time, with rising timestamps and with the marks where it ended
    /// ([`STALE`](crate::STALE)). What lies outside of the selected time may be among them.
    ///
    /// # Errors
    ///
    /// Whatever keeps the store from reading them; the query then fails as a whole.
    fn read(&self, samples: &mut Vec<Sample>) -> Result<(), StoreError>;
}
