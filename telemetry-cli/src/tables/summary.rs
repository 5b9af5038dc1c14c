//! One metric over all its series: how much, how much of it failed, its percentiles, and its largest series.

use super::change::{Before, Change};
use super::harmless;
use super::units::Unit;
use crate::samples::subsystem_of;
use telemetry_catalog::{Distribution, Estimate, FailureRule, find_metric};
use telemetry_core::exposition::{
    Family, FamilyKind, Format, Histogram, Label, Metric, Summary as Quantiles, Value,
};

/// The percentiles that are shown, as shares.
pub(crate) const PERCENTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// One metric over all its series.
#[derive(Debug, PartialEq)]
pub(super) struct Summary<'f> {
    pub(super) name: &'f str,
    /// The word of the text format.
    pub(super) kind: &'static str,
    pub(super) unit: Unit,
    /// How many series there are.
    pub(super) series: usize,
    /// The sum of all series.
    pub(super) total: Figures,
    /// The share that failed, of a metric that can fail and did anything.
    pub(super) failed: Option<f64>,
    /// The names of the labels that tell the series apart.
    pub(super) labels: Vec<&'f str>,
    /// The largest series first.
    pub(super) largest: Vec<SeriesLine>,
    /// How many series are not among the largest, and what they come to.
    pub(super) more: Option<(usize, f64)>,
    /// The subsystem, with whose name all series are shown.
    pub(super) hint: Option<&'static str>,
    /// What has become of the sum since the last look.
    pub(super) change: Option<Change>,
    /// Whether the series have buckets with different bounds, so that no percentile covers them all.
    pub(super) mixed_bounds: bool,
}

/// One series.
#[derive(Debug, PartialEq)]
pub(super) struct SeriesLine {
    /// The label values, in the order of the summary's label names.
    pub(super) values: Vec<String>,
    pub(super) figures: Figures,
    /// What has become of it since the last look.
    pub(super) change: Option<Change>,
    /// Whether it counts failures, and there are any.
    pub(super) failing: bool,
}

/// What one or several series come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Figures {
    /// A number.
    Number(f64),
    /// Observations.
    Observations {
        count: f64,
        sum: Option<f64>,
        percentiles: [Option<Estimate>; 3],
        /// How many are in each bucket; empty where that is not known.
        counts: Vec<f64>,
    },
}

/// What is left out of a summary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'t> {
    /// Labels that say nothing because they are said elsewhere.
    pub(super) hidden_labels: &'t [&'static str],
    /// The most series that are shown.
    pub(super) limit: usize,
    /// The last look, where there was one.
    pub(super) before: Option<&'t Before>,
}

impl Figures {
    /// What series are ordered by: the number, or how often something was observed.
    const fn size(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Observations { count, .. } => *count,
        }
    }
}

impl<'f> Summary<'f> {
    pub(super) fn of(family: &'f Family<'_>, terms: Terms<'_>) -> Self {
        let rule = find_metric(&family.name).and_then(|entry| FailureRule::of(entry.def));
        let labels = label_names(family, terms.hidden_labels);
        let line = |metric| SeriesLine {
            change: terms.before.and_then(|before| before.change(family, metric)),
            ..series_line(metric, &labels, rule.as_ref())
        };
        let mut lines: Vec<_> = family.metrics.iter().map(line).collect();
        let changes: Vec<_> = lines.iter().map(|line| (line.change, line.figures.size())).collect();
        lines.sort_by(|left, right| by_size(right, left).then_with(|| left.values.cmp(&right.values)));
        let rest = lines.split_off(terms.limit.min(lines.len()));
        let more = rest.iter().map(|line| line.figures.size()).sum();
        let (total, mixed_bounds) = total(family);
        Self {
            name: &family.name,
            kind: family.kind.as_str(Format::Text),
            unit: Unit::of(family),
            series: family.metrics.len(),
            total,
            failed: rule.and_then(|rule| failed(family, &rule)),
            labels,
            largest: lines,
            change: Change::of_all(&changes),
            more: (!rest.is_empty()).then_some((rest.len(), more)),
            hint: subsystem_of(&family.name).map(|subsystem| subsystem.slug),
            mixed_bounds,
        }
    }

    /// Whether the values are distributions, which have other columns than numbers.
    pub(super) const fn is_distribution(&self) -> bool {
        matches!(self.total, Figures::Observations { .. })
    }
}

/// What is not a number comes last.
fn by_size(left: &SeriesLine, right: &SeriesLine) -> std::cmp::Ordering {
    let size = |line: &SeriesLine| {
        Some(line.figures.size()).filter(|size| !size.is_nan()).unwrap_or(f64::NEG_INFINITY)
    };
    size(left).total_cmp(&size(right))
}

