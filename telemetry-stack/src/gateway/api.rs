//! The gateway's JSON: all groups with all that is in them, and what the gateway is.

use super::group::{Group, Kept, Nanos, read};
use crate::neighbour::APPLICATION;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use telemetry_core::exposition::{
    Family, Format, Histogram, Metric, Summary, Value as Measured, write_value,
};

/// The answer to `GET /api/v1/metrics`, made group by group while it is sent.
pub(super) fn metrics(groups: Vec<Arc<Group>>) -> impl Iterator<Item = Bytes> + Send + Unpin {
    let begin = std::iter::once(Bytes::from_static(b"{\"status\":\"success\",\"data\":["));
    let separators = std::iter::once("").chain(std::iter::repeat(","));
    let groups =
        separators.zip(groups).map(|(separator, group)| format!("{separator}{}", group_of(&group)).into());
    begin.chain(groups).chain(std::iter::once(Bytes::from_static(b"]}")))
}

/// The answer to `GET /api/v1/status`.
pub(super) fn status(build: &Value, flags: &Map<String, Value>, started: Nanos) -> Value {
    json!({
        "status": "success",
        "data": {
            "application": APPLICATION,
            "build_information": build,
            "flags": flags,
            "start_time": moment(started),
        },
    })
}

fn group_of(group: &Group) -> Value {
    let mut answer: Map<_, _> =
        group.families.iter().map(|family| (family.name().to_owned(), family_of(family))).collect();
    answer.insert("labels".to_owned(), labels_of(group.key.labels()));
    answer.insert("last_push_successful".to_owned(), group.is_well().into());
    answer.into()
}

fn labels_of<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> Value {
    labels.map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
}

fn family_of(kept: &Kept) -> Value {
    let text = kept.text();
    // What was kept was written by this program, so that it is always read.
    let family = read(&text).ok().flatten().unwrap_or_else(|| Family::new(kept.name(), kept.head.kind));
    let metrics: Vec<_> = family.metrics.iter().map(metric_of).collect();
    let mut answer = json!({
        "time_stamp": moment(kept.pushed),
        "type": family.kind.as_str(Format::Text).to_ascii_uppercase(),
        "metrics": metrics,
    });
    if let (Some(help), Some(answer)) = (&family.help, answer.as_object_mut()) {
        answer.insert("help".to_owned(), (**help).into());
    }
    answer
}

fn metric_of(metric: &Metric<'_>) -> Value {
    let labels = labels_of(metric.labels.iter().map(|label| (&*label.name, &*label.value)));
    match &metric.value {
        Measured::Histogram(Histogram { buckets, sum, count, .. })
        | Measured::GaugeHistogram(Histogram { buckets, sum, count, .. }) => {
            let buckets = numbers(buckets.iter().map(|bucket| (bucket.le, bucket.cumulative)));
            json!({ "labels": labels, "buckets": buckets, "sum": total(*sum), "count": total(*count) })
        }
        Measured::Summary(Summary { quantiles, sum, count, .. }) => {
            let quantiles = numbers(quantiles.iter().map(|quantile| (quantile.quantile, quantile.value)));
            json!({ "labels": labels, "quantiles": quantiles, "sum": total(*sum), "count": total(*count) })
        }
        Measured::Counter(counter) => json!({ "labels": labels, "value": number(counter.value) }),
        Measured::Gauge(value)
        | Measured::Untyped(value)
        | Measured::Info(value)
        | Measured::StateSet(value) => {
            json!({ "labels": labels, "value": number(*value) })
        }
    }
}

fn numbers(pairs: impl Iterator<Item = (f64, f64)>) -> Map<String, Value> {
    pairs.map(|(bound, value)| (number(bound), number(value).into())).collect()
}

fn total(value: Option<f64>) -> String {
    number(value.unwrap_or_default())
}

/// Numbers are texts, since JSON has neither NaN nor infinities.
fn number(value: f64) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// A moment as RFC 3339 has it.
fn moment(at: Nanos) -> String {
    let at = DateTime::from_timestamp_nanos(i64::try_from(at).unwrap_or(i64::MAX));
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::super::group::{GroupKey, Times};
    use super::*;

    #[test]
    fn a_group_is_told_as_the_pushgateway_tells_it() {
        let texts = [
            "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1.5\nh_count 2\n",
            "# HELP s Help.\n# TYPE s summary\ns{quantile=\"0.9\"} NaN\ns_sum 4\ns_count 1\n",
        ];
        let families =
            texts.iter().map(|text| Arc::new(Kept::new(read(text).unwrap().unwrap(), 1_500_000_000)));
        let times = Times { pushed: 2_000_000_000, ..Times::default() };
        let group = Arc::new(Group::new(GroupKey::new([("job", "x")]), times, families, 2_000_000_000));
        let text: Vec<u8> = metrics(vec![Arc::clone(&group), group]).flatten().collect();
        let answer: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(answer["data"].as_array().unwrap().len(), 2);
        let told = &answer["data"][1];
        assert_eq!(told["labels"], json!({ "job": "x" }));
        assert_eq!(told["last_push_successful"], true);
        assert_eq!(
            told["h"],
            json!({
                "time_stamp": "1970-01-01T00:00:01.500Z", "type": "HISTOGRAM",
                "metrics": [{ "labels": {}, "buckets": { "0.5": "1", "+Inf": "2" }, "sum": "1.5", "count": "2" }],
            })
        );
        assert_eq!(told["s"]["help"], "Help.");
        assert_eq!(told["s"]["metrics"][0]["quantiles"], json!({ "0.9": "NaN" }));
        assert_eq!(told["push_time_seconds"]["metrics"][0]["value"], "2");
        let none: Vec<u8> = metrics(Vec::new()).flatten().collect();
        assert_eq!(none, b"{\"status\":\"success\",\"data\":[]}");
    }
}
