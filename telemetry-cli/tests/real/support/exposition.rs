//! Numbers out of an exposition, read by our own parser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use telemetry_core::exposition::{Family, FamilyKind, Format, Histogram, Metric, Value, parse};

/// The labels that a group adds to what was pushed.
const GROUPING: [&str; 2] = ["job", "instance"];

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

/// One number of an exposition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// Whether it may never go down: of a counter or a histogram.
    pub(crate) rises: bool,
}

/// Every number of our own metrics by its series, each bucket, sum and count of a histogram among them. The labels are sorted and
/// without those of the group, so that the ledger and the gateway can be compared.
pub(crate) fn numbers(exposition: &str) -> BTreeMap<String, Number> {
    let mut numbers = BTreeMap::new();
    for family in families(exposition).iter().filter(|family| is_ours(family)) {
        let rises = matches!(family.kind, FamilyKind::Counter | FamilyKind::Histogram);
        for metric in &family.metrics {
            for (series, value) in lines(&family.name, metric) {
                let before = numbers.insert(series.clone(), Number { value, rises });
                assert!(before.is_none(), "{series} is there twice");
            }
        }
    }
    numbers
}

/// What each of our own families says of itself.
pub(crate) fn descriptions(exposition: &str) -> BTreeMap<String, String> {
    let families = families(exposition);
    let ours = families.iter().filter(|family| is_ours(family));
    ours.map(|family| (family.name.to_string(), format!("{:?} {:?}", family.kind, family.help))).collect()
}

fn is_ours(family: &Family<'_>) -> bool {
    ["sase_", "telemetry_"].iter().any(|prefix| family.name.starts_with(prefix))
}

fn lines(name: &str, metric: &Metric<'_>) -> Vec<(String, f64)> {
    match &metric.value {
        Value::Histogram(histogram) => histogram_lines(name, metric, histogram),
        value => vec![(series(name, metric, None), number(value))],
    }
}

fn histogram_lines(name: &str, metric: &Metric<'_>, histogram: &Histogram<'_>) -> Vec<(String, f64)> {
    let of = |part: &str, le, value| (series(&format!("{name}_{part}"), metric, le), value);
    let buckets = histogram.buckets.iter().map(|bucket| of("bucket", Some(bucket.le), bucket.cumulative));
    let sum = of("sum", None, histogram.sum.unwrap_or(f64::NAN));
    buckets.chain([sum, of("count", None, histogram.count.unwrap_or(f64::NAN))]).collect()
}

fn series(name: &str, metric: &Metric<'_>, le: Option<f64>) -> String {
    let labels = metric.labels.iter().filter(|label| !GROUPING.contains(&label.name.as_ref()));
    let mut labels: Vec<_> = labels.map(|label| format!("{}={:?}", label.name, label.value)).collect();
    labels.sort_unstable();
    let mut series = format!("{name}{{{}", labels.join(","));
    if let Some(le) = le {
        write!(series, ";le={le}").unwrap();
    }
    series + "}"
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

#[test]
fn every_number_is_told_apart_but_for_its_group() {
    let exposition = "# TYPE sase_a_total counter\nsase_a_total{job=\"j\",instance=\"i\",b=\"2\",a=\"1\"} 2\n\
        # TYPE sase_b gauge\nsase_b 1\n# TYPE go_threads gauge\ngo_threads 9\n\
        # TYPE sase_c histogram\nsase_c_bucket{le=\"1\"} 3\nsase_c_bucket{le=\"+Inf\"} 4\nsase_c_sum 9\nsase_c_count 4\n";
    let numbers = numbers(exposition);
    let number = |series: &str| numbers.get(series).map(|number| (number.value, number.rises));
    assert_eq!(number("sase_a_total{a=\"1\",b=\"2\"}"), Some((2.0, true)), "{numbers:?}");
    assert_eq!(number("sase_b{}"), Some((1.0, false)));
    assert_eq!(number("sase_c_bucket{;le=1}"), Some((3.0, true)));
    assert_eq!((number("sase_c_sum{}"), number("sase_c_count{}")), (Some((9.0, true)), Some((4.0, true))));
    assert_eq!(numbers.len(), 6, "{numbers:?}");
}
