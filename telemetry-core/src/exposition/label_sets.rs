//! Finding a metric by its labels, in whatever order a line has them.
//!
//! The index holds hashes and positions only; the labels themselves stay in the metrics. The hash has a secret key,
//! so that nobody can write an exposition whose label sets all collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use super::model::{Label, Metric};

/// The labels of a line without the one that tells the lines of one metric apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelSet<'l, 'a> {
    labels: &'l [Label<'a>],
    without: Option<&'static str>,
}

impl<'l, 'a> LabelSet<'l, 'a> {
    pub(super) fn new(labels: &'l [Label<'a>], without: Option<&'static str>) -> Self {
        Self { labels, without }
    }

    fn iter(self) -> impl Iterator<Item = &'l Label<'a>> {
        self.labels.iter().filter(move |label| self.without.is_none_or(|without| label.name != without))
    }

    pub(super) fn to_vec(self) -> Vec<Label<'a>> {
        match self.without {
            None => self.labels.to_vec(),
            Some(_) => self.iter().cloned().collect(),
        }
    }

    /// Whether these are the labels of `other`, in the same order.
    pub(super) fn same_in_order(self, other: &[Label<'_>]) -> bool {
        self.iter().eq(other)
    }

    /// Whether these are the labels of `other`, in any order.
    fn same(self, other: &[Label<'_>]) -> bool {
        let same_names = self.iter().map(|label| &label.name).eq(other.iter().map(|label| &label.name));
        // A name occurs once, so that with equal names only the values beside each other can be the same.
        if same_names { self.same_in_order(other) } else { sorted(self.iter()) == sorted(other.iter()) }
    }

    /// The same number for the same labels in any order.
    fn hash(self, key: &RandomState) -> u64 {
        self.iter().map(|label| hash_label(label, key)).fold(0, u64::wrapping_add)
    }
}

fn sorted<'l>(labels: impl Iterator<Item = &'l Label<'l>>) -> Vec<(&'l str, &'l str)> {
    let mut pairs: Vec<_> = labels.map(|label| (&*label.name, &*label.value)).collect();
    pairs.sort_unstable();
    pairs
}

fn hash_label(label: &Label<'_>, key: &RandomState) -> u64 {
    let mut hasher = key.build_hasher();
    hasher.write(label.name.as_bytes());
    // No text has this byte, so that `ab` with `c` and `a` with `bc` differ.
    hasher.write_u8(0xff);
    hasher.write(label.value.as_bytes());
    hasher.finish()
}

/// The metrics of one family by their labels.
#[derive(Debug, Default)]
pub(super) struct LabelSetIndex {
    /// The latest metric with each hash.
    latest: HashMap<u64, usize, BuildHasherDefault<AlreadyHashed>>,
    /// For each metric the one before it with the same hash, which is nearly always none.
    earlier: Vec<Option<usize>>,
}

/// Where a metric is, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The family has it, at this position.
    Known(usize),
    /// The family does not have it; with its hash for [`LabelSetIndex::push`] if one was needed to find that out.
    New(Option<u64>),
}

impl LabelSetIndex {
    /// Looks for the labels among those of the family's metrics.
    pub(super) fn find(&mut self, set: LabelSet<'_, '_>, key: &RandomState, metrics: &[Metric<'_>]) -> Place {
        /// Most families have few metrics; up to so many, comparing is faster than hashing.
        const FEW: usize = 4;
        if metrics.len() <= FEW {
            let known = metrics.iter().rposition(|metric| set.same(&metric.labels));
            return known.map_or(Place::New(None), Place::Known);
        }
        for metric in metrics.iter().skip(self.earlier.len()) {
            self.push(LabelSet::new(&metric.labels, None).hash(key));
        }
        self.find_by_hash(set, set.hash(key), metrics)
    }

    fn find_by_hash(&self, set: LabelSet<'_, '_>, hash: u64, metrics: &[Metric<'_>]) -> Place {
        let mut candidate = self.latest.get(&hash).copied();
        while let Some(at) = candidate {
            if metrics.get(at).is_some_and(|metric| set.same(&metric.labels)) {
                return Place::Known(at);
            }
            candidate = self.earlier.get(at).copied().flatten();
        }
        Place::New(Some(hash))
    }

    /// Adds the family's next metric.
    pub(super) fn push(&mut self, hash: u64) {
        let at = self.earlier.len();
        self.earlier.push(self.latest.insert(hash, at));
    }
}

/// Takes a hash for its own hash.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&'static str, &'static str)]) -> Vec<Label<'static>> {
        pairs.iter().map(|(name, value)| Label::new(*name, *value)).collect()
    }

    #[test]
    fn order_does_not_matter_and_the_left_out_label_neither() {
        let key = RandomState::new();
        let stored = labels(&[("a", "1"), ("b", "2")]);
        let given = labels(&[("b", "2"), ("le", "5"), ("a", "1")]);
        let set = LabelSet::new(&given, Some("le"));
        assert_eq!(set.hash(&key), LabelSet::new(&stored, None).hash(&key));
        assert!(set.same(&stored) && !set.same_in_order(&stored));
        assert!(!LabelSet::new(&given, None).same(&stored));
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        let key = RandomState::new();
        let (one, other) = (labels(&[("ab", "c")]), labels(&[("a", "bc")]));
        assert_ne!(LabelSet::new(&one, None).hash(&key), LabelSet::new(&other, None).hash(&key));
    }

    #[test]
    fn colliding_metrics_are_all_found() {
        let key = RandomState::new();
        let metrics = ["1", "2", "3"].map(|value| Metric::gauge(labels(&[("a", value)]), 0.0));
        let wanted = LabelSet::new(&metrics[1].labels, None);
        let mut index = LabelSetIndex::default();
        for _ in &metrics {
            index.push(wanted.hash(&key));
        }
        assert_eq!(index.find_by_hash(wanted, wanted.hash(&key), &metrics), Place::Known(1));
    }

    #[test]
    fn metrics_are_found_among_few_and_many() {
        let key = RandomState::new();
        for count in 1..10 {
            let values: Vec<_> = (0..count).map(|n| n.to_string()).collect();
            let metrics: Vec<_> =
                values.iter().map(|value| Metric::gauge(vec![Label::new("a", value)], 0.0)).collect();
            let mut index = LabelSetIndex::default();
            for (at, metric) in metrics.iter().enumerate() {
                assert_eq!(index.find(LabelSet::new(&metric.labels, None), &key, &metrics), Place::Known(at));
            }
            let absent = labels(&[("a", "x")]);
            assert!(matches!(index.find(LabelSet::new(&absent, None), &key, &metrics), Place::New(_)));
        }
    }
}
