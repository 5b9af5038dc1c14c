//! From families to lines.

use super::bounds::Bounds;
use super::escape::{Context, write_escaped};
use super::format::Format;
use super::lead::Lead;
use super::line::{write_labels, write_line};
use super::model::{Exemplar, Family, FamilyKind, Histogram, Label, Metric, Summary, Value};
use super::names::{Part, ends_in_unit, model_suffix, parts, takes_exemplar, takes_unit};
use super::number::write_value;
use super::timestamp::Timestamp;

/// Writes families behind what `out` already has.
///
/// [`parse`](super::parse) reads the result back as equal families, as long as each family has a name of its own, each
/// metric labels of its own, each histogram its buckets in rising order, and every name is one that Prometheus accepts
/// (see [`is_metric_name`](super::is_metric_name) and [`is_label_name`](super::is_label_name)); names are written as
/// they are. What a format cannot say is left out:
///
/// - The text format has no units, creation times and exemplars, and only five types; see
///   [`FamilyKind::as_str`](super::FamilyKind::as_str).
/// - OpenMetrics requires `_total` at the end of a counter's name and `_info` at the end of an information's. A family
///   without it is written as `unknown`, so that its samples keep their name; so does Go's writer.
/// - OpenMetrics requires the unit at the end of a family's name; a unit that is not there has no line, nor has one of an information
///   or of states, which are no quantities.
/// - OpenMetrics allows 128 characters in the labels of an exemplar; a longer exemplar is not written.
/// - A value that is not of its family's kind, such as a histogram in a gauge, has no lines that could be read back,
///   and none are written.
///
/// ```
/// use telemetry_core::exposition::{Family, FamilyKind, Format, Label, Metric, write};
///
/// let runs = Family::new("runs_total", FamilyKind::Counter)
///     .with_help("Runs of agents.")
///     .with_metrics([Metric::counter(vec![Label::new("status", "ok")], 3.0)]);
/// let mut out = String::new();
/// write(&[runs], Format::Text, &mut out);
/// assert_eq!(out, "# HELP runs_total Runs of agents.\n# TYPE runs_total counter\nruns_total{status=\"ok\"} 3\n");
/// ```
pub fn write(families: &[Family<'_>], format: Format, out: &mut String) {
    write_families(families, format, out);
    write_end(format, out);
}

/// Writes families of which more may follow.
pub(crate) fn write_families(families: &[Family<'_>], format: Format, out: &mut String) {
    let mut writer = FamilyWriter::new(format, out);
    for family in families {
        writer.write(family);
    }
}

/// Writes what stands behind the last family.
pub(crate) fn write_end(format: Format, out: &mut String) {
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
}

/// Writes the lines of one family after the other.
struct FamilyWriter<'w> {
    out: &'w mut String,
    format: Format,
    /// The name on the lines that describe the present family.
    name: &'w str,
    /// The kind that the lines say, which may not be the family's own.
    kind: FamilyKind,
    /// What samples such a family has, and what follows its name in theirs.
    parts: &'static [(&'static str, Part)],
    lead: Lead<'w>,
    bounds: Bounds,
}

impl<'w> FamilyWriter<'w> {
    fn new(format: Format, out: &'w mut String) -> Self {
        let (lead, bounds) = (Lead::default(), Bounds::default());
        Self { out, format, name: "", kind: FamilyKind::Untyped, parts: &[], lead, bounds }
    }

    fn write(&mut self, family: &'w Family<'w>) {
        let suffix = model_suffix(family.kind, self.format);
        (self.name, self.kind) = match family.name.strip_suffix(suffix) {
            Some(name) if !name.is_empty() => (name, family.kind),
            _ => (&*family.name, FamilyKind::Untyped),
        };
        self.describe(family);
        self.parts = parts(self.kind, self.format);
        if let [(suffix, part), ..] = self.parts
            && !family.metrics.is_empty()
        {
            self.lead.begin_family(self.name, suffix, *part);
            self.bounds.forget();
            for metric in &family.metrics {
                self.lead.begin_metric(&metric.labels);
                self.metric(metric);
            }
        }
    }

    fn describe(&mut self, family: &Family<'_>) {
        match self.format {
            Format::Text => {
                self.help(family.help.as_deref());
                self.description("TYPE", self.kind.as_str(self.format));
            }
            Format::OpenMetrics => {
                self.description("TYPE", self.kind.as_str(self.format));
                let unit = family.unit.as_deref().unwrap_or_default();
                if !unit.is_empty() && ends_in_unit(self.name, unit) && takes_unit(self.kind) {
                    self.description("UNIT", unit);
                }
                self.help(family.help.as_deref());
            }
        }
    }

