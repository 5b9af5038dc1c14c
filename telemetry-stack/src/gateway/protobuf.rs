//! The delimited protobuf bodies that Go's client sends: the messages of `io.prometheus.client`, read into families.
//!
//! Native histograms have no form in the text format. A histogram that has classic buckets besides is read by these; one that has
//! none is refused.

use prost::Message;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, decode_key, decode_varint, skip_field};
use telemetry_core::exposition::{
    Bucket, Family, FamilyKind, Histogram, Label, Metric, Quantile, Summary, Timestamp, Value, is_label_name,
    is_metric_name,
};

/// The number of the field in which a family has its metrics.
const METRICS: u32 = 4;

#[derive(Clone, PartialEq, Message)]
pub(super) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) help: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(super) kind: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(super) metrics: Vec<PbMetric>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PbMetric {
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(super) gauge: Option<Scalar>,
    #[prost(message, optional, tag = "3")]
    pub(super) counter: Option<Scalar>,
    #[prost(message, optional, tag = "4")]
    pub(super) summary: Option<PbSummary>,
    #[prost(message, optional, tag = "5")]
    pub(super) untyped: Option<Scalar>,
    #[prost(int64, optional, tag = "6")]
    pub(super) timestamp_ms: Option<i64>,
    #[prost(message, optional, tag = "7")]
    pub(super) histogram: Option<PbHistogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) value: Option<String>,
}

/// A counter, a gauge or an untyped metric.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Scalar {
    #[prost(double, optional, tag = "1")]
    pub(super) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PbSummary {
    #[prost(uint64, optional, tag = "1")]
    pub(super) count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(super) quantiles: Vec<PbQuantile>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PbQuantile {
    #[prost(double, optional, tag = "1")]
    pub(super) quantile: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub(super) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PbHistogram {
    #[prost(uint64, optional, tag = "1")]
    pub(super) count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(super) buckets: Vec<PbBucket>,
    #[prost(double, optional, tag = "4")]
    pub(super) count_float: Option<f64>,
    /// How fine the buckets of a native histogram are. A classic one does not say.
    #[prost(sint32, optional, tag = "5")]
    pub(super) schema: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PbBucket {
    #[prost(uint64, optional, tag = "1")]
    pub(super) cumulative: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) upper_bound: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub(super) cumulative_float: Option<f64>,
}

/// Reads a body of messages that each follow their length.
///
/// # Errors
/// Why it cannot be read, or that it has more than so many metrics.
pub(super) fn parse(mut body: &[u8], most: usize) -> Result<Vec<Family<'static>>, String> {
    let mut families = Vec::new();
    let mut left = most;
    while !body.is_empty() {
        let message = next_message(&mut body)?;
        let metrics = count_metrics(message).map_err(|error| error.to_string())?;
        left =
            left.checked_sub(metrics.max(1)).ok_or_else(|| format!("there are more than {most} metrics"))?;
        let family = MetricFamily::decode(message).map_err(|error| error.to_string())?;
        families.push(family.read()?);
    }
    Ok(families)
}

fn next_message<'b>(body: &mut &'b [u8]) -> Result<&'b [u8], String> {
    let length = decode_varint(body).map_err(|error| error.to_string())?;
    let length = usize::try_from(length).ok().filter(|length| *length <= body.len());
    let (message, rest) = body.split_at(length.ok_or("the body ends in the middle of a message")?);
    *body = rest;
    Ok(message)
}

/// How many metrics a family has. Counted before any is made, since an empty one takes two bytes here and hundreds when it is read.
fn count_metrics(mut message: &[u8]) -> Result<usize, prost::DecodeError> {
    let mut metrics = 0;
    while message.has_remaining() {
        let (field, wire_type) = decode_key(&mut message)?;
        skip_field(wire_type, field, &mut message, DecodeContext::default())?;
        metrics += usize::from(field == METRICS);
    }
    Ok(metrics)
}

