//! What people usually ask of a metric, as PromQL that can be pasted into Prometheus.
//!
//! Rates and quantiles go over the range of [`Scope::plain`], which is long enough to hold several scrapes at the usual intervals, and
//! short enough to follow what happens.

use super::{Counters, Gauges, Histograms, Scope, Selection, Vector, Window};
use crate::FailureRule;
use telemetry_core::metric::{Combine, Kind, MetricDef};

/// Long enough that one failure among few runs does not look like an outage.
const HOUR: Window = Window::hours(1);

/// A question about a metric with the query that answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What is asked, as a phrase.
    pub asks: String,
    /// The PromQL.
    pub query: String,
}

/// The usual questions about a metric, the plainest first.
///
/// ```
/// use telemetry_catalog::{examples, find_metric};
///
/// let entry = find_metric("sase_llm_retries_total").expect("it is in the catalog");
/// let queries: Vec<_> = examples(entry.def).into_iter().map(|example| example.query).collect();
/// assert_eq!(queries[0], "sum by (provider) (rate(sase_llm_retries_total[5m]))");
/// ```
#[must_use]
pub fn examples(def: &'static MetricDef) -> Vec<Example> {
    match def.kind {
        Kind::Counter => Selection::of_counter(def).map(of_counter),
        Kind::Gauge(combine) => Selection::of_gauge(def).map(|gauge| of_gauge(gauge, combine)),
        Kind::Histogram(_) => Selection::of_histogram(def).map(of_histogram),
    }
    .unwrap_or_default()
}

fn of_counter(of: Selection<Counters>) -> Vec<Example> {
    let mut examples = vec![
        example("per second", &Vector::rate(&of, None, &labels_of(of.def()))),
        example("in the last hour", &Vector::increase(&of, Some(HOUR), &[])),
    ];
    examples.extend(FailureRule::of(of.def()).map(|rule| failure_share(of, &rule)));
    examples
}

/// The label that tells failures is aggregated away on both sides, since it has another value on each.
fn failure_share(of: Selection<Counters>, rule: &FailureRule) -> Example {
    let labels: Vec<_> = labels_of(of.def()).into_iter().filter(|label| *label != rule.label).collect();
    let share = Vector::plain_share(&of.failing(), &of, HOUR, &labels);
    example("share of failures in the last hour", &share)
}

/// What lives is summed over everything. A state is the last word of one instance, and two instances may speak of the same thing.
fn of_gauge(of: Selection<Gauges>, combine: Combine) -> Vec<Example> {
    let labels = labels_of(of.def());
    let now = |labels: &[&'static str]| example("now", &Vector::total(&of, labels));
    match combine {
        Combine::Live if labels.is_empty() => vec![now(&[])],
        Combine::Live => vec![now(&labels), example("now, all together", &Vector::total(&of, &[]))],
        Combine::State => vec![now(&[&["instance"], &*labels].concat())],
    }
}

fn of_histogram(of: Selection<Histograms>) -> Vec<Example> {
    let labels = labels_of(of.def());
    let quantile = Vector::quantile(0.95, &of, None, &labels);
    vec![
        example("95th percentile in seconds", &quantile),
        example("mean in seconds", &Vector::mean(&of, None, &labels)),
        example("observations per second", &Vector::observations(&of, None, &labels)),
    ]
}

fn labels_of(def: &MetricDef) -> Vec<&'static str> {
    def.labels.iter().map(|label| label.name).collect()
}

fn example(what: &str, vector: &Vector) -> Example {
    let asks = match vector.by() {
        [] => what.to_owned(),
        labels => format!("{what}, by {}", labels.join(", ")),
    };
    Example { asks, query: vector.written(&Scope::plain()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsystems;

    fn queries(name: &str) -> Vec<String> {
        let def = telemetry_core::catalog::find(name).unwrap();
        examples(def).into_iter().map(|example| example.query).collect()
    }

    #[test]
    fn a_share_has_the_same_labels_on_both_sides_and_not_the_one_that_tells() {
        assert_eq!(
            queries("sase_agent_runs_total")[2],
            "sum by (llm_provider, workflow) (increase(sase_agent_runs_total{status=\"error\"}[1h]))\n\
             / sum by (llm_provider, workflow) (increase(sase_agent_runs_total[1h]))"
        );
        assert_eq!(
            queries("sase_mentor_executions_total")[2],
            "sum(increase(sase_mentor_executions_total{status=\"error\"}[1h]))\n\
             / sum(increase(sase_mentor_executions_total[1h]))"
        );
    }

    #[test]
    fn a_quantile_is_taken_over_buckets_summed_by_le() {
        let quantile = &queries("sase_hook_duration_seconds")[0];
        let buckets = "sum by (le, hook_type) (rate(sase_hook_duration_seconds_bucket[5m]))";
        assert!(quantile.starts_with("histogram_quantile(") && quantile.contains(buckets), "{quantile}");
    }

    #[test]
    fn gauges_are_summed_as_they_combine() {
        assert_eq!(queries("sase_axe_lumberjacks_active"), ["sum(sase_axe_lumberjacks_active)"]);
        let together = "sum(sase_workspace_active)";
        assert_eq!(queries("sase_workspace_active"), ["sum by (project) (sase_workspace_active)", together]);
        assert_eq!(queries("sase_bead_active"), ["sum by (instance, project, status) (sase_bead_active)"]);
    }

    #[test]
    fn every_metric_has_an_example_by_all_its_labels_that_needs_no_rules() {
        for def in subsystems().flat_map(|subsystem| subsystem.metrics.iter().copied()) {
            let examples = examples(def);
            let labels: Vec<_> = def.labels.iter().map(|label| label.name).collect();
            let first = examples.first().unwrap();
            assert!(first.asks.ends_with(&labels.join(", ")), "{}: {}", def.name, first.asks);
            for Example { query, .. } in &examples {
                assert!(query.contains(def.name) && !query.contains(":sase_"), "{query}");
            }
            let can_fail = FailureRule::of(def).is_some();
            let shares = examples.iter().filter(|example| example.asks.starts_with("share of failures"));
            assert_eq!(shares.count(), usize::from(can_fail), "{}", def.name);
        }
    }
}
