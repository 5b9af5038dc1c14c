//! Where a label set belongs among the series of its metric.
//!
//! The open values are the *key* of a block of series, and the combination of the closed values is a place in that block. A metric
//! without open labels has one block and needs no key. Where the closed labels have so many combinations that blocks would be large
//! and empty, the number of the combination is part of the key and a block has one series.

use crate::label::LabelSet;
use crate::metric::{LARGEST_BLOCK, LabelDef, MetricDef, Values, combinations, count_open};

/// How the labels of a metric are split into key and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How many series a block has.
    pub(crate) block: usize,
    /// How many open values a key has.
    pub(crate) open: usize,
    /// Whether the number of the combination is in the key too.
    pub(crate) combination_in_key: bool,
}

impl Shape {
    pub(super) const fn of(labels: &[LabelDef]) -> Self {
        let combinations = combinations(labels);
        let combination_in_key = combinations > LARGEST_BLOCK;
        let block = if combination_in_key { 1 } else { combinations };
        Self { block, open: count_open(labels), combination_in_key }
    }

    /// Whether blocks have keys; if not, there is one.
    pub(crate) const fn is_keyed(&self) -> bool {
        self.open > 0 || self.combination_in_key
    }
}

/// A label set that says where it belongs.
pub(crate) trait Place: Copy {
    /// At least as many texts as there are open labels.
    type Texts<'p>: AsRef<[&'p str]>
    where
        Self: 'p;

    fn shape(&self) -> Shape;

    fn combination(&self) -> usize;

    /// The open values, in their order. There may be more texts behind them.
    fn open_values(&self) -> Self::Texts<'_>;

    /// The place in the block.
    #[inline(always)]
    fn index(&self) -> usize {
        if self.shape().combination_in_key { 0 } else { self.combination() }
    }

    /// The number of the combination as far as it belongs to the key.
    #[inline(always)]
    fn combination_of_key(&self) -> usize {
        if self.shape().combination_in_key { self.combination() } else { 0 }
    }
}

/// A label set of which the compiler knows the labels.
#[derive(Clone, Copy)]
pub(crate) struct Known<L>(pub(crate) L);

impl<L: LabelSet> Known<L> {
    const SHAPE: Shape = Shape::of(L::LABELS);
}

impl<L: LabelSet> Place for Known<L> {
    type Texts<'p>
        = L::Texts<'p>
    where
        Self: 'p;

    #[inline(always)]
    fn shape(&self) -> Shape {
        Self::SHAPE
    }

    #[inline(always)]
    fn combination(&self) -> usize {
        self.0.combination()
    }

    #[inline(always)]
    fn open_values(&self) -> Self::Texts<'_> {
        self.0.open_values()
    }
}

/// A label set that is written out, one value for each label. A value that a closed label does not know is its last one.
#[derive(Clone, Copy)]
pub(crate) struct Written<'v> {
    pub(crate) def: &'static MetricDef,
    pub(crate) values: &'v [&'v str],
}

impl Place for Written<'_> {
    type Texts<'p>
        = Vec<&'p str>
    where
        Self: 'p;

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

    fn open_values(&self) -> Vec<&str> {
        let labels = self.def.labels.iter().zip(self.values);
        labels.filter(|(label, _)| label.values == Values::Open).map(|(_, value)| *value).collect()
    }
}

/// The values of all labels of a series, in the order of the definition.
pub(super) type LabelValues = Box<[Box<str>]>;

/// The values of all labels, from the open ones and the number of the combination of the closed ones.
pub(super) fn values<'k>(
    def: &MetricDef,
    mut open: impl Iterator<Item = &'k str>,
    combination: usize,
) -> LabelValues {
    let mut weight = combinations(def.labels);
    let value = |label: &LabelDef| match label.values {
        Values::Open => Box::from(open.next().unwrap_or_default()),
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

    fn open(place: &impl Place) -> Vec<String> {
        place.open_values().as_ref()[..place.shape().open].iter().map(|value| (*value).to_owned()).collect()
    }

    /// The place of a label set, after checking that it is the same for one that is written out, and that the values come back.
    fn place_of(known: &impl Place, def: &'static MetricDef, values: &[&str]) -> usize {
        let written = Written { def, values };
        assert_eq!((known.shape(), known.index()), (written.shape(), written.index()));
        assert_eq!(open(known), open(&written));
        assert_eq!(known.combination_of_key(), written.combination_of_key());
        come_back(known, def, values);
        known.index()
    }

    fn come_back(place: &impl Place, def: &MetricDef, expected: &[&str]) {
        let open = open(place);
        let values = values(def, open.iter().map(String::as_str), place.combination());
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
        assert_eq!(open(&known), ["a", "ü b"]);
    }

    #[test]
    fn an_unknown_value_of_a_closed_label_is_the_last_one() {
        let place = |status| Written { def: AGENT_RUNS.def(), values: &["a", status, "b"] }.index();
        assert_eq!(place("sideways"), place("other"));
    }

    #[test]
    fn a_metric_without_labels_has_one_place_and_no_key() {
        let known = Known(AxeLumberjackRestarts);
        assert_eq!(known.shape(), Shape { block: 1, open: 0, combination_in_key: false });
        assert_eq!(place_of(&known, AXE_LUMBERJACK_RESTARTS.def(), &[]), 0);
        assert!(open(&known).is_empty() && !known.shape().is_keyed());
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
        assert_eq!(place.shape(), Shape { block: 1, open: 0, combination_in_key: true });
        assert!(place.shape().is_keyed());
        assert_eq!((place.combination(), place.index(), place.combination_of_key()), (67, 0, 67));
        come_back(&place, &DEF, &["three", "seven"]);
    }
}
