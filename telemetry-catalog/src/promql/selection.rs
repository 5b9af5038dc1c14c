//! Which series of one metric are meant, checked against the declaration of the metric.

use crate::FailureRule;
use std::marker::PhantomData;
use telemetry_core::metric::{Kind, LabelDef, MetricDef, Values};
use telemetry_core::registry::OVERFLOW;
use telemetry_core::{Counter, Gauge, Histogram, Schema};

/// Marks a selection of counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counters {}

/// Marks a selection of gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gauges {}

/// Marks a selection of histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Histograms {}

/// The series of one metric, all of them or those with certain values of one label. `K` is the kind of the metric, so that a rate over
/// a gauge or a quantile of a counter does not compile.
///
/// ```
/// use telemetry_catalog::promql::{Selection, counter};
/// use telemetry_core::catalog::AGENT_RUNS;
///
/// let failed = counter(&AGENT_RUNS).failing();
/// assert_eq!(failed.matcher(), Some(("status", vec!["error"])));
/// assert_eq!(counter(&AGENT_RUNS).only("status", &["killed"]).matcher(), Some(("status", vec!["killed"])));
/// ```
///
/// In a constant, a label that the metric does not have and a value that nobody declared stop the build:
///
/// ```compile_fail,E0080
/// use telemetry_catalog::promql::{Counters, Selection, counter};
/// static KILLED: Selection<Counters> = counter(&telemetry_core::catalog::AGENT_RUNS).only("staus", &["killed"]);
/// # fn main() { let _ = KILLED; }
/// ```
///
/// ```compile_fail,E0080
/// use telemetry_catalog::promql::{Counters, Selection, counter};
/// static KILLED: Selection<Counters> = counter(&telemetry_core::catalog::AGENT_RUNS).only("status", &["kiled"]);
/// # fn main() { let _ = KILLED; }
/// ```
///
/// Neither does another kind of metric compile:
///
/// ```compile_fail,E0308
/// telemetry_catalog::promql::counter(&telemetry_core::catalog::AGENT_ACTIVE);
/// ```
#[derive(Debug, PartialEq)]
pub struct Selection<K> {
    def: &'static MetricDef,
    narrowed: Narrowed,
    kind: PhantomData<fn() -> K>,
}

// Derived, these would ask of the marker what nothing needs.
impl<K> Clone for Selection<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Selection<K> {}

