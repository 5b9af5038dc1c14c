//! The counts of an exposition that the command wrote, added to those of the registry.
//!
//! Counters and histograms of the catalog are added, of each series what it rose since the attempt began. Gauges are left out: what they said held while the command
//! ran. So are the creation times that some libraries write beside each metric.

use super::since::Counted;
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

/// The families of an exposition in either format.
///
/// # Errors
/// Where it is none.
pub(super) fn parsed(text: &[u8]) -> Result<Vec<Family<'_>>, ParseError> {
    let open_metrics = text.trim_ascii_end().ends_with(b"# EOF");
    exposition::parse_bytes(text, if open_metrics { Format::OpenMetrics } else { Format::Text })
}

/// Adds what the exposition counts more than the file did before. Gives the names of the families of which something was left out, but
/// for gauges.
///
/// # Errors
/// Where it is no exposition; nothing is added then.
pub(super) fn add(text: &[u8], before: &Counted, registry: &Registry) -> Result<Vec<String>, ParseError> {
    let families = parsed(text)?;
    let now = Counted::of(&families);
    let add = |name: &str, metric: &Metric<'_>| {
        catalog_series(name, metric).is_some_and(|(def, values, reading)| {
            registry.add(def, &values, &now.since(before, def, &values, reading))
        })
    };
    let left_out = families.iter().filter(|family| !all_of(family, &add));
    Ok(left_out.map(|family| family.name.to_string()).collect())
}

/// Whether nothing was left out that counts.
fn all_of(family: &Family<'_>, add: &impl Fn(&str, &Metric<'_>) -> bool) -> bool {
    match of_catalog(&family.name) {
        Some(MetricDef { kind: Kind::Gauge(_), .. }) => true,
        Some(_) => family.metrics.iter().filter(|metric| !add(&family.name, metric)).count() == 0,
        None => born_with(&family.name).is_some(),
    }
}

/// The metric whose creation times have this name.
fn born_with(name: &str) -> Option<&'static MetricDef> {
    let of = name.strip_suffix(CREATED)?;
    of_catalog(of).or_else(|| of_catalog(&format!("{of}_total")))
}

/// The series of which this is the creation time.
pub(super) fn creation_time<'m>(
    name: &str,
    metric: &'m Metric<'_>,
) -> Option<(&'static MetricDef, Vec<&'m str>)> {
    let def = born_with(name)?;
    Some((def, values(def, metric)?))
}

/// The series of the catalog that this is, and what it counts.
pub(super) fn catalog_series<'m>(
    name: &str,
    metric: &'m Metric<'_>,
) -> Option<(&'static MetricDef, Vec<&'m str>, Reading)> {
    let def = of_catalog(name)?;
    Some((def, values(def, metric)?, reading(def, &metric.value)?))
}

/// The values of the labels in the order of the catalog, if it has just these labels.
fn values<'m>(def: &MetricDef, metric: &'m Metric<'_>) -> Option<Vec<&'m str>> {
    let value = |name: &str| metric.labels.iter().find(|label| label.name == name).map(|label| &*label.value);
    let values: Option<Vec<_>> = def.labels.iter().map(|label| value(label.name)).collect();
    values.filter(|values| values.len() == metric.labels.len())
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
        let left_out = add(text.as_bytes(), &Counted::default(), &registry).unwrap();
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

    /// What was counted of a file that held the one before and the other now.
    fn since(before: &str, now: &str, name: &str, values: &[&str]) -> Option<f64> {
        let registry = Registry::new(&Config::default());
        let before = Counted::read(before.as_bytes()).unwrap();
        assert!(add(now.as_bytes(), &before, &registry).unwrap().is_empty());
        registry.snapshot().value(name, values)
    }

    #[test]
    fn of_what_a_file_held_before_only_the_rise_counts() {
        const RETRIES: &str = "sase_llm_retries_total";
        let retries = |count| format!("# TYPE {RETRIES} counter\n{RETRIES}{{provider=\"a\"}} {count}\n");
        let risen = |before: &str, now: &str| since(before, now, RETRIES, &["a"]);
        assert_eq!(risen("", &retries(500)), Some(500.0));
        assert_eq!(risen(&retries(500), &retries(600)), Some(100.0));
        assert_eq!(risen(&retries(600), &retries(600)), Some(0.0));
        assert_eq!(risen(&retries(600), &retries(100)), Some(100.0), "it began anew");
        let born = |count, at| {
            let time = format!("{}_created", RETRIES.trim_end_matches("_total"));
            format!("{}# TYPE {time} gauge\n{time}{{provider=\"a\"}} {at}\n", retries(count))
        };
        assert_eq!(risen(&born(100, 1), &born(150, 1)), Some(50.0));
        assert_eq!(risen(&born(100, 1), &born(150, 2)), Some(150.0), "another process began to count");
    }

    #[test]
    fn of_observations_too_only_the_rise_counts() {
        use telemetry_core::guard::LlmInvocation;
        let theirs = Registry::new(&Config::default());
        let texts = [1, 2].map(|_| {
            LlmInvocation::begin_in(&theirs, "a").ok();
            let mut text = String::new();
            exposition::write(&theirs.snapshot().families(), Format::OpenMetrics, &mut text);
            text
        });
        let ours = Registry::new(&Config::default());
        add(texts[1].as_bytes(), &Counted::read(texts[0].as_bytes()).unwrap(), &ours).unwrap();
        let snapshot = ours.snapshot();
        let one = snapshot.families();
        let durations =
            one.iter().find(|family| family.name == "sase_llm_invocation_duration_seconds").unwrap();
        let Value::Histogram(histogram) = &durations.metrics[0].value else { panic!("{durations:?}") };
        assert_eq!(histogram.count, Some(1.0));
        assert!(histogram.sum.unwrap() < 60.0);
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
