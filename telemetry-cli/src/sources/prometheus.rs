//! The newest values that a Prometheus has, made into the families that they were scraped as.
//!
//! One instant query brings them, so that what is stale is absent. Prometheus keeps neither types nor help, which are the catalog's; what
//! the catalog does not have is without.

use super::{Asked, Body, Trouble};
use crate::clock::now;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use telemetry_catalog::find_metric;
use telemetry_core::config::Config;
use telemetry_core::exposition::{self, Bucket, Family, FamilyKind, Format, Histogram, Label, Metric};
use telemetry_core::metric::{Kind, MetricDef};
use telemetry_query::{Labels, METRIC_NAME};
use telemetry_stack::source::{Source as _, SourceError, Theirs, TheirsError};

/// The label with the bound of a bucket.
const BOUND: &str = "le";

/// Asks the Prometheus for the newest value of everything that the expression selects.
pub(crate) fn ask_prometheus(config: &Config, selector: &str, timeout: Duration) -> Asked {
    let (begun, address) = (Instant::now(), &config.prometheus.url);
    let theirs = Theirs::within(address.clone(), timeout).map_err(|error| match error {
        TheirsError::Address(error) => Trouble::Setup(error),
        TheirsError::Runtime(error) => Trouble::Runtime(error),
        // More may be added to it.
        error => Trouble::Prometheus(error.to_string()),
    });
    let values = theirs.and_then(|theirs| {
        theirs.instant(selector, now()).map_err(|error| Trouble::Prometheus(why(&error, &address.url)))
    });
    let body = values.map(|values| Body::text(text(&values).into_bytes()));
    Asked::new("prometheus", &address.url, begun, body)
}

/// The address is said beside it already.
pub(crate) fn why(error: &SourceError, url: &str) -> String {
    let text = error.to_string();
    text.strip_prefix(&format!("{url}: ")).map(str::to_owned).unwrap_or(text)
}

/// The samples as the families that they were scraped as.
pub(crate) fn families_of(values: &[(Labels, f64)]) -> Vec<Family<'static>> {
    let mut families = Families::default();
    values.iter().for_each(|(labels, value)| families.add(labels, *value));
    families.finish()
}

/// The same as the text format that they were scraped from.
fn text(values: &[(Labels, f64)]) -> String {
    let mut text = String::new();
    exposition::write(&families_of(values), Format::Text, &mut text);
    text
}

/// What one sample of a histogram says.
#[derive(Debug, Clone, Copy)]
enum Part {
    Bucket,
    Sum,
    Count,
}

/// The endings of the samples of a histogram.
const PARTS: [(&str, Part); 3] = [("_bucket", Part::Bucket), ("_sum", Part::Sum), ("_count", Part::Count)];

/// Families that are being put together, in the order in which they come.
#[derive(Debug, Default)]
struct Families {
    families: Vec<Family<'static>>,
    places: HashMap<String, usize>,
    /// The histograms by name and labels, which come in several samples.
    histograms: HashMap<(&'static str, Labels), Histogram<'static>>,
}

impl Families {
    fn add(&mut self, labels: &Labels, value: f64) {
        let name = labels.get(METRIC_NAME);
        if let Some((def, part)) = part_of(name) {
            let series = without(labels, &[METRIC_NAME, BOUND]);
            let histogram = self.histograms.entry((def.name, series)).or_default();
            add_part(histogram, part, labels.get(BOUND), value);
            return;
        }
        let def = find_metric(name).map(|entry| entry.def);
        let labels = owned(&without(labels, &[METRIC_NAME]));
        let metric = match def.map(|def| def.kind) {
            Some(Kind::Counter) => Metric::counter(labels, value),
            Some(Kind::Gauge(_)) => Metric::gauge(labels, value),
            // A sample with the bare name of a histogram is none of it.
            Some(Kind::Histogram(_)) | None => Metric::untyped(labels, value),
        };
        let def = def.filter(|def| !matches!(def.kind, Kind::Histogram(_)));
        self.family(name, def).metrics.push(metric);
    }

