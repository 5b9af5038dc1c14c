//! A store in memory, for tests and for small sets of samples that have just been read.

use std::collections::{BTreeMap, HashMap};

use crate::labels::{Label, Labels};
use crate::sample::Sample;
use crate::store::{Selection, Store, StoreError, StoredSeries};

/// Series and their samples in memory, found by an index of all labels.
///
/// ```
/// use telemetry_query::{Labels, MemoryStore, Sample};
///
/// let mut store = MemoryStore::default();
/// store.append(&Labels::new([("__name__", "up")]), [Sample::new(0, 1.0), Sample::new(15_000, 1.0)]);
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    series: Vec<(Labels, BTreeMap<i64, f64>)>,
    known: HashMap<Labels, usize>,
    /// The positions of all series that have a label, in rising order.
    index: HashMap<Label, Vec<usize>>,
}

impl MemoryStore {
    /// Adds samples to a series, which begins with them if it is new. A second sample of the same time replaces the first.
    pub fn append(&mut self, labels: &Labels, samples: impl IntoIterator<Item = Sample>) {
        let position = self.known.get(labels).copied().unwrap_or_else(|| self.begin(labels));
        if let Some((_, stored)) = self.series.get_mut(position) {
            stored.extend(samples.into_iter().map(|sample| (sample.timestamp, sample.value)));
        }
    }

    fn begin(&mut self, labels: &Labels) -> usize {
        let position = self.series.len();
        self.series.push((labels.clone(), BTreeMap::new()));
        self.known.insert(labels.clone(), position);
        for label in labels.iter() {
            self.index.entry(label.clone()).or_default().push(position);
        }
        position
    }

    /// The positions among which all accepted series are: those of the rarest label that is required.
    fn candidates(&self, selection: &Selection<'_>) -> Vec<usize> {
        let required = selection.matchers.iter().filter_map(|matcher| Some((matcher, matcher.exactly()?)));
        let listed = required.filter(|(_, value)| !value.is_empty()).map(|(matcher, value)| {
            let label = Label { name: matcher.name.as_str().into(), value: value.into() };
            self.index.get(&label).map_or(&[][..], Vec::as_slice)
        });
        listed
            .min_by_key(|list| list.len())
            .map_or_else(|| (0..self.series.len()).collect(), <[usize]>::to_vec)
    }
}

impl Store for MemoryStore {
    fn select<'s>(
        &'s self,
        selection: &Selection<'_>,
    ) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
        let candidates = self.candidates(selection);
        let all = candidates.into_iter().filter_map(|position| self.series.get(position));
        let chosen = all.filter(|(labels, _)| selection.accepts(labels)).map(|(labels, samples)| {
            let (start, end) = (selection.start, selection.end);
            Box::new(Chosen { labels, samples, start, end }) as Box<dyn StoredSeries>
        });
        Ok(chosen.collect())
    }
}

struct Chosen<'s> {
    labels: &'s Labels,
    samples: &'s BTreeMap<i64, f64>,
    start: i64,
    end: i64,
}

impl StoredSeries for Chosen<'_> {
    fn labels(&self) -> &Labels {
        self.labels
    }

    fn read(&self, samples: &mut Vec<Sample>) -> Result<(), StoreError> {
        if self.start <= self.end {
            let range = self.samples.range(self.start..=self.end);
            samples.extend(range.map(|(&timestamp, &value)| Sample { timestamp, value }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::{Condition, Matcher};

    fn found(store: &MemoryStore, matchers: &[Matcher]) -> Vec<String> {
        let selection = Selection { matchers, start: 0, end: 10 };
        store.select(&selection).unwrap().iter().map(|series| series.labels().get("i").to_owned()).collect()
    }

    #[test]
    fn series_are_found_by_any_matcher_and_read_within_the_time() {
        let mut store = MemoryStore::default();
        for i in 0..4 {
            let labels = Labels::new([("__name__", "x".to_owned()), ("i", i.to_string())]);
            store.append(&labels, [0, 10, 11].map(|time| Sample::new(time, f64::from(i))));
        }
        assert_eq!(found(&store, &[Matcher::equal("__name__", "x"), Matcher::equal("i", "2")]), ["2"]);
        assert_eq!(found(&store, &[Matcher::equal("i", "7")]), Vec::<String>::new());
        let not = Matcher { name: "i".to_owned(), condition: Condition::NotEqual("1".to_owned()) };
        assert_eq!(found(&store, &[not]), ["0", "2", "3"]);
        assert_eq!(found(&store, &[Matcher::equal("other", "")]).len(), 4);
        let matchers = [Matcher::equal("i", "3")];
        let mut samples = Vec::new();
        let selection = Selection { matchers: &matchers, start: 1, end: 10 };
        store.select(&selection).unwrap()[0].read(&mut samples).unwrap();
        assert_eq!(samples, [Sample::new(10, 3.0)]);
    }
}
