//! The counts of an exposition that the command wrote, added to those of the registry.
//!
//! Counters and histograms of the catalog are added, each series as a whole. Gauges are left out: what they said held while the command
//! ran. So are the creation times that some libraries write beside each metric.

use telemetry_core::Registry;
use telemetry_core::catalog;
use telemetry_core::cell::HistogramReading;
use telemetry_core::exposition::{self, Family, Format, Histogram, Metric, ParseError, Value};
use telemetry_core::metric::{Kind, MetricDef};
use telemetry_core::snapshot::Reading;

/// What the names of samples have behind that of their metric.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// What the name of a creation time has in place of `_total`, or behind that of its histogram.
const CREATED: &str = "_created";

/// Whether a text that is no comment begins with a sample of the catalog.
pub(super) fn begins(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| b"{ \t\r\n".contains(byte)).unwrap_or(text.len());
    let name = text.get(..end).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
    let of_part = PARTS.iter().filter_map(|part| name.strip_suffix(part)).next();
    [Some(name), of_part].into_iter().flatten().any(|name| of_catalog(name).is_some())
}

fn of_catalog(name: &str) -> Option<&'static MetricDef> {
    catalog::metrics().find(|def| def.name == name)
}

/// Adds what the exposition counts. Gives the names of the families of which something was left out, but for gauges.
///
/// # Errors
/// Where it is no exposition; nothing is added then.
pub(super) fn add(text: &[u8], registry: &Registry) -> Result<Vec<String>, ParseError> {
    let open_metrics = text.trim_ascii_end().ends_with(b"# EOF");
    let format = if open_metrics { Format::OpenMetrics } else { Format::Text };
    let families = exposition::parse_bytes(text, format)?;
    let left_out = families.iter().filter(|family| !add_family(family, registry));
    Ok(left_out.map(|family| family.name.to_string()).collect())
}

/// Whether nothing was left out that counts.
fn add_family(family: &Family<'_>, registry: &Registry) -> bool {
    match of_catalog(&family.name) {
        Some(MetricDef { kind: Kind::Gauge(_), .. }) => true,
        Some(def) => {
            let misfits = family.metrics.iter().filter(|metric| !add_series(def, metric, registry));
            misfits.count() == 0
        }
        None => is_creation_time(&family.name),
    }
}

fn is_creation_time(name: &str) -> bool {
    let of = name.strip_suffix(CREATED).unwrap_or_default();
    of_catalog(of).is_some() || of_catalog(&format!("{of}_total")).is_some()
}

fn add_series(def: &'static MetricDef, metric: &Metric<'_>, registry: &Registry) -> bool {
    let value = |name: &str| metric.labels.iter().find(|label| label.name == name).map(|label| &*label.value);
    let values: Option<Vec<_>> = def.labels.iter().map(|label| value(label.name)).collect();
    let values = values.filter(|values| values.len() == metric.labels.len());
    let (Some(values), Some(reading)) = (values, reading(def, &metric.value)) else { return false };
    registry.add(def, &values, &reading)
}

/// What a series counts, if the numbers are such as counting makes them.
fn reading(def: &MetricDef, value: &Value<'_>) -> Option<Reading> {
    match value {
        Value::Counter(counter) => count(counter.value),
        // A line without the type of its metric.
        Value::Untyped(value) => count(*value),
        Value::Histogram(histogram) => observations(def.bounds(), histogram),
        _ => None,
    }
}

fn count(value: f64) -> Option<Reading> {
    (value.is_finite() && value >= 0.0).then_some(Reading::Counter(value))
}

fn observations(bounds: &[f64], histogram: &Histogram<'_>) -> Option<Reading> {
    let theirs = histogram.buckets.iter().map(|bucket| bucket.le);
    if !theirs.eq(bounds.iter().copied().chain([f64::INFINITY])) {
        return None;
    }
    let mut below = 0;
    let mut buckets = Vec::with_capacity(histogram.buckets.len());
    for bucket in &histogram.buckets {
        let cumulative = whole(bucket.cumulative)?;
        buckets.push(cumulative.checked_sub(below)?);
        below = cumulative;
    }
    let sum = histogram.sum.filter(|sum| sum.is_finite())?;
    Some(Reading::Histogram(HistogramReading { buckets, sum }))
}

