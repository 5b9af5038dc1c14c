//! Where a label set belongs among the series of its metric.
//!
//! The open values are the *key* of a block of series, and the combination of the closed values is a place in that block. A metric
//! without open labels has one block and needs no key. Where the closed labels have so many combinations that blocks would be large
//! and empty, the number of the combination is part of the key and a block has one series.

use crate::label::LabelSet;
use crate::metric::{LARGEST_BLOCK, LabelDef, MetricDef, Values, combinations, has_open};

/// How the labels of a metric are split into key and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How many series a block has.
    pub(crate) block: usize,
    /// Whether blocks have keys; if not, there is one.
    pub(crate) is_keyed: bool,
    /// Whether the number of the combination is in the key, in front.
    pub(crate) combination_in_key: bool,
}

impl Shape {
    pub(super) const fn of(labels: &[LabelDef]) -> Self {
        let combinations = combinations(labels);
        let combination_in_key = combinations > LARGEST_BLOCK;
        let block = if combination_in_key { 1 } else { combinations };
        Self { block, is_keyed: combination_in_key || has_open(labels), combination_in_key }
    }
}

/// A label set that says where it belongs.
pub(crate) trait Place: Copy {
    #[doc(hidden)]
    fn shape(&self) -> Shape;

    #[doc(hidden)]
    fn combination(&self) -> usize;

    #[doc(hidden)]
    fn fold_open<A>(&self, start: A, f: impl FnMut(A, &str) -> A) -> A;

    /// The place in the block.
    #[inline(always)]
    fn index(&self) -> usize {
        if self.shape().combination_in_key { 0 } else { self.combination() }
    }

    /// Gives the parts of the key to `f`, in their order, with what it made of those before.
    #[inline(always)]
    fn fold_key<A>(&self, start: A, mut f: impl FnMut(A, &[u8]) -> A) -> A {
        let start =
            if self.shape().combination_in_key { f(start, &self.combination().to_le_bytes()) } else { start };
        self.fold_open(start, |before, value| f(before, value.as_bytes()))
    }
}

/// A label set of which the compiler knows the labels.
#[derive(Clone, Copy)]
pub(crate) struct Known<L>(pub(crate) L);

impl<L: LabelSet> Known<L> {
    const SHAPE: Shape = Shape::of(L::LABELS);
}

impl<L: LabelSet> Place for Known<L> {
    #[inline]
    fn shape(&self) -> Shape {
        Self::SHAPE
    }

    #[inline(always)]
    fn combination(&self) -> usize {
        self.0.combination()
    }

    #[inline(always)]
    fn fold_open<A>(&self, start: A, f: impl FnMut(A, &str) -> A) -> A {
        self.0.fold_open(start, f)
    }
}

/// A label set that is written out, one value for each label. A value that a closed label does not know is its last one.
#[derive(Clone, Copy)]
pub(crate) struct Written<'v> {
    pub(crate) def: &'static MetricDef,
    pub(crate) values: &'v [&'v str],
}

impl Place for Written<'_> {
    fn shape(&self) -> Shape {
        Shape::of(self.def.labels)
    }

    fn combination(&self) -> usize {
        let labels = self.def.labels.iter().zip(self.values);
        labels.fold(0, |combination, (label, value)| match label.values {
            Values::Open => combination,
            Values::Closed(known) => {
                let position = known.iter().position(|known| known.text == *value);
                combination * known.len() + position.unwrap_or(known.len() - 1)
            }
        })
    }

    fn fold_open<A>(&self, start: A, f: impl FnMut(A, &str) -> A) -> A {
        let labels = self.def.labels.iter().zip(self.values);
        let open = labels.filter(|(label, _)| label.values == Values::Open);
        open.map(|(_, value)| *value).fold(start, f)
    }
}

/// The values of all labels of a series, in the order of the definition.
pub(super) type LabelValues = Box<[Box<str>]>;