/// Which of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Narrowed {
    All,
    To { label: &'static str, values: &'static [&'static str] },
    Failing,
}

/// Every series of a counter.
#[must_use]
pub const fn counter<S: Schema>(handle: &Counter<S>) -> Selection<Counters> {
    Selection::all(handle.def())
}

/// Every series of a gauge.
#[must_use]
pub const fn gauge<S: Schema>(handle: &Gauge<S>) -> Selection<Gauges> {
    Selection::all(handle.def())
}

/// Every series of a histogram.
#[must_use]
pub const fn histogram<S: Schema>(handle: &Histogram<S>) -> Selection<Histograms> {
    Selection::all(handle.def())
}

impl Selection<Counters> {
    /// Every series of a metric that is only known at run time, if it is a counter.
    #[must_use]
    pub const fn of_counter(def: &'static MetricDef) -> Option<Self> {
        if matches!(def.kind, Kind::Counter) { Some(Self::all(def)) } else { None }
    }
}

impl Selection<Gauges> {
    /// Every series of a metric that is only known at run time, if it is a gauge.
    #[must_use]
    pub const fn of_gauge(def: &'static MetricDef) -> Option<Self> {
        if matches!(def.kind, Kind::Gauge(_)) { Some(Self::all(def)) } else { None }
    }
}

impl Selection<Histograms> {
    /// Every series of a metric that is only known at run time, if it is a histogram.
    #[must_use]
    pub const fn of_histogram(def: &'static MetricDef) -> Option<Self> {
        if matches!(def.kind, Kind::Histogram(_)) { Some(Self::all(def)) } else { None }
    }
}

impl<K> Selection<K> {
    const fn all(def: &'static MetricDef) -> Self {
        Self { def, narrowed: Narrowed::All, kind: PhantomData }
    }

    /// Those with a value that the catalog declares as a failure.
    ///
    /// # Panics
    /// Where the metric declares none; in a constant that stops the build.
    #[must_use]
    pub const fn failing(self) -> Self {
        assert!(declares_failure(self.def.labels), "the metric has no value that is declared as a failure");
        Self { narrowed: Narrowed::Failing, ..self }
    }

    /// Those whose label has one of these values.
    ///
    /// # Panics
    /// Where the metric has no such label, or the label is closed and a value is not among the declared ones; in a constant that stops
    /// the build.
    #[must_use]
    pub const fn only(self, label: &'static str, values: &'static [&'static str]) -> Self {
        let mut at = 0;
        assert!(!values.is_empty(), "a selection needs a value");
        while at < values.len() {
            assert!(declares(self.def.labels, label, values[at]), "the metric has no such label or value");
            at += 1;
        }
        Self { narrowed: Narrowed::To { label, values }, ..self }
    }

    /// What is counted together, whatever its labels were, since there were too many label sets.
    ///
    /// # Panics
    /// Where the metric has no labels; in a constant that stops the build.
    #[must_use]
    pub const fn folded(self) -> Self {
        assert!(!self.def.labels.is_empty(), "the metric has no labels, and so never too many label sets");
        Self { narrowed: Narrowed::To { label: self.def.labels[0].name, values: &[OVERFLOW] }, ..self }
    }

    /// The metric.
    #[must_use]
    pub const fn def(&self) -> &'static MetricDef {
        self.def
    }

    /// The label and its values, where the selection is narrowed.
    #[must_use]
    pub fn matcher(&self) -> Option<(&'static str, Vec<&'static str>)> {
        match self.narrowed {
            Narrowed::All => None,
            Narrowed::To { label, values } => Some((label, values.to_vec())),
            Narrowed::Failing => FailureRule::of(self.def).map(|rule| (rule.label, rule.failing)),
        }
    }

    /// The name of the metric without the `_total` of a counter, and the chosen values: how a recording rule is named after it.
    pub(crate) fn stem(&self) -> String {
        let name = self.def.name.strip_suffix("_total").unwrap_or(self.def.name);
        let values = self.matcher().map(|(_, values)| format!("_{}", values.join("_")));
        format!("{name}{}", values.unwrap_or_default())
    }
}

/// Whether every one of these labels is the metric's own; for constants.
#[must_use]
pub(crate) const fn has_labels(def: &MetricDef, labels: &[&str]) -> bool {
    let mut at = 0;
    while at < labels.len() {
        if find(def.labels, labels[at]).is_none() {
            return false;
        }
        at += 1;
    }
    true
}

const fn declares_failure(labels: &[LabelDef]) -> bool {
    let mut at = 0;
    while at < labels.len() {
        if let Values::Closed(values) = labels[at].values {
            let mut value = 0;
            while value < values.len() {
                if values[value].failure {
                    return true;
                }
                value += 1;
            }
        }
        at += 1;
    }
    false
}

const fn declares(labels: &[LabelDef], label: &str, text: &str) -> bool {
    let Some(found) = find(labels, label) else { return false };
    let Values::Closed(values) = found.values else { return true };
    let mut value = 0;
    while value < values.len() {
        if equal(values[value].text, text) {
            return true;
        }
        value += 1;
    }
    false
}

const fn find<'a>(labels: &'a [LabelDef], name: &str) -> Option<&'a LabelDef> {
    let mut at = 0;
    while at < labels.len() {
        if equal(labels[at].name, name) {
            return Some(&labels[at]);
        }
        at += 1;
    }
    None
}

const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    left.len() == right.len() && at == left.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog::{AGENT_RUNS, LLM_ERRORS};

    #[test]
    fn an_open_label_takes_any_value_and_names_go_by_what_is_chosen() {
        let chosen = counter(&LLM_ERRORS).only("error_type", &["timeout"]);
        assert_eq!(chosen.stem(), "sase_llm_errors_timeout");
        assert_eq!(counter(&AGENT_RUNS).failing().stem(), "sase_agent_runs_error");
    }

    #[test]
    fn a_kind_that_is_known_late_is_checked_too() {
        assert!(Selection::of_counter(AGENT_RUNS.def()).is_some());
        assert!(Selection::of_gauge(AGENT_RUNS.def()).is_none());
        assert!(Selection::of_histogram(AGENT_RUNS.def()).is_none());
    }

    #[test]
    fn labels_are_the_metrics_own() {
        assert!(has_labels(AGENT_RUNS.def(), &["workflow", "status"]));
        assert!(!has_labels(AGENT_RUNS.def(), &["workflows"]));
    }
}