/// A number of observations, up to which a float holds every one.
fn whole(count: f64) -> Option<u64> {
    let is_whole = (0.0..=9_007_199_254_740_992.0).contains(&count) && count.fract() == 0.0;
    is_whole.then_some(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::Config;

    fn added(text: &str) -> (Registry, Vec<String>) {
        let registry = Registry::new(&Config::default());
        let left_out = add(text.as_bytes(), &registry).unwrap();
        (registry, left_out)
    }

    /// What a registry of another program shows is added once each time, exactly.
    #[test]
    fn what_one_registry_counted_is_the_same_in_another() {
        use telemetry_core::guard::{Agent, AgentRun, LlmInvocation};
        let theirs = Registry::new(&Config::default());
        let agent = Agent { llm_provider: "claude", project: "p", workflow: "w" };
        AgentRun::begin_in(&theirs, agent).error();
        let call = LlmInvocation::begin_in(&theirs, "claude");
        call.input_tokens(7_u64);
        call.ok();
        for format in [Format::Text, Format::OpenMetrics] {
            let mut text = String::new();
            exposition::write(&theirs.snapshot().families(), format, &mut text);
            let (ours, left_out) = added(&text);
            assert!(left_out.iter().all(|name| name == "telemetry_series_overflow_total"), "{left_out:?}");
            for metric in
                theirs.snapshot().metrics.iter().filter(|metric| metric.def.name.starts_with("sase_"))
            {
                for series in &metric.series {
                    let values: Vec<_> = series.values.iter().map(AsRef::as_ref).collect();
                    let expected = theirs.snapshot().value(metric.def.name, &values);
                    let expected = expected.filter(|_| !matches!(metric.def.kind, Kind::Gauge(_)));
                    assert_eq!(ours.snapshot().value(metric.def.name, &values), expected, "{values:?}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_the_catalog_is_left_out_and_named() {
        let (registry, left_out) = added(
            "# TYPE python_info gauge\npython_info 1\n\
             # TYPE sase_llm_retries_total counter\nsase_llm_retries_total{provider=\"a\"} 2\n\
             # TYPE sase_llm_retries_created gauge\nsase_llm_retries_created{provider=\"a\"} 1.7e9\n\
             # TYPE sase_llm_errors_total counter\nsase_llm_errors_total{provider=\"a\"} 2\n\
             # TYPE sase_llm_input_tokens_total counter\nsase_llm_input_tokens_total{provider=\"a\"} -2\n\
             # TYPE sase_bead_active gauge\nsase_bead_active{project=\"p\",status=\"open\"} 2\n\
             # TYPE sase_hook_duration_seconds histogram\nsase_hook_duration_seconds_bucket{le=\"1\"} 1\n\
             sase_hook_duration_seconds_bucket{le=\"+Inf\"} 1\nsase_hook_duration_seconds_sum 1\nsase_hook_duration_seconds_count 1\n",
        );
        assert_eq!(registry.snapshot().value("sase_llm_retries_total", &["a"]), Some(2.0));
        let names = [
            "python_info",
            "sase_llm_errors_total",
            "sase_llm_input_tokens_total",
            "sase_hook_duration_seconds",
        ];
        assert_eq!(left_out, names);
    }

    #[test]
    fn a_sample_of_the_catalog_begins_an_exposition_and_other_words_do_not() {
        for (text, expected) in [
            ("sase_agent_runs_total{a=\"b\"} 1\n", true),
            ("sase_agent_run_duration_seconds_bucket{le=\"1\"} 1\n", true),
            ("sase_axe_lumberjack_restarts_total 1\n", true),
            ("starting the agent\n", false),
            ("[1]\n", false),
        ] {
            assert_eq!(begins(text.as_bytes()), expected, "{text}");
        }
    }
}