    fn description(&mut self, keyword: &str, text: &str) {
        for piece in ["# ", keyword, " ", self.name, " ", text, "\n"] {
            self.out.push_str(piece);
        }
    }

    fn help(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        for piece in ["# HELP ", self.name, " "] {
            self.out.push_str(piece);
        }
        write_escaped(self.out, text, Context::Help(self.format));
        self.out.push('\n');
    }

    fn metric(&mut self, metric: &Metric<'_>) {
        match &metric.value {
            Value::Counter(counter) => {
                self.scalar(metric, counter.value, counter.exemplar.as_ref());
                self.total(metric, Part::Created, counter.created);
            }
            Value::Gauge(value) | Value::Untyped(value) | Value::Info(value) | Value::StateSet(value) => {
                self.scalar(metric, *value, None);
            }
            Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => {
                self.histogram(metric, histogram);
            }
            Value::Summary(summary) => self.summary(metric, summary),
        }
    }

    fn histogram(&mut self, metric: &Metric<'_>, histogram: &Histogram<'_>) {
        for (at, bucket) in histogram.buckets.iter().enumerate() {
            let sample = (bucket.cumulative, bucket.exemplar.as_ref());
            self.bound(metric, Part::Bucket, (at, bucket.le), sample);
        }
        self.total(metric, Part::Sum, histogram.sum);
        self.total(metric, Part::Count, histogram.count);
        self.total(metric, Part::Created, histogram.created);
    }

    fn summary(&mut self, metric: &Metric<'_>, summary: &Summary) {
        for (at, quantile) in summary.quantiles.iter().enumerate() {
            self.bound(metric, Part::Quantile, (at, quantile.quantile), (quantile.value, None));
        }
        self.total(metric, Part::Sum, summary.sum);
        self.total(metric, Part::Count, summary.count);
        self.total(metric, Part::Created, summary.created);
    }

    /// Writes the line of a metric that has one with its value, unless the family's kind has none.
    fn scalar(&mut self, metric: &Metric<'_>, value: f64, exemplar: Option<&Exemplar<'_>>) {
        let [(_, Part::Scalar), ..] = self.parts else { return };
        if metric.timestamp.is_none() && exemplar.is_none() {
            return write_line(self.out, self.lead.text(), value);
        }
        self.out.push_str(self.lead.text());
        self.value(metric, value, exemplar.filter(|_| takes_exemplar(self.kind, self.format, Part::Scalar)));
    }