/// The names of the labels, without the hidden ones and those that are always empty: the declared ones in the order of their
/// declaration, then the others as they appear.
pub(crate) fn label_names<'f>(family: &'f Family<'_>, hidden: &[&str]) -> Vec<&'f str> {
    let mut names: Vec<&str> = Vec::new();
    for label in family.metrics.iter().flat_map(|metric| &metric.labels) {
        let name = &*label.name;
        if !label.value.is_empty() && !hidden.contains(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let declared = find_metric(&family.name).map_or(&[][..], |entry| entry.def.labels);
    names.sort_by_key(|name| declared.iter().position(|label| label.name == *name).unwrap_or(usize::MAX));
    names
}

fn series_line(metric: &Metric<'_>, labels: &[&str], rule: Option<&FailureRule>) -> SeriesLine {
    let figures = figures(&metric.value);
    let fails = rule
        .is_some_and(|rule| value_of(&metric.labels, rule.label).is_some_and(|value| rule.is_failure(value)));
    let values =
        labels.iter().map(|name| harmless(value_of(&metric.labels, name).unwrap_or_default())).collect();
    let failing = fails && figures.size() > 0.0;
    SeriesLine { values, figures, change: None, failing }
}

/// The value of a label; `None` where there is none.
pub(crate) fn value_of<'l>(labels: &'l [Label<'_>], name: &str) -> Option<&'l str> {
    labels.iter().find(|label| label.name == name).map(|label| &*label.value)
}

fn failed(family: &Family<'_>, rule: &FailureRule) -> Option<f64> {
    let series = family
        .metrics
        .iter()
        .map(|metric| (value_of(&metric.labels, rule.label), figures(&metric.value).size()));
    rule.share(series).ratio()
}

/// What a series is compared by: its number, or how often something was observed.
pub(crate) fn size(value: &Value<'_>) -> f64 {
    match value {
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => count_of(histogram),
        value => figures(value).size(),
    }
}

fn figures(value: &Value<'_>) -> Figures {
    match value {
        Value::Counter(counter) => Figures::Number(counter.value),
        Value::Gauge(value) | Value::Untyped(value) | Value::Info(value) | Value::StateSet(value) => {
            Figures::Number(*value)
        }
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => {
            observations(count_of(histogram), histogram.sum, Some(&Distribution::from(histogram)))
        }
        Value::Summary(summary) => of_quantiles(summary),
    }
}

fn observations(count: f64, sum: Option<f64>, distribution: Option<&Distribution>) -> Figures {
    let percentiles =
        PERCENTILES.map(|share| distribution.and_then(|distribution| distribution.quantile(share)));
    let counts = distribution.map(Distribution::counts).unwrap_or_default();
    Figures::Observations { count, sum, percentiles, counts }
}

/// The number of observations, which the last bucket has too where it is not said.
fn count_of(histogram: &Histogram<'_>) -> f64 {
    let last = histogram.buckets.last().map(|bucket| bucket.cumulative);
    histogram.count.or(last).unwrap_or_default()
}

/// Those percentiles that the process computed itself.
fn of_quantiles(summary: &Quantiles) -> Figures {
    let find = |share: f64| summary.quantiles.iter().find(|quantile| quantile.quantile == share);
    let percentiles = PERCENTILES.map(|share| {
        find(share).filter(|found| !found.value.is_nan()).map(|found| Estimate::At(found.value))
    });
    let count = summary.count.unwrap_or_default();
    Figures::Observations { count, sum: summary.sum, percentiles, counts: Vec::new() }
}

/// The sum over all series, and whether their bounds differ. Quantiles that processes computed themselves have no sum.
fn total(family: &Family<'_>) -> (Figures, bool) {
    if let [only] = &*family.metrics {
        return (figures(&only.value), false);
    }
    match family.kind {
        FamilyKind::Histogram | FamilyKind::GaugeHistogram | FamilyKind::Summary => {
            total_observations(family)
        }
        _ => {
            (Figures::Number(family.metrics.iter().map(|metric| figures(&metric.value).size()).sum()), false)
        }
    }
}

fn total_observations(family: &Family<'_>) -> (Figures, bool) {
    let (mut count, mut sum) = (0.0, None);
    for metric in &family.metrics {
        if let Figures::Observations { count: more, sum: more_sum, .. } = figures(&metric.value) {
            count += more;
            sum = sum.map_or(more_sum, |sum: f64| Some(sum + more_sum.unwrap_or_default()));
        }
    }
    let distributions = Distribution::sums(family.metrics.iter().filter_map(distribution));
    match &*distributions {
        [one] => (observations(count, sum, Some(one)), false),
        several => (observations(count, sum, None), several.len() > 1),
    }
}

fn distribution(metric: &Metric<'_>) -> Option<Distribution> {
    match &metric.value {
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => Some(Distribution::from(histogram)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::parse;

    const ALL: Terms<'_> = Terms { hidden_labels: &[], limit: usize::MAX, before: None };

    fn family(text: &str) -> Family<'_> {
        parse(text, Format::Text).unwrap().remove(0)
    }

    #[test]
    fn the_largest_series_come_first_and_the_others_are_counted() {
        let family = family("a{i=\"1\"} 5\na{i=\"2\"} NaN\na{i=\"3\"} 50\na{i=\"4\"} 5\n");
        let summary = Summary::of(&family, Terms { limit: 3, ..ALL });
        let values: Vec<_> = summary.largest.iter().map(|line| &*line.values[0]).collect();
        assert_eq!(values, ["3", "1", "4"]);
        assert!(matches!(summary.more, Some((1, sum)) if sum.is_nan()));
        assert_eq!(Summary::of(&family, ALL).more, None);
    }

    #[test]
    fn failures_are_told_for_metrics_of_the_catalog() {
        let family = family(
            "# TYPE sase_agent_runs_total counter\nsase_agent_runs_total{status=\"ok\"} 6\nsase_agent_runs_total{status=\"error\"} 1\nsase_agent_runs_total{status=\"killed\"} 1\n",
        );
        let summary = Summary::of(&family, ALL);
        assert_eq!((summary.failed, summary.total), (Some(0.125), Figures::Number(8.0)));
        let failing: Vec<_> =
            summary.largest.iter().filter(|line| line.failing).map(|line| &*line.values[0]).collect();
        assert_eq!(failing, ["error"]);
    }

    #[test]
    fn percentiles_are_over_all_series_and_none_over_different_bounds() {
        let one = "h_bucket{a=\"1\",le=\"10\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 1\nh_sum{a=\"1\"} 3\nh_count{a=\"1\"} 1\n";
        let same = "h_bucket{a=\"2\",le=\"10\"} 0\nh_bucket{a=\"2\",le=\"+Inf\"} 3\nh_sum{a=\"2\"} 90\nh_count{a=\"2\"} 3\n";
        let other = same.replace("le=\"10\"", "le=\"20\"");
        let text = |other: &str| format!("# TYPE h histogram\n{one}{other}");
        let (text, mixed) = (text(same), text(&other));
        let summary = family(&text);
        let summary = Summary::of(&summary, ALL);
        let expected = [Some(Estimate::Beyond(10.0)); 3];
        assert_eq!(
            summary.total,
            Figures::Observations {
                count: 4.0,
                sum: Some(93.0),
                percentiles: expected,
                counts: vec![1.0, 3.0]
            }
        );
        let mixed = family(&mixed);
        let mixed = Summary::of(&mixed, ALL);
        assert!(
            mixed.mixed_bounds
                && matches!(mixed.total, Figures::Observations { percentiles: [None, None, None], .. })
        );
    }

    #[test]
    fn a_summary_shows_the_quantiles_that_it_has() {
        let family =
            family("# TYPE s summary\ns{quantile=\"0.5\"} 2\ns{quantile=\"0.9\"} 3\ns_sum 4\ns_count 2\n");
        let expected = [Some(Estimate::At(2.0)), None, None];
        assert_eq!(
            Summary::of(&family, ALL).total,
            Figures::Observations { count: 2.0, sum: Some(4.0), percentiles: expected, counts: Vec::new() }
        );
    }

    #[test]
    fn declared_labels_come_in_their_order_and_before_all_others() {
        let family = family(
            "sase_agent_runs_total{instance=\"i\",workflow=\"w\",llm_provider=\"p\",status=\"ok\"} 1\n",
        );
        assert_eq!(Summary::of(&family, ALL).labels, ["llm_provider", "status", "workflow", "instance"]);
    }

    #[test]
    fn hidden_and_empty_labels_are_no_columns_and_values_are_harmless() {
        let family = family("a{job=\"x\",e=\"\",b=\"1\\n2\"} 1\n");
        let summary = Summary::of(&family, Terms { hidden_labels: &["job"], ..ALL });
        assert_eq!((summary.labels, &*summary.largest[0].values[0]), (vec!["b"], "1\\n2"));
    }
}
