//! Where a label set belongs among the series of its metric.
//!
//! A metric without open labels has a place for each combination of its closed values. Any other finds its series by a *key*: the open
//! values and the number of the combination. So does a metric whose closed values have so many combinations that most of their places
//! would stay empty.

use crate::label::LabelSet;
use crate::metric::{LabelDef, MetricDef, Values, combinations, count_open, unkeyed};

/// How the series of a metric are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How many places there are; none where series have keys.
    pub(crate) places: usize,
    /// How many open values a key has.
    pub(crate) open: usize,
    /// How many combinations its closed values have.
    pub(crate) combinations: usize,
}

impl Shape {
    pub(super) const fn of(labels: &[LabelDef]) -> Self {
        Self { places: unkeyed(labels), open: count_open(labels), combinations: combinations(labels) }
    }

    pub(crate) const fn is_keyed(&self) -> bool {
        self.places == 0
    }
}

/// A label set that says where it belongs.
pub(crate) trait Place: Copy {
    /// At least as many texts as there are open labels.
    type Texts<'p>: AsRef<[&'p str]>
    where
        Self: 'p;

    fn shape(&self) -> Shape;

    /// The number of the combination of closed values, which is the place where there are places.
    fn combination(&self) -> usize;

    /// The open values, in their order. There may be more texts behind them.
    fn open_values(&self) -> Self::Texts<'_>;
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

    /// The combination of a label set, after checking that it is the same for one that is written out, and that the values come back.
    fn place_of(known: &impl Place, def: &'static MetricDef, values: &[&str]) -> usize {
        let written = Written { def, values };
        assert_eq!((known.shape(), known.combination()), (written.shape(), written.combination()));
        assert_eq!(open(known), open(&written));
        come_back(known, def, values);
        known.combination()
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
        let place = |status| Written { def: AGENT_RUNS.def(), values: &["a", status, "b"] }.combination();
        assert_eq!(place("sideways"), place("other"));
    }

    #[test]
    fn a_metric_without_labels_has_one_place_and_no_key() {
        let known = Known(AxeLumberjackRestarts);
        assert_eq!(known.shape(), Shape { places: 1, open: 0, combinations: 1 });
        assert_eq!(place_of(&known, AXE_LUMBERJACK_RESTARTS.def(), &[]), 0);
        assert!(open(&known).is_empty() && !known.shape().is_keyed());
    }

    #[test]
    fn very_many_combinations_have_keys_instead_of_places() {
        const KNOWN: [KnownValue; 20] = {
            let mut known = [KnownValue { text: "other", failure: false }; 20];
            (known[3].text, known[7].text) = ("three", "seven");
            known
        };
        const LABEL: LabelDef = LabelDef { name: "a", values: Values::Closed(&KNOWN) };
        static DEF: MetricDef =
            MetricDef { labels: &[LABEL, LabelDef { name: "b", ..LABEL }], ..*AGENT_RUNS.def() };
        let place = Written { def: &DEF, values: &["three", "seven"] };
        assert_eq!(place.shape(), Shape { places: 0, open: 0, combinations: 400 });
        assert!(place.shape().is_keyed());
        assert_eq!(place.combination(), 67);
        come_back(&place, &DEF, &["three", "seven"]);
    }
}