impl MetricFamily {
    fn read(self) -> Result<Family<'static>, String> {
        let name =
            self.name.filter(|name| is_metric_name(name)).ok_or("a metric has a name that is not allowed")?;
        let kind = match self.kind.unwrap_or_default() {
            0 => FamilyKind::Counter,
            1 => FamilyKind::Gauge,
            2 => FamilyKind::Summary,
            3 => FamilyKind::Untyped,
            4 | 5 => FamilyKind::Histogram,
            kind => return Err(format!("metric {name:?} is of a kind that is not known, {kind}")),
        };
        let metrics: Result<Vec<_>, _> =
            self.metrics.into_iter().map(|metric| metric.read(kind, &name)).collect();
        let family = Family { help: self.help.map(Into::into), ..Family::new(name, kind) };
        Ok(family.with_metrics(metrics?))
    }
}

impl PbMetric {
    fn read(self, kind: FamilyKind, family: &str) -> Result<Metric<'static>, String> {
        let missing = || format!("a metric of {family:?} has no value of its kind");
        let value = match kind {
            FamilyKind::Counter => {
                Metric::counter(Vec::new(), self.counter.ok_or_else(missing)?.read()).value
            }
            FamilyKind::Gauge => Value::Gauge(self.gauge.ok_or_else(missing)?.read()),
            FamilyKind::Summary => Value::Summary(self.summary.ok_or_else(missing)?.read(family)?),
            FamilyKind::Histogram => Value::Histogram(self.histogram.ok_or_else(missing)?.read(family)?),
            _ => Value::Untyped(self.untyped.ok_or_else(missing)?.read()),
        };
        let labels: Result<_, _> = self.labels.into_iter().map(|label| label.read(family)).collect();
        Ok(Metric { labels: labels?, value, timestamp: self.timestamp_ms.map(Timestamp::from_millis) })
    }
}

impl LabelPair {
    fn read(self, family: &str) -> Result<Label<'static>, String> {
        let name = self.name.filter(|name| is_label_name(name) && name != "__name__");
        let name = name.ok_or_else(|| format!("a label of {family:?} has a name that is not allowed"))?;
        Ok(Label::new(name, self.value.unwrap_or_default()))
    }
}

impl Scalar {
    fn read(&self) -> f64 {
        self.value.unwrap_or_default()
    }
}

impl PbSummary {
    fn read(self, family: &str) -> Result<Summary, String> {
        let quantiles = self.quantiles.iter();
        let mut quantiles: Vec<_> = quantiles
            .map(|quantile| {
                Quantile::new(quantile.quantile.unwrap_or_default(), quantile.value.unwrap_or_default())
            })
            .collect();
        quantiles.sort_by(|one, other| one.quantile.total_cmp(&other.quantile));
        check_bounds(family, quantiles.iter().map(|quantile| quantile.quantile))?;
        Ok(Summary { quantiles, sum: self.sum, count: self.count.map(|count| count as f64), created: None })
    }
}

impl PbHistogram {
    fn read(self, family: &str) -> Result<Histogram<'static>, String> {
        if self.buckets.is_empty() && self.schema.is_some() {
            return Err(format!(
                "{family:?} is a native histogram, which the text format cannot hold; give it classic buckets as well"
            ));
        }
        let mut buckets: Vec<_> = self.buckets.iter().map(PbBucket::read).collect();
        buckets.sort_by(|one, other| one.le.total_cmp(&other.le));
        check_bounds(family, buckets.iter().map(|bucket| bucket.le))?;
        let count = self.count.map(|count| count as f64);
        let count = self.count_float.filter(|float| *float > 0.0).or(count);
        Ok(Histogram { buckets, sum: self.sum, count, created: None })
    }
}

