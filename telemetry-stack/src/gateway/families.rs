//! From a body to the families of a group: read, checked, given the labels of the group, and written as they are kept.

use super::arrival::unsupported;
use super::error::Refusal;
use super::group::{GroupKey, INSTANCE, is_time};
use super::metrics::is_own;
use super::path::{LONGEST_NAME, LONGEST_VALUE, MOST_LABELS};
use super::protobuf;
use std::collections::HashSet;
use telemetry_core::exposition::{
    Bucket, Family, FamilyKind, Format, Histogram, Label, Metric, ParseError, ParseErrorKind, Summary, Value,
    parse_bytes,
};

/// In what a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Lines(Format),
    Protobuf,
}

/// How much one body may come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most series.
    pub(super) series: usize,
    /// The most bytes of all lines together, labels of the group included.
    pub(super) bytes: usize,
}

impl Syntax {
    /// What a `Content-Type` says. As for the Pushgateway, whatever is not known is the text format.
    pub(super) fn of(content_type: &str) -> Result<Self, Refusal> {
        let mut parts = content_type.split(';').map(str::trim);
        if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/vnd.google.protobuf")) {
            return Ok(Self::Lines(Format::from_content_type(content_type)));
        }
        let parts: Vec<_> = parts.collect();
        let known = parts.contains(&"proto=io.prometheus.client.MetricFamily")
            && parts.contains(&"encoding=delimited");
        known.then_some(Self::Protobuf).ok_or_else(|| {
            unsupported(
                "protobuf is read with proto=io.prometheus.client.MetricFamily; encoding=delimited only",
            )
        })
    }
}

/// The families of a body as they are kept, with the labels of the group. Their metrics are sorted by their labels.
pub(super) fn families(
    body: &[u8],
    syntax: Syntax,
    key: &GroupKey,
    bounds: Bounds,
) -> Result<Vec<Family<'static>>, Refusal> {
    let labels: Vec<_> = key.labels().collect();
    let families = match syntax {
        Syntax::Lines(format) => {
            check_lines(body, &labels, bounds)?;
            parse_bytes(body, format).map_err(|error| unreadable(&error))?
        }
        Syntax::Protobuf => protobuf::parse(body, bounds.series).map_err(Refusal::bad)?,
    };
    let families = families.into_iter().filter(|family| !family.metrics.is_empty() && !is_time(&family.name));
    let families: Result<Vec<_>, _> = families.map(|family| finish(family.into_owned(), &labels)).collect();
    let families = families?;
    check_sizes(&families, &labels, bounds)?;
    check_names(&families)?;
    Ok(families)
}

/// A series that is there twice can be read, and is refused for what it says.
fn unreadable(error: &ParseError) -> Refusal {
    match error.kind {
        ParseErrorKind::DuplicateSample(_) => Refusal::invalid(error.to_string()),
        _ => Refusal::bad(error.to_string()),
    }
}

/// Refuses what could not have come whole, and what would become too much before any of it is read.
fn check_lines(body: &[u8], labels: &[(&str, &str)], bounds: Bounds) -> Result<(), Refusal> {
    if body.last().is_some_and(|last| *last != b'\n') {
        return Err(Refusal::bad(
            "the last line does not end in a line feed, so that the body may not have come whole",
        ));
    }
    let lines =
        body.split(|byte| *byte == b'\n').filter(|line| line.first().is_some_and(|first| *first != b'#'));
    check_amount(lines.count(), body.len(), labels, bounds)
}

