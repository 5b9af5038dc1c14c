//! What people usually ask of a metric, as PromQL that can be pasted into Prometheus.
//!
//! Counters stand under `rate` or `increase` and are aggregated after it, never before; both sides of a division are aggregated to the
//! same labels; `histogram_quantile` is given buckets summed by `le`. This renders examples for people and is no query builder.

use crate::FailureRule;
use telemetry_core::metric::{Combine, Kind, MetricDef};

/// Long enough to hold several scrapes at the usual intervals, short enough to follow what happens.
const RECENT: &str = "5m";

/// Long enough that one failure among few runs does not look like an outage.
const HOUR: &str = "1h";

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
pub fn examples(def: &MetricDef) -> Vec<Example> {
    match def.kind {
        Kind::Counter => of_counter(def),
        Kind::Gauge(combine) => of_gauge(def, combine),
        Kind::Histogram(_) => of_histogram(def),
    }
}

fn of_counter(def: &MetricDef) -> Vec<Example> {
    let (name, labels) = (def.name, labels_of(def));
    let mut examples = vec![
        example(&labels, "per second", sum_by(&labels, &format!("rate({name}[{RECENT}])"))),
        example(&[], "in the last hour", sum_by(&[], &format!("increase({name}[{HOUR}])"))),
    ];
    examples.extend(FailureRule::of(def).map(|rule| failure_share(def, &rule)));
    examples
}

/// The label that tells failures is aggregated away on both sides, since it has another value on each.
fn failure_share(def: &MetricDef, rule: &FailureRule) -> Example {
    let labels: Vec<_> = labels_of(def).into_iter().filter(|label| *label != rule.label).collect();
    let part = |matcher: &str| sum_by(&labels, &format!("increase({}{matcher}[{HOUR}])", def.name));
    let failing = match &*rule.failing {
        [only] => format!("{{{}=\"{only}\"}}", rule.label),
        several => format!("{{{}=~\"{}\"}}", rule.label, several.join("|")),
    };
    example(&labels, "share of failures in the last hour", format!("{}\n/\n{}", part(&failing), part("")))
}

/// What lives is summed over everything. A state is the last word of one instance, and two instances may speak of the same thing.
fn of_gauge(def: &MetricDef, combine: Combine) -> Vec<Example> {
    let labels = labels_of(def);
    match combine {
        Combine::Live => {
            let mut examples = vec![example(&labels, "now", sum_by(&labels, def.name))];
            if !labels.is_empty() {
                examples.push(example(&[], "now, all together", sum_by(&[], def.name)));
            }
            examples
        }
        Combine::State => {
            let labels: Vec<_> = ["instance"].into_iter().chain(labels).collect();
            vec![example(&labels, "now", sum_by(&labels, def.name))]
        }
    }
}

fn of_histogram(def: &MetricDef) -> Vec<Example> {
    let (name, labels) = (def.name, labels_of(def));
    let with_le: Vec<_> = ["le"].into_iter().chain(labels.iter().copied()).collect();
    let buckets = sum_by(&with_le, &format!("rate({name}_bucket[{RECENT}])"));
    let rate_of = |part: &str| sum_by(&labels, &format!("rate({name}_{part}[{RECENT}])"));
    vec![
        example(&labels, "95th percentile in seconds", format!("histogram_quantile(0.95, {buckets})")),
        example(&labels, "mean in seconds", format!("{}\n/\n{}", rate_of("sum"), rate_of("count"))),
        example(&labels, "observations per second", rate_of("count")),
    ]
}

fn labels_of(def: &MetricDef) -> Vec<&'static str> {
    def.labels.iter().map(|label| label.name).collect()
}

fn sum_by(labels: &[&str], expression: &str) -> String {
    match labels {
        [] => format!("sum({expression})"),
        labels => format!("sum by ({}) ({expression})", labels.join(", ")),
    }
}

fn example(labels: &[&str], what: &str, query: String) -> Example {
    let asks = match labels {
        [] => what.to_owned(),
        labels => format!("{what}, by {}", labels.join(", ")),
    };
    Example { asks, query }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsystems;

    fn queries(name: &str) -> Vec<String> {
        let def = telemetry_core::catalog::find(name).unwrap();
        examples(def).into_iter().map(|example| example.query).collect()
    }

    fn all() -> impl Iterator<Item = (&'static MetricDef, String)> {
        let defs = subsystems().flat_map(|subsystem| subsystem.metrics.iter().copied());
        defs.flat_map(|def| examples(def).into_iter().map(move |example| (def, example.query)))
    }

    #[test]
    fn a_share_has_the_same_labels_on_both_sides_and_not_the_one_that_tells() {
        assert_eq!(
            queries("sase_agent_runs_total")[2],
            "sum by (llm_provider, workflow) (increase(sase_agent_runs_total{status=\"error\"}[1h]))\n/\n\
             sum by (llm_provider, workflow) (increase(sase_agent_runs_total[1h]))"
        );
        assert_eq!(
            queries("sase_mentor_executions_total")[2],
            "sum(increase(sase_mentor_executions_total{status=\"error\"}[1h]))\n/\nsum(increase(sase_mentor_executions_total[1h]))"
        );
    }

    #[test]
    fn a_quantile_is_taken_over_buckets_summed_by_le() {
        assert_eq!(
            queries("sase_hook_duration_seconds")[0],
            "histogram_quantile(0.95, sum by (le, hook_type) (rate(sase_hook_duration_seconds_bucket[5m])))"
        );
    }

    #[test]
    fn gauges_are_summed_as_they_combine() {
        assert_eq!(queries("sase_axe_lumberjacks_active"), ["sum(sase_axe_lumberjacks_active)"]);
        assert_eq!(queries("sase_bead_active"), ["sum by (instance, project, status) (sase_bead_active)"]);
    }

    #[test]
    fn every_metric_has_an_example_and_every_side_of_a_division_the_same_aggregation() {
        for (def, query) in all() {
            assert!(query.contains(def.name) && query.matches("sum").count() >= 1, "{query}");
            let sides: Vec<_> = query.split("\n/\n").map(|side| side.split("increase(").next()).collect();
            let heads: Vec<_> =
                sides.iter().map(|side| side.map(|side| side.split("rate(").next())).collect();
            assert!(heads.iter().all(|head| *head == heads[0]), "{query}");
            assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
        }
    }
}