impl PbBucket {
    fn read(&self) -> Bucket<'static> {
        let count = self.cumulative.unwrap_or_default() as f64;
        let count = self.cumulative_float.filter(|float| *float > 0.0).unwrap_or(count);
        Bucket::new(self.upper_bound.unwrap_or_default(), count)
    }
}

/// Refuses a bound that occurs twice or is no number. They are in order.
fn check_bounds(family: &str, bounds: impl Iterator<Item = f64>) -> Result<(), String> {
    let mut before = None;
    for bound in bounds {
        if bound.is_nan() || before == Some(bound) {
            return Err(format!("a bound of {family:?} is there twice or is no number"));
        }
        before = Some(bound);
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What Go's client sends: each family behind its length.
    pub(in super::super) fn encoded(families: &[MetricFamily]) -> Vec<u8> {
        families.iter().flat_map(Message::encode_length_delimited_to_vec).collect()
    }

    pub(in super::super) fn family(name: &str, kind: i32, metric: PbMetric) -> MetricFamily {
        MetricFamily {
            name: Some(name.to_owned()),
            help: Some("Help.".to_owned()),
            kind: Some(kind),
            metrics: vec![metric],
        }
    }

    fn label() -> Vec<LabelPair> {
        vec![LabelPair { name: Some("a".to_owned()), value: Some("ü".to_owned()) }]
    }

    fn scalar(value: f64) -> Option<Scalar> {
        Some(Scalar { value: Some(value) })
    }

    #[test]
    fn every_kind_is_read() {
        let bucket = PbBucket { cumulative: Some(1), upper_bound: Some(0.5), cumulative_float: None };
        let histogram =
            PbHistogram { count: Some(2), sum: Some(3.0), buckets: vec![bucket], ..Default::default() };
        let quantile = PbQuantile { quantile: Some(0.9), value: Some(7.0) };
        let summary = PbSummary { count: Some(4), sum: Some(5.0), quantiles: vec![quantile] };
        let body = encoded(&[
            family("c_total", 0, PbMetric { labels: label(), counter: scalar(1.0), ..Default::default() }),
            family("g", 1, PbMetric { gauge: scalar(-2.5), timestamp_ms: Some(5), ..Default::default() }),
            family("s", 2, PbMetric { summary: Some(summary), ..Default::default() }),
            family("u", 3, PbMetric { untyped: scalar(f64::NAN), ..Default::default() }),
            family("h", 4, PbMetric { histogram: Some(histogram), ..Default::default() }),
        ]);
        let families = parse(&body, 100).unwrap();
        let mut text = String::new();
        telemetry_core::exposition::write(&families, telemetry_core::exposition::Format::Text, &mut text);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "c_total{a=\"ü\"} 1",
            "g -2.5 5",
            "s{quantile=\"0.9\"} 7",
            "s_sum 5",
            "s_count 4",
            "u NaN",
            "h_bucket{le=\"0.5\"} 1",
            "h_sum 3",
            "h_count 2",
        ];
        assert_eq!(lines, expected);
        assert_eq!(families[0].help.as_deref(), Some("Help."));
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_a_reason() {
        let native = PbHistogram { count: Some(2), schema: Some(3), ..Default::default() };
        let native = family("h", 4, PbMetric { histogram: Some(native), ..Default::default() });
        let nameless = MetricFamily { name: None, ..native.clone() };
        let strange = MetricFamily { kind: Some(9), ..native.clone() };
        let empty = family("g", 1, PbMetric::default());
        for (family, reason) in [
            (native, "native histogram"),
            (nameless, "name that is not allowed"),
            (strange, "not known, 9"),
            (empty.clone(), "no value of its kind"),
        ] {
            let error = parse(&encoded(&[family]), 100).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        let many = MetricFamily { metrics: vec![PbMetric::default(); 101], ..empty };
        assert_eq!(parse(&encoded(&[many]), 100).unwrap_err(), "there are more than 100 metrics");
        assert!(parse(b"foo 1\n", 100).unwrap_err().contains("middle of a message"));
    }
}