/// The values of all labels, from the parts of a key and a place in its block.
pub(super) fn values<'k>(
    def: &MetricDef,
    mut key: impl Iterator<Item = &'k [u8]>,
    index: usize,
) -> LabelValues {
    let mut combination = index;
    if Shape::of(def.labels).combination_in_key {
        let written = key.next().and_then(|part| part.try_into().ok());
        combination = written.map_or(0, usize::from_le_bytes);
    }
    let mut weight = combinations(def.labels);
    let value = |label: &LabelDef| match label.values {
        Values::Open => Box::from(String::from_utf8_lossy(key.next().unwrap_or_default())),
        Values::Closed(known) => {
            weight /= known.len();
            Box::from(known[combination / weight % known.len()].text)
        }
    };
    def.labels.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::{Known, Place, Shape, Written, values};
    use crate::catalog::{
        AGENT_RUNS, AXE_LUMBERJACK_RESTARTS, AgentRuns, AxeLumberjackRestarts, RunStatus, VCS_OPERATIONS,
        VcsOperation, VcsOperations, VcsStatus,
    };
    use crate::metric::{KnownValue, LabelDef, MetricDef, Values};

    fn parts(place: &impl Place) -> Vec<Vec<u8>> {
        place.fold_key(Vec::new(), |mut parts, part| {
            parts.push(part.to_vec());
            parts
        })
    }

    /// The place of a label set, after checking that it is the same for one that is written out, and that the values come back.
    fn place_of(known: &impl Place, def: &'static MetricDef, values: &[&str]) -> usize {
        let written = Written { def, values };
        assert_eq!((known.shape(), known.index()), (written.shape(), written.index()));
        assert_eq!(parts(known), parts(&written));
        come_back(known, def, values);
        known.index()
    }

    fn come_back(place: &impl Place, def: &MetricDef, expected: &[&str]) {
        let key = parts(place);
        let values = values(def, key.iter().map(Vec::as_slice), place.index());
        assert_eq!(values.iter().map(AsRef::as_ref).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_combination_of_closed_values_has_a_place_of_its_own() {
        let mut places = Vec::new();
        for &operation in VcsOperation::ALL {
            for &status in VcsStatus::ALL {
                let known = Known(VcsOperations { provider: "git", operation, status });
                let values = ["git", operation.as_str(), status.as_str()];
                places.push(place_of(&known, VCS_OPERATIONS.def(), &values));
            }
        }
        assert_eq!(places, (0..VcsOperation::ALL.len() * VcsStatus::ALL.len()).collect::<Vec<_>>());
    }

    #[test]
    fn open_values_around_a_closed_one_are_the_key() {
        let known = Known(AgentRuns { llm_provider: "a", status: RunStatus::Error, workflow: "ü b" });
        assert_eq!(place_of(&known, AGENT_RUNS.def(), &["a", "error", "ü b"]), 1);
        assert_eq!(parts(&known), [b"a".to_vec(), "ü b".into()]);
    }

    #[test]
    fn an_unknown_value_of_a_closed_label_is_the_last_one() {
        let place = |status| Written { def: AGENT_RUNS.def(), values: &["a", status, "b"] }.index();
        assert_eq!(place("sideways"), place("other"));
    }

    #[test]
    fn a_metric_without_labels_has_one_place_and_no_key() {
        let known = Known(AxeLumberjackRestarts);
        assert_eq!(known.shape(), Shape { block: 1, is_keyed: false, combination_in_key: false });
        assert_eq!(place_of(&known, AXE_LUMBERJACK_RESTARTS.def(), &[]), 0);
        assert!(parts(&known).is_empty());
    }

    #[test]
    fn very_many_combinations_go_into_the_key() {
        const KNOWN: [KnownValue; 20] = {
            let mut known = [KnownValue { text: "other", failure: false }; 20];
            (known[3].text, known[7].text) = ("three", "seven");
            known
        };
        const LABEL: LabelDef = LabelDef { name: "a", values: Values::Closed(&KNOWN) };
        static DEF: MetricDef =
            MetricDef { labels: &[LABEL, LabelDef { name: "b", ..LABEL }], ..*AGENT_RUNS.def() };
        let place = Written { def: &DEF, values: &["three", "seven"] };
        assert_eq!(place.shape(), Shape { block: 1, is_keyed: true, combination_in_key: true });
        assert_eq!((place.combination(), place.index(), parts(&place).len()), (67, 0, 1));
        come_back(&place, &DEF, &["three", "seven"]);
    }
}
