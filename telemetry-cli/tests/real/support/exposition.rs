//! Numbers out of an exposition, read by our own parser.

use telemetry_core::exposition::{Family, Format, Metric, Value, parse};

/// The sum of a metric over every series that has all these labels, or nothing where there is no such series: 0 and "not
/// there" are not the same. Of a histogram or a summary it is the number of observations.
pub(crate) fn total(exposition: &str, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let families = families(exposition);
    let all = families.iter().filter(|family| family.name == metric).flat_map(|family| &family.metrics);
    all.filter(|metric| has(metric, labels))
        .map(|metric| number(&metric.value))
        .reduce(|sum, value| sum + value)
}

/// All families, in their order; panics with the parser's word if the exposition is not one.
pub(crate) fn families(exposition: &str) -> Vec<Family<'_>> {
    parse(exposition, Format::Text)
        .unwrap_or_else(|error| panic!("{error} in this exposition:\n{exposition}"))
}

fn has(metric: &Metric<'_>, labels: &[(&str, &str)]) -> bool {
    labels
        .iter()
        .all(|(name, value)| metric.labels.iter().any(|label| label.name == *name && label.value == *value))
}

fn number(value: &Value<'_>) -> f64 {
    match value {
        Value::Counter(counter) => counter.value,
        Value::Gauge(value) | Value::Untyped(value) | Value::Info(value) | Value::StateSet(value) => *value,
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => histogram.count.unwrap_or(f64::NAN),
        Value::Summary(summary) => summary.count.unwrap_or(f64::NAN),
    }
}

#[test]
fn series_with_the_labels_are_summed_and_a_missing_one_is_not_zero() {
    let exposition = "# TYPE runs_total counter\n\
        runs_total{status=\"ok\",job=\"a\"} 2\nruns_total{status=\"ok\",job=\"b\"} 3\nruns_total{status=\"error\",job=\"a\"} 0\n\
        # TYPE seconds histogram\nseconds_bucket{le=\"+Inf\"} 4\nseconds_sum 9\nseconds_count 4\n";
    assert_eq!(total(exposition, "runs_total", &[]), Some(5.0));
    assert_eq!(total(exposition, "runs_total", &[("status", "ok"), ("job", "b")]), Some(3.0));
    assert_eq!(total(exposition, "runs_total", &[("status", "error")]), Some(0.0));
    assert_eq!(total(exposition, "runs_total", &[("status", "killed")]), None);
    assert_eq!(total(exposition, "seconds", &[]), Some(4.0));
}
