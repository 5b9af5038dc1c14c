//! Which series there are, and finding those that a selector means.

use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use telemetry_query::{Label, Labels, Matcher};

type Map<K, V> = HashMap<K, V, RandomState>;

/// Label sets by number, and for each label the series that have it. Each text is in memory once, however many series it labels.
#[derive(Debug, Default)]
pub(super) struct Index {
    labels: Vec<Option<Labels>>,
    numbers: Map<Labels, u32>,
    postings: Map<Arc<str>, Map<Arc<str>, Vec<u32>>>,
}

impl Index {
    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number that the next series gets. Numbers are not used again, so nobody's old number is another series.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.labels.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn number(&self, labels: &Labels) -> Option<u32> {
        self.numbers.get(labels).copied()
    }

    pub(super) fn labels(&self, series: u32) -> Option<&Labels> {
        self.labels.get(series as usize)?.as_ref()
    }

    /// Adds a series, whose number is not smaller than [`next`](Self::next).
    pub(super) fn insert(&mut self, series: u32, labels: &Labels) {
        let interned: Labels = labels.iter().map(|label| self.intern(label)).collect();
        for label in interned.iter() {
            let values = self.postings.entry(Arc::clone(&label.name)).or_default();
            values.entry(Arc::clone(&label.value)).or_default().push(series);
        }
        self.numbers.insert(interned.clone(), series);
        self.labels.resize(series as usize, None);
        self.labels.push(Some(interned));
    }

    fn intern(&self, label: &Label) -> Label {
        let known = self.postings.get_key_value(&label.name);
        let name = known.map_or(&label.name, |(name, _)| name);
        let value = known.and_then(|(_, values)| values.get_key_value(&label.value)).map(|(value, _)| value);
        // The name of a metric is a value of `__name__` and may be another label's as well; that much is not shared.
        Label { name: Arc::clone(name), value: Arc::clone(value.unwrap_or(&label.value)) }
    }

    /// Removes series, which are sorted.
    pub(super) fn remove(&mut self, series: &[u32]) {
        let mut labels = HashSet::new();
        for number in series {
            let Some(removed) = self.labels.get_mut(*number as usize).and_then(Option::take) else {
                continue;
            };
            self.numbers.remove(&removed);
            labels.extend(removed.iter().cloned());
        }
        for Label { name, value } in labels {
            let Some(values) = self.postings.get_mut(&name) else { continue };
            if let Some(posting) = values.get_mut(&value) {
                posting.retain(|number| series.binary_search(number).is_err());
                posting.shrink_to_fit();
            }
            values.retain(|_, posting| !posting.is_empty());
            if values.is_empty() {
                self.postings.remove(&name);
            }
        }
    }

    /// All series, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        let known = |(number, labels): (usize, &Option<Labels>)| labels.as_ref().map(|_| number as u32);
        self.labels.iter().enumerate().filter_map(known)
    }

    /// The names of labels, each with its values and their series.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Vec<u32>>)> {
        self.postings.iter().map(|(name, values)| (&**name, values.values()))
    }

    /// The values of a label, each with its series.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = (&str, &[u32])> {
        let values = self.postings.get(name).into_iter().flatten();
        values.map(|(value, posting)| (&**value, posting.as_slice()))
    }

    /// The series that satisfy all matchers, in order.
    pub(super) fn select(&self, matchers: &[Matcher]) -> Vec<u32> {
        let Some(mut chosen) = self.candidates(matchers) else { return Vec::new() };
        for matcher in matchers {
            match matcher.exactly() {
                Some(value) if !value.is_empty() => {
                    keep_common(&mut chosen, self.posting(&matcher.name, value));
                }
                _ => self.keep_accepted(&mut chosen, matcher),
            }
        }
        chosen
    }

    /// Series among which are all that satisfy the matchers, as few as one of them leaves.
    fn candidates(&self, matchers: &[Matcher]) -> Option<Vec<u32>> {
        let needed = || matchers.iter().filter(|matcher| !matcher.accepts(""));
        let exact = needed().filter_map(|matcher| Some(self.posting(&matcher.name, matcher.exactly()?)));
        if let Some(fewest) = exact.min_by_key(|posting| posting.len()) {
            return Some(fewest.to_vec());
        }
        match needed().next() {
            Some(matcher) => Some(self.union(matcher)),
            None => Some(self.all().collect()),
        }
    }

    fn posting(&self, name: &str, value: &str) -> &[u32] {
        self.postings.get(name).and_then(|values| values.get(value)).map_or(&[], Vec::as_slice)
    }

    fn union(&self, matcher: &Matcher) -> Vec<u32> {
        let accepted = self.values(&matcher.name).filter(|(value, _)| matcher.accepts(value));
        let mut union: Vec<u32> = accepted.flat_map(|(_, posting)| posting).copied().collect();
        union.sort_unstable();
        union
    }

    /// Keeps those whose value is accepted, and asks the matcher once for each value: an expression is slow to match.
    fn keep_accepted(&self, chosen: &mut Vec<u32>, matcher: &Matcher) {
        let mut known: Map<*const u8, bool> = Map::default();
        chosen.retain(|series| {
            let value = self.labels(*series).map_or("", |labels| labels.get(&matcher.name));
            // Texts are shared, so where a text is tells which it is; all that are empty are the same.
            let place = if value.is_empty() { std::ptr::null() } else { value.as_ptr() };
            *known.entry(place).or_insert_with(|| matcher.accepts(value))
        });
    }
}

