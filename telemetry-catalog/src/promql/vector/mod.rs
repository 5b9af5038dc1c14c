//! What may be computed from selections: instant vectors that know to which labels they are aggregated.
//!
//! | module | responsible for |
//! |---|---|
//! | `events` | what counters have counted |
//! | `levels` | what gauges are and histograms have observed |
//! | `targets` | what is known of the targets and alerts that series come from |
//! | `combined` | what is computed from vectors |

mod combined;
mod events;
mod levels;
mod targets;

pub use targets::Foreign;

use super::node::{Node, Range as Reach};
use super::{Scope, Window, has_labels};
use std::fmt;
use telemetry_core::metric::MetricDef;

/// The labels of a target, which every series has beside its own.
const TARGET: [&str; 2] = ["job", "instance"];

/// An instant vector, aggregated to known labels.
///
/// ```
/// use telemetry_catalog::promql::{Scope, Vector, Window, counter, histogram};
/// use telemetry_core::catalog::{LLM_ERRORS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS};
///
/// let quantile = Vector::quantile(0.95, &histogram(&LLM_INVOCATION_DURATION), Some(Window::minutes(5)), &["provider"]);
/// assert_eq!(
///     quantile.written(&Scope::plain()),
///     "histogram_quantile(\n  0.95,\n  sum by (le, provider) (rate(sase_llm_invocation_duration_seconds_bucket[5m]))\n)\n>= 0"
/// );
/// let errors = Vector::share(&counter(&LLM_ERRORS), &counter(&LLM_INVOCATIONS), Window::minutes(5), &["provider"]);
/// assert_eq!(errors.written(&Scope::rules()), "provider:sase_llm_errors_per_llm_invocations:ratio5m");
/// ```
///
/// The two sides of a share take the same labels, since there is only one list of them. A label that one side lacks fails at once:
///
/// ```should_panic
/// # use telemetry_catalog::promql::{Vector, Window, counter};
/// # use telemetry_core::catalog::{AGENT_KILLS, AGENT_RUNS};
/// Vector::share(&counter(&AGENT_KILLS), &counter(&AGENT_RUNS), Window::minutes(5), &["workflow"]);
/// ```
#[derive(Clone, PartialEq)]
pub struct Vector {
    node: Node,
    by: Vec<&'static str>,
}

/// What a recording rule computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name of the rule, `level:metric:operation` as
    /// <https://prometheus.io/docs/practices/rules/#naming> has it; the level is `fleet` where all labels are aggregated away.
    pub name: String,
    /// The labels of what it records, beside those of the target.
    pub by: Vec<&'static str>,
    /// The expression, in which other rules stand as their names.
    pub expr: String,
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(&Scope::rules()))
    }
}

impl Vector {
    /// The expression as text, broken into lines where it is long.
    #[must_use]
    pub fn written(&self, scope: &Scope<'_>) -> String {
        self.node.written(scope)
    }

    /// The labels that it is aggregated to.
    #[must_use]
    pub fn by(&self) -> &[&'static str] {
        &self.by
    }

    /// The metrics of the catalog that it is computed from.
    #[must_use]
    pub fn metrics(&self) -> Vec<&'static MetricDef> {
        let mut found = Vec::new();
        self.node.metrics(&mut found);
        found
    }

    /// The recording rules that it needs, those first that others are computed from, each once.
    ///
    /// # Panics
    /// Where two different expressions would be recorded under one name.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut found = Vec::new();
        self.node.recorded(&mut found);
        let mut records: Vec<Record> = Vec::new();
        for node in found {
            let Node::Recorded { name, by, of } = node else { continue };
            if !records.iter().any(|record| record.name == *name) {
                records.push(Record {
                    name: name.clone(),
                    by: by.clone(),
                    expr: of.written(&Scope::rules()),
                });
            }
        }
        records
    }

    /// The same as what a recording rule of this metric and operation computes.
    #[must_use]
    pub(crate) fn named(self, metric: &str, operation: &str) -> Self {
        let level = if self.by.is_empty() { "fleet".to_owned() } else { self.by.join("_") };
        self.named_at(&level, metric, operation)
    }

    fn named_at(self, level: &str, metric: &str, operation: &str) -> Self {
        let name = format!("{level}:{metric}:{operation}");
        Self { node: Node::Recorded { name, by: self.by.clone(), of: Box::new(self.node) }, by: self.by }
    }

    fn summed(node: Node, def: &MetricDef, by: &[&'static str]) -> Self {
        check(def, by);
        Self { node: node.sum(by), by: by.to_vec() }
    }

    fn largest(self) -> Self {
        Self { node: self.node.aggregated("max", &self.by), by: self.by }
    }

    fn combined(self, op: &'static str, other: Self) -> Self {
        assert!(self.by == other.by, "{self:?} {op} {other:?}: the two sides keep different labels");
        Self { node: self.node.then(op, other.node), by: self.by }
    }

    fn compared(self, op: &'static str, number: f64) -> Self {
        Self { node: self.node.then(op, Node::Number(number)), by: self.by }
    }
}

fn check(def: &MetricDef, by: &[&'static str]) {
    let is_twice = |at: usize| by[..at].contains(&by[at]);
    assert!(!(0..by.len()).any(is_twice), "a label is there twice in {by:?}");
    let own: Vec<_> = by.iter().copied().filter(|label| !TARGET.contains(label)).collect();
    assert!(has_labels(def, &own), "{} does not have each of the labels {by:?}", def.name);
}

fn reach(window: Option<Window>) -> Reach {
    window.map_or(Reach::Graph, Reach::Fixed)
}

#[cfg(test)]
mod tests {
    use super::Vector;
    use crate::promql::{Filter, Scope, Window, counter, gauge};
    use telemetry_core::catalog::{AGENT_ACTIVE, LLM_ERRORS};

    #[test]
    fn what_is_recorded_can_be_written_in_full_and_earlier() {
        let active = Vector::total(&gauge(&AGENT_ACTIVE), &[]).named("sase_agent_active", "sum");
        let day_ago = active.earlier(Window::days(1));
        assert_eq!(day_ago.written(&Scope::rules()), "fleet:sase_agent_active:sum offset 1d");
        assert_eq!(day_ago.written(&Scope::plain()), "sum(sase_agent_active offset 1d)");
    }

    #[test]
    fn a_filter_narrows_selectors_and_recorded_series_that_keep_the_label() {
        let filter: Filter<'_> = &|_, label| (label == "provider").then_some("$provider");
        let grafana = Scope { graph_range: "$__rate_interval", recorded: true, filter };
        let rate = Vector::rate(&counter(&LLM_ERRORS), None, &["provider"]);
        assert_eq!(
            rate.written(&grafana),
            "sum by (provider) (rate(sase_llm_errors_total{provider=~\"$provider\"}[$__rate_interval]))"
        );
        let counted = |by| Vector::counted(&counter(&LLM_ERRORS), Window::minutes(5), by).written(&grafana);
        assert_eq!(counted(&["provider"]), "provider:sase_llm_errors:increase5m{provider=~\"$provider\"}");
        assert_eq!(counted(&[]), "fleet:sase_llm_errors:increase5m");
    }
}