    fn family(&mut self, name: &str, def: Option<&'static MetricDef>) -> &mut Family<'static> {
        let place = *self.places.entry(name.to_owned()).or_insert_with(|| {
            let family = Family::new(name.to_owned(), def.map_or(FamilyKind::Untyped, kind));
            self.families.push(def.map_or(family.clone(), |def| family.with_help(def.help)));
            self.families.len() - 1
        });
        &mut self.families[place]
    }

    fn finish(mut self) -> Vec<Family<'static>> {
        let mut histograms: Vec<_> = std::mem::take(&mut self.histograms).into_iter().collect();
        histograms.sort_by(|(one, _), (other, _)| one.cmp(other));
        for ((name, labels), mut histogram) in histograms {
            histogram.buckets.sort_by(|left, right| left.le.total_cmp(&right.le));
            let def = find_metric(name).map(|entry| entry.def);
            self.family(name, def).metrics.push(Metric::histogram(owned(&labels), histogram));
        }
        self.families
    }
}

const fn kind(def: &MetricDef) -> FamilyKind {
    match def.kind {
        Kind::Counter => FamilyKind::Counter,
        Kind::Gauge(_) => FamilyKind::Gauge,
        Kind::Histogram(_) => FamilyKind::Histogram,
    }
}

/// The histogram of the catalog of which a sample of this name is a part.
fn part_of(name: &str) -> Option<(&'static MetricDef, Part)> {
    PARTS.iter().find_map(|(ending, part)| {
        let def = find_metric(name.strip_suffix(ending)?)?.def;
        matches!(def.kind, Kind::Histogram(_)).then_some((def, *part))
    })
}

fn add_part(histogram: &mut Histogram<'static>, part: Part, bound: &str, value: f64) {
    match part {
        Part::Sum => histogram.sum = Some(value),
        Part::Count => histogram.count = Some(value),
        Part::Bucket => histogram.buckets.extend(bound.parse().ok().map(|le| Bucket::new(le, value))),
    }
}

fn without(labels: &Labels, names: &[&str]) -> Labels {
    labels.iter().filter(|label| !names.contains(&&*label.name)).cloned().collect()
}

fn owned(labels: &Labels) -> Vec<Label<'static>> {
    labels.iter().map(|label| Label::new(label.name.to_string(), label.value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, labels: &[(&str, &str)], value: f64) -> (Labels, f64) {
        let labels = labels.iter().copied().chain([(METRIC_NAME, name)]);
        (Labels::new(labels), value)
    }

    #[test]
    fn samples_become_what_they_were_scraped_as() {
        let target = [("job", "j"), ("instance", "i")];
        let bucket = |bound: &'static str, value| {
            let labels = [target[0], target[1], ("provider", "claude"), (BOUND, bound)];
            sample("sase_llm_invocation_duration_seconds_bucket", &labels, value)
        };
        let series = [target[0], target[1], ("provider", "claude")];
        let text = text(&[
            sample("sase_agent_active", &target, 2.0),
            bucket("+Inf", 3.0),
            bucket("10", 1.0),
            sample("sase_agent_runs_total", &target, 5.0),
            sample("telemetry_of_tomorrow", &[], 1.0),
            sample("sase_llm_invocation_duration_seconds_sum", &series, 40.5),
            bucket("5", 0.0),
            sample("sase_llm_invocation_duration_seconds_count", &series, 3.0),
        ]);
        let families = exposition::parse(&text, Format::Text).unwrap();
        let told: Vec<_> = families.iter().map(|family| (&*family.name, family.kind)).collect();
        assert_eq!(
            told,
            [
                ("sase_agent_active", FamilyKind::Gauge),
                ("sase_agent_runs_total", FamilyKind::Counter),
                ("telemetry_of_tomorrow", FamilyKind::Untyped),
                ("sase_llm_invocation_duration_seconds", FamilyKind::Histogram),
            ]
        );
        let lines: Vec<_> =
            text.lines().filter(|line| line.contains("llm") && !line.starts_with('#')).collect();
        let labels = "instance=\"i\",job=\"j\",provider=\"claude\"";
        assert_eq!(lines[0], format!("sase_llm_invocation_duration_seconds_bucket{{{labels},le=\"5\"}} 0"));
        assert_eq!(lines.len(), 5, "{text}");
        assert!(families[1].help.as_deref() == Some("Total agent runs"));
    }

    #[test]
    fn the_address_is_not_said_twice() {
        let error = SourceError::Unreachable("http://h:1: connection refused".to_owned());
        assert_eq!(why(&error, "http://h:1"), "connection refused");
    }
}
