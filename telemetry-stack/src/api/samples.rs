//! What a store must be able to do beyond what a query needs.

use crate::history::{History, HistoryStats};
use std::collections::BTreeSet;
use telemetry_query::{Labels, Matcher, MemoryStore, Selection, Store};

/// A store that can tell which series there are. Times are in milliseconds since 1970, both ends included; with no set of matchers at
/// all, every series is meant.
pub trait Samples: Store + Send + Sync {
    /// Label sets of the series that satisfy all matchers of any of the sets, and that have samples in this time, in order.
    fn label_sets(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> Vec<Labels>;

    /// The names of the labels of those series.
    fn label_names(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String>;

    /// The values that a label has in those series.
    fn label_values(&self, name: &str, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String>;

    /// What the store holds.
    fn stats(&self) -> HistoryStats;
}

impl Samples for History {
    fn label_sets(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> Vec<Labels> {
        Self::label_sets(self, sets, start, end)
    }

    fn label_names(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        Self::label_names(self, sets, start, end)
    }

    fn label_values(&self, name: &str, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        Self::label_values(self, name, sets, start, end)
    }

    fn stats(&self) -> HistoryStats {
        Self::stats(self)
    }
}

/// For tests, and for small sets of samples that somebody wants to look at.
impl Samples for MemoryStore {
    fn label_sets(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> Vec<Labels> {
        let every = [Vec::new()];
        let sets = if sets.is_empty() { &every } else { sets };
        let selections = sets.iter().map(|matchers| Selection { matchers, start, end });
        let found: BTreeSet<_> = selections.flat_map(|selection| present(self, &selection)).collect();
        found.into_iter().collect()
    }

    fn label_names(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        let sets = self.label_sets(sets, start, end);
        sets.iter().flat_map(Labels::iter).map(|label| label.name.to_string()).collect()
    }

    fn label_values(&self, name: &str, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        let sets = self.label_sets(sets, start, end);
        let values = sets.iter().map(|labels| labels.get(name)).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    }

    fn stats(&self) -> HistoryStats {
        let series = self.label_sets(&[], i64::MIN, i64::MAX).len();
        HistoryStats { series, ..HistoryStats::default() }
    }
}

/// The selected series that have samples.
fn present(store: &MemoryStore, selection: &Selection<'_>) -> Vec<Labels> {
    let mut samples = Vec::new();
    let mut has_samples = |series: &dyn telemetry_query::StoredSeries| {
        samples.clear();
        series.read(&mut samples).is_ok() && !samples.is_empty()
    };
    let selected = store.select(selection).unwrap_or_default();
    selected.iter().filter(|series| has_samples(&***series)).map(|series| series.labels().clone()).collect()
}