/// Protobuf is much shorter than what is kept of it.
fn check_sizes(families: &[Family<'_>], labels: &[(&str, &str)], bounds: Bounds) -> Result<(), Refusal> {
    let (mut series, mut bytes) = (0, 0);
    for family in families {
        for metric in &family.metrics {
            let lines = lines_of(&metric.value);
            let own: usize = metric.labels.iter().map(|label| label.name.len() + label.value.len() + 4).sum();
            series += lines;
            bytes += lines * (family.name.len() + own);
        }
    }
    check_amount(series, bytes, labels, bounds)
}

fn check_amount(series: usize, bytes: usize, labels: &[(&str, &str)], bounds: Bounds) -> Result<(), Refusal> {
    let each: usize = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
    if series > bounds.series {
        return Err(Refusal::bad(format!(
            "the body has {series} series, and all groups together have {} at most",
            bounds.series
        )));
    }
    if bytes.saturating_add(each.saturating_mul(series)) > bounds.bytes {
        return Err(Refusal::bad(
            "the series with the labels of the group are too long together; push to several groups",
        ));
    }
    Ok(())
}

/// How many lines a value has.
fn lines_of(value: &Value<'_>) -> usize {
    match value {
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => histogram.buckets.len() + 2,
        Value::Summary(summary) => summary.quantiles.len() + 2,
        _ => 1,
    }
}

/// Gives a family the labels of its group and the form in which it is kept.
fn finish(mut family: Family<'static>, labels: &[(&str, &str)]) -> Result<Family<'static>, Refusal> {
    check_name(&family.name)?;
    family.kind = kept_kind(family.kind);
    family.unit = None;
    for metric in &mut family.metrics {
        if metric.timestamp.is_some() {
            return Err(Refusal::invalid("pushed metrics must not have timestamps"));
        }
        relabel(metric, labels);
        check_labels(&family.name, family.kind, &metric.labels)?;
        complete(&mut metric.value);
    }
    family.metrics.sort_by(|one, other| pairs(one).cmp(pairs(other)));
    match family.metrics.windows(2).any(|pair| matches!(pair, [one, other] if one.labels == other.labels)) {
        true => Err(Refusal::invalid(format!(
            "metric {:?} was collected before with the same name and label values, once the labels of the group are set",
            family.name
        ))),
        false => Ok(family),
    }
}

fn pairs<'m>(metric: &'m Metric<'_>) -> impl Iterator<Item = (&'m str, &'m str)> {
    metric.labels.iter().map(|label| (&*label.name, &*label.value))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.len() > LONGEST_NAME {
        return Err(Refusal::invalid(format!("a metric has a name of more than {LONGEST_NAME} bytes")));
    }
    if is_own(name) {
        return Err(Refusal::invalid(format!("{name:?} is the name of a metric of the gateway itself")));
    }
    Ok(())
}

/// The kind that the text format has for it.
fn kept_kind(kind: FamilyKind) -> FamilyKind {
    match kind {
        FamilyKind::Info | FamilyKind::StateSet => FamilyKind::Gauge,
        FamilyKind::GaugeHistogram => FamilyKind::Histogram,
        kind => kind,
    }
}

/// Sets the labels of the group, and `instance` where there is none, and sorts them.
fn relabel(metric: &mut Metric<'static>, labels: &[(&str, &str)]) {
    let of_group = |name: &str| labels.iter().any(|(other, _)| *other == name);
    metric.labels.retain(|label| !of_group(&label.name));
    metric
        .labels
        .extend(labels.iter().map(|(name, value)| Label::new((*name).to_owned(), (*value).to_owned())));
    if !metric.labels.iter().any(|label| label.name == INSTANCE) {
        metric.labels.push(Label::new(INSTANCE, ""));
    }
    metric.labels.sort_by(|one, other| one.name.cmp(&other.name));
}

fn check_labels(family: &str, kind: FamilyKind, labels: &[Label<'_>]) -> Result<(), Refusal> {
    let invalid = |what: &str| Err(Refusal::invalid(format!("metric {family:?} has {what}")));
    if labels.len() > MOST_LABELS {
        return invalid(&format!("a series of more than {MOST_LABELS} labels"));
    }
    if labels.iter().any(|label| label.name.len() > LONGEST_NAME || label.value.len() > LONGEST_VALUE) {
        return invalid(&format!(
            "a label of more than {LONGEST_NAME} bytes, or a value of more than {LONGEST_VALUE}"
        ));
    }
    if labels.windows(2).any(|pair| matches!(pair, [one, other] if one.name == other.name)) {
        return invalid("a series with the same label twice");
    }
    let reserved = match kind {
        FamilyKind::Histogram => "le",
        FamilyKind::Summary => "quantile",
        _ => return Ok(()),
    };
    match labels.iter().any(|label| label.name == reserved) {
        true => invalid(&format!("a label {reserved:?} beside the one that tells its parts")),
        false => Ok(()),
    }
}

/// Adds the lines that the Pushgateway adds: a bucket for everything, a sum and a count.
fn complete(value: &mut Value<'static>) {
    match value {
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => complete_histogram(histogram),
        Value::Summary(Summary { sum, count, .. }) => {
            sum.get_or_insert_default();
            count.get_or_insert_default();
        }
        _ => {}
    }
}

fn complete_histogram(histogram: &mut Histogram<'static>) {
    let Histogram { buckets, sum, count, .. } = histogram;
    sum.get_or_insert_default();
    match buckets.last().filter(|last| last.le == f64::INFINITY).map(|last| last.cumulative) {
        Some(all) => {
            count.get_or_insert(all);
        }
        None => {
            let all = *count.get_or_insert_default();
            buckets.push(Bucket::new(f64::INFINITY, all));
        }
    }
}

/// Refuses two families of one name, which only protobuf can have.
fn check_names(families: &[Family<'_>]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match families.iter().find(|family| !seen.insert(&*family.name)) {
        Some(twice) => Err(Refusal::invalid(format!("metric {:?} is there twice", twice.name))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::protobuf::tests::{encoded, family};
    use super::super::protobuf::{LabelPair, PbMetric, Scalar};
    use super::*;
    use telemetry_core::exposition::write;

    const BOUNDS: Bounds = Bounds { series: 100, bytes: 100_000 };
    const TEXT: Syntax = Syntax::Lines(Format::Text);

    fn read(body: &[u8], syntax: Syntax) -> Result<String, Refusal> {
        let key = GroupKey::new([("a", "g"), ("job", "j")]);
        let mut out = String::new();
        write(&families(body, syntax, &key, BOUNDS)?, Format::Text, &mut out);
        Ok(out)
    }

    fn reason(body: &str) -> String {
        read(body.as_bytes(), TEXT).unwrap_err().reason
    }

    #[test]
    fn series_get_the_labels_of_the_group() {
        let body = b"# TYPE n counter\nn{job=\"x\",z=\"1\"} 3\nn{instance=\"i\"} 4\n";
        let expected = "# TYPE n counter\n\
            n{a=\"g\",instance=\"\",job=\"j\",z=\"1\"} 3\nn{a=\"g\",instance=\"i\",job=\"j\"} 4\n";
        assert_eq!(read(body, TEXT).unwrap(), expected);
    }

    #[test]
    fn open_metrics_is_kept_as_text() {
        let body =
            b"# TYPE n counter\nn_total 3 # {t=\"1\"} 1\nn_created 5\n# TYPE i info\ni_info{v=\"1\"} 1\n\
            # TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 2\ng_gsum 3\ng_gcount 2\n# EOF\n";
        let expected = "# TYPE n_total counter\nn_total{a=\"g\",instance=\"\",job=\"j\"} 3\n\
            # TYPE i_info gauge\ni_info{a=\"g\",instance=\"\",job=\"j\",v=\"1\"} 1\n\
            # TYPE g histogram\ng_bucket{a=\"g\",instance=\"\",job=\"j\",le=\"+Inf\"} 2\n\
            g_sum{a=\"g\",instance=\"\",job=\"j\"} 3\ng_count{a=\"g\",instance=\"\",job=\"j\"} 2\n";
        assert_eq!(read(body, Syntax::Lines(Format::OpenMetrics)).unwrap(), expected);
    }

    #[test]
    fn missing_lines_are_added_as_the_pushgateway_does() {
        let body = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 5\n# TYPE s summary\ns_sum 3\n";
        let text = read(body.as_bytes(), TEXT).unwrap();
        let values: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let labels = "{a=\"g\",instance=\"\",job=\"j\"";
        let expected = [
            format!("h_bucket{labels},le=\"1\"}} 1"),
            format!("h_bucket{labels},le=\"+Inf\"}} 5"),
            format!("h_sum{labels}}} 0"),
            format!("h_count{labels}}} 5"),
            format!("s_sum{labels}}} 3"),
            format!("s_count{labels}}} 0"),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn the_times_of_the_body_and_families_without_series_are_left_out() {
        assert_eq!(read(b"push_time_seconds 5\n# TYPE g gauge\n# only a comment\n", TEXT).unwrap(), "");
        assert_eq!(read(b"", TEXT).unwrap(), "");
    }

    #[test]
    fn what_may_not_be_pushed_is_refused_with_a_reason() {
        let long = "x".repeat(LONGEST_VALUE + 1);
        for (body, expected) in [
            ("n 1", "the last line does not end"),
            ("n 1 2\n", "must not have timestamps"),
            ("n{job=\"1\"} 1\nn{job=\"2\"} 1\n", "collected before with the same name and label values"),
            ("n{instance=\"\"} 1\nn 1\n", "collected before with the same name and label values"),
            ("n 1\nn 1\n", "found a second `n`"),
            ("telemetry_gateway_groups 1\n", "metric of the gateway itself"),
            ("telemetry_gateway_push_duration_seconds_count 1\n", "metric of the gateway itself"),
            (&format!("n{{b=\"{long}\"}} 1\n"), "a value of more than"),
            (&format!("{} 1\n", "n".repeat(LONGEST_NAME + 1)), "a name of more than"),
            (&"n 1\n".repeat(101), "the body has 101 series"),
        ] {
            assert!(reason(body).contains(expected), "{} is not: {expected}", reason(body));
        }
        assert!(read(b"n{b=\"\xff\"} 1\n", TEXT).unwrap_err().reason.contains("not UTF-8"));
    }

    #[test]
    fn only_what_contradicts_is_noted_in_the_group() {
        assert!(!read(b"n{ 1\n", TEXT).unwrap_err().noted);
        assert!(read(b"n 1 2\n", TEXT).unwrap_err().noted);
        assert!(read(b"n 1\nn 1\n", TEXT).unwrap_err().noted);
    }

    #[test]
    fn a_label_of_the_group_cannot_blow_a_body_up() {
        let value = "v".repeat(LONGEST_VALUE);
        let key = GroupKey::new([("job", &*value)]);
        let body: String = (0..50).map(|n| format!("n{n} 1\n")).collect();
        let refusal = families(body.as_bytes(), TEXT, &key, BOUNDS).unwrap_err();
        assert!(refusal.reason.contains("too long together"), "{refusal:?}");
    }

    #[test]
    fn a_group_cannot_have_the_label_of_a_bucket() {
        let key = GroupKey::new([("job", "j"), ("le", "5")]);
        let body = b"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 2\n";
        assert!(families(body, TEXT, &key, BOUNDS).unwrap_err().reason.contains("\"le\""));
        assert!(families(b"n 1\n", TEXT, &key, BOUNDS).is_ok());
    }

    #[test]
    fn protobuf_is_checked_like_text() {
        let gauge = PbMetric { gauge: Some(Scalar { value: Some(1.0) }), ..PbMetric::default() };
        let one = family("n", 1, gauge.clone());
        let twice = read(&encoded(&[one.clone(), one.clone()]), Syntax::Protobuf).unwrap_err();
        assert!(twice.reason.contains("is there twice"));
        let label = LabelPair { name: Some("b".to_owned()), value: None };
        let labels = PbMetric { labels: vec![label.clone(), label], ..gauge };
        let labels = read(&encoded(&[family("n", 1, labels)]), Syntax::Protobuf).unwrap_err();
        assert!(labels.reason.contains("same label twice"));
        let text = read(&encoded(&[one]), Syntax::Protobuf).unwrap();
        assert_eq!(text, "# HELP n Help.\n# TYPE n gauge\nn{a=\"g\",instance=\"\",job=\"j\"} 1\n");
    }

    #[test]
    fn content_types_are_told_apart() {
        let protobuf =
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
        assert_eq!(Syntax::of(protobuf), Ok(Syntax::Protobuf));
        assert_eq!(Syntax::of("application/vnd.google.protobuf").unwrap_err().status, 415);
        assert_eq!(Syntax::of("application/json"), Ok(TEXT));
        assert_eq!(Syntax::of("application/openmetrics-text"), Ok(Syntax::Lines(Format::OpenMetrics)));
    }
}