    /// Writes the line of a bucket or a quantile, which has this position among those of its metric and this bound, unless the family's
    /// kind has none of this part.
    fn bound(
        &mut self,
        metric: &Metric<'_>,
        part: Part,
        (at, bound): (usize, f64),
        (value, exemplar): (f64, Option<&Exemplar<'_>>),
    ) {
        let Some(label) = part.bound_label() else { return };
        if self.parts.first().is_none_or(|(_, first)| *first != part) {
            return;
        }
        self.out.push_str(self.lead.text());
        let end = self.bounds.text(at, metric.labels.is_empty(), label, bound);
        if metric.timestamp.is_none() && exemplar.is_none() {
            return write_line(self.out, end, value);
        }
        self.out.push_str(end);
        self.value(metric, value, exemplar.filter(|_| takes_exemplar(self.kind, self.format, part)));
    }

    /// Writes a line beside those with a metric's value or bounds, if there is a value for it and the family's kind has this part.
    fn total(&mut self, metric: &Metric<'_>, part: Part, value: Option<f64>) {
        if let Some(value) = value
            && let Some((suffix, _)) = self.parts.iter().find(|(_, other)| *other == part)
        {
            self.lead.write_with(suffix, self.out);
            self.value(metric, value, None);
        }
    }

    /// Writes what stands behind the labels, and ends the line.
    fn value(&mut self, metric: &Metric<'_>, value: f64, exemplar: Option<&Exemplar<'_>>) {
        write_value(self.out, value);
        self.timestamp(metric.timestamp);
        if let Some(exemplar) = exemplar.filter(|exemplar| !exemplar.is_long()) {
            self.exemplar(exemplar);
        }
        self.out.push('\n');
    }

    fn timestamp(&mut self, timestamp: Option<Timestamp>) {
        if let Some(timestamp) = timestamp {
            self.out.push(' ');
            timestamp.write(self.format, self.out);
        }
    }

    fn exemplar(&mut self, exemplar: &Exemplar<'_>) {
        self.out.push_str(" # ");
        if exemplar.labels.is_empty() {
            self.out.push('{');
        }
        write_labels(self.out, exemplar.labels.iter().map(Label::texts));
        self.out.push_str("} ");
        write_value(self.out, exemplar.value);
        self.timestamp(exemplar.timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Bucket, Counter, Quantile};

    fn written(family: Family<'_>, format: Format) -> String {
        let mut out = String::new();
        write(&[family], format, &mut out);
        out
    }

    fn counter(name: &'static str) -> Family<'static> {
        let exemplar = Exemplar { labels: Vec::new(), value: 1.0, timestamp: None };
        let counter = Counter { value: 3.0, created: Some(1.5), exemplar: Some(exemplar) };
        let metric = Metric::new(Vec::new(), Value::Counter(counter)).at(Timestamp::from_millis(2500));
        Family::new(name, FamilyKind::Counter).with_help("a\n\"b\"").with_metrics([metric])
    }

    #[test]
    fn each_format_says_what_it_can_of_a_counter() {
        let text = "# HELP a_total a\\n\"b\"\n# TYPE a_total counter\na_total 3 2500\n";
        assert_eq!(written(counter("a_total"), Format::Text), text);
        let open =
            "# TYPE a counter\n# HELP a a\\n\\\"b\\\"\na_total 3 2.5 # {} 1\na_created 1.5 2.5\n# EOF\n";
        assert_eq!(written(counter("a_total"), Format::OpenMetrics), open);
    }

    #[test]
    fn a_counter_without_its_suffix_is_unknown_to_open_metrics() {
        let open = "# TYPE a unknown\n# HELP a a\\n\\\"b\\\"\na 3 2.5\n# EOF\n";
        assert_eq!(written(counter("a"), Format::OpenMetrics), open);
        let nameless = written(counter("_total"), Format::OpenMetrics);
        assert!(nameless.starts_with("# TYPE _total unknown\n"));
    }

    #[test]
    fn histograms_and_summaries_have_a_line_for_each_part() {
        let histogram = Histogram {
            buckets: vec![Bucket::new(10.0, 1.0), Bucket::new(f64::INFINITY, 2.0)],
            sum: Some(11.5),
            count: Some(2.0),
            created: Some(1.0),
        };
        let family = Family::new("h", FamilyKind::Histogram)
            .with_metrics([Metric::histogram(vec![Label::new("a", "b")], histogram)]);
        let expected = "# TYPE h histogram\nh_bucket{a=\"b\",le=\"10\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\n\
            h_sum{a=\"b\"} 11.5\nh_count{a=\"b\"} 2\n";
        assert_eq!(written(family, Format::Text), expected);

        let summary =
            Summary { quantiles: vec![Quantile::new(0.5, 2.0)], count: Some(4.0), ..Summary::default() };
        let family =
            Family::new("s", FamilyKind::Summary).with_metrics([Metric::summary(Vec::new(), summary)]);
        let expected = "# TYPE s summary\ns{quantile=\"0.5\"} 2\ns_count 4\n# EOF\n";
        assert_eq!(written(family, Format::OpenMetrics), expected);
    }

    #[test]
    fn what_open_metrics_forbids_is_left_out() {
        let family = Family::new("a_s_info", FamilyKind::Info).with_unit("s");
        assert_eq!(written(family, Format::OpenMetrics), "# TYPE a_s info\n# EOF\n");
        let with_label = |length: usize| {
            let labels = vec![Label::new("t", "é".repeat(length))];
            let exemplar = Some(Exemplar { labels, value: 1.0, timestamp: None });
            let value = Value::Counter(Counter { value: 3.0, created: None, exemplar });
            Family::new("a_total", FamilyKind::Counter).with_metrics([Metric::new(Vec::new(), value)])
        };
        let (longest, longer) = (with_label(127), with_label(128));
        assert!(written(longest, Format::OpenMetrics).contains(" # {t="));
        assert_eq!(written(longer, Format::OpenMetrics), "# TYPE a counter\na_total 3\n# EOF\n");
    }

    #[test]
    fn a_unit_is_written_only_where_the_name_ends_in_it() {
        let family = |name: &'static str| Family::new(name, FamilyKind::Counter).with_unit("seconds");
        let expected = "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# EOF\n";
        assert_eq!(written(family("a_seconds_total"), Format::OpenMetrics), expected);
        assert_eq!(written(family("a_total"), Format::OpenMetrics), "# TYPE a counter\n# EOF\n");
    }

    #[test]
    fn a_value_of_another_kind_has_no_lines() {
        let gauge = Family::new("a", FamilyKind::Gauge).with_metrics([Metric::histogram(
            Vec::new(),
            Histogram { sum: Some(1.0), ..Histogram::default() },
        )]);
        assert_eq!(written(gauge, Format::Text), "# TYPE a gauge\n");
    }
}