/// Keeps those that are in both lists, which are sorted.
fn keep_common(chosen: &mut Vec<u32>, posting: &[u32]) {
    if posting.len() > 16 * chosen.len() {
        return chosen.retain(|series| posting.binary_search(series).is_ok());
    }
    let mut rest = posting.iter().copied().peekable();
    chosen.retain(|series| {
        while rest.next_if(|other| other < series).is_some() {}
        rest.peek() == Some(series)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use telemetry_query::{Query, Selection};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().copied())
    }

    fn index(sets: &[Labels]) -> Index {
        let mut index = Index::default();
        for set in sets {
            if index.number(set).is_none() {
                index.insert(index.next(), set);
            }
        }
        index
    }

    #[test]
    fn every_text_is_there_once() {
        let index = index(&[labels(&[("a", "x"), ("b", "y")]), labels(&[("a", "x"), ("b", "z")])]);
        let first = |series| index.labels(series).unwrap().iter().next().unwrap().clone();
        assert!(Arc::ptr_eq(&first(0).name, &first(1).name));
        assert!(Arc::ptr_eq(&first(0).value, &first(1).value));
    }

    #[test]
    fn what_is_removed_is_gone_and_its_number_not_used_again() {
        let sets = [labels(&[("a", "x"), ("b", "y")]), labels(&[("a", "x")]), labels(&[("c", "x")])];
        let mut index = index(&sets);
        index.remove(&[0, 2]);
        assert_eq!((index.len(), index.next(), index.number(&sets[0])), (1, 3, None));
        assert_eq!(index.select(&[Matcher::equal("a", "x")]), [1]);
        assert_eq!(index.all().collect::<Vec<_>>(), [1]);
        assert_eq!(index.names().map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
        assert_eq!(index.values("b").count(), 0);
    }

    fn some_matcher() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["a", "b", "c"]);
        let operator = prop::sample::select(vec!["=", "!=", "=~", "!~"]);
        let value = prop::sample::select(vec!["", "x", "y", "z", "x|y", ".*", ".+", "", "(x|)", "no"]);
        (name, operator, value).prop_map(|(name, operator, value)| format!("{name}{operator}\"{value}\""))
    }

    /// Matchers as a query makes them.
    fn matchers(texts: &[String]) -> Vec<Matcher> {
        use telemetry_query::{Store, StoreError, StoredSeries};
        struct Spy(std::cell::RefCell<Vec<Matcher>>);
        impl Store for Spy {
            fn select<'s>(
                &'s self,
                selection: &Selection<'_>,
            ) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
                *self.0.borrow_mut() = selection.matchers.to_vec();
                Ok(Vec::new())
            }
        }
        let spy = Spy(Vec::new().into());
        let text = format!("{{always=\"\",__name__=~\"m|\",{}}}", texts.join(","));
        // A selector must not accept everything; this condition is accepted by every series here.
        let text = text.replace("always=\"\"", "d=\"d\"");
        Query::parse(&text).unwrap().instant(&spy, 0, &telemetry_query::Limits::default()).unwrap();
        spy.0.into_inner()
    }

    proptest! {
        #[test]
        fn selects_what_the_matchers_accept(
            sets in prop::collection::vec(prop::collection::vec(prop::sample::select(vec!["", "x", "y", "z"]), 3), 0..40),
            texts in prop::collection::vec(some_matcher(), 0..4),
            removed in prop::collection::btree_set(0..40_u32, 0..10),
        ) {
            let set = |values: Vec<&'static str>| labels(&[("a", values[0]), ("b", values[1]), ("c", values[2]), ("d", "d")]);
            let mut index = index(&sets.into_iter().map(set).collect::<Vec<_>>());
            index.remove(&removed.into_iter().collect::<Vec<_>>());
            let matchers = matchers(&texts);
            for used in [&matchers[..], &matchers[1..]] {
                let selection = Selection { matchers: used, start: 0, end: 0 };
                let wanted = index.all().filter(|series| selection.accepts(index.labels(*series).unwrap()));
                prop_assert_eq!(index.select(used), wanted.collect::<Vec<_>>());
            }
        }
    }
}
