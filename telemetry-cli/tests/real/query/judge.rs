//! Whether two answers are the same.

use std::collections::BTreeMap;

use serde_json::Value;
use telemetry_query::{QueryError, Series, Steps};

use crate::support::http;

/// How far values may be apart, in proportion to the larger one if that is more than 1.
const CLOSE: f64 = 1e-9;

/// What Prometheus answered.
#[derive(Debug)]
pub(super) enum Answer {
    Series(Samples),
    Error { class: String, message: String },
}

/// By labels, the samples by their times in milliseconds.
type Samples = BTreeMap<BTreeMap<String, String>, BTreeMap<i64, f64>>;

/// Asks a Prometheus for a range.
pub(super) fn asked(url: &str, expression: &str, steps: Steps) -> Answer {
    let [start, end, step] = [steps.start, steps.end, steps.step].map(|time| time as f64 / 1_000.0);
    let query = http::escape(expression);
    let answer =
        http::get(&format!("{url}/api/v1/query_range?query={query}&start={start}&end={end}&step={step}"))
            .unwrap();
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    if document["status"] == "success" {
        return Answer::Series(
            document["data"]["result"].as_array().into_iter().flatten().map(series).collect(),
        );
    }
    let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
    Answer::Error { class: text("errorType"), message: text("error") }
}

fn series(result: &Value) -> (BTreeMap<String, String>, BTreeMap<i64, f64>) {
    let labels = result["metric"].as_object().into_iter().flatten();
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let samples = result["values"].as_array().into_iter().flatten();
    let samples = samples.map(|sample| {
        let milliseconds = (sample[0].as_f64().unwrap() * 1_000.0).round() as i64;
        (milliseconds, sample[1].as_str().unwrap().parse().unwrap())
    });
    (labels.collect(), samples.collect())
}

fn samples(ours: &[Series]) -> Samples {
    let labels = |series: &Series| {
        series.labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect()
    };
    let samples =
        |series: &Series| series.samples.iter().map(|sample| (sample.timestamp, sample.value)).collect();
    ours.iter().map(|series| (labels(series), samples(series))).collect()
}

/// What is different, if anything is.
pub(super) fn difference(ours: &Result<Vec<Series>, QueryError>, theirs: &Answer) -> Option<String> {
    match (ours, theirs) {
        (Ok(ours), Answer::Series(theirs)) => difference_of_series(&samples(ours), theirs),
        (Err(error), Answer::Error { class, message }) => (error.class().as_str() != class
            || kind(message) != kind(&error.to_string()))
        .then(|| format!("ours: {} {error}\ntheirs: {class} {message}", error.class().as_str())),
        (Ok(ours), Answer::Error { class, message }) => {
            Some(format!("ours: {} series\ntheirs: {class} {message}", ours.len()))
        }
        (Err(error), Answer::Series(theirs)) => {
            Some(format!("ours: {error}\ntheirs: {} series", theirs.len()))
        }
    }
}

/// What an error is about. Of several matches that are wrong, either evaluation names the one that it happens to see first.
fn kind(message: &str) -> &str {
    let kinds = ["match", "same labelset"];
    kinds.into_iter().find(|kind| message.contains(kind)).unwrap_or(message)
}

fn difference_of_series(ours: &Samples, theirs: &Samples) -> Option<String> {
    if let Some(labels) = ours.keys().find(|labels| !theirs.contains_key(*labels)) {
        return Some(format!("only ours: {labels:?} {:?}", ours[labels]));
    }
    theirs.iter().find_map(|(labels, theirs)| {
        let Some(ours) = ours.get(labels) else { return Some(format!("only theirs: {labels:?} {theirs:?}")) };
        let times = ours.keys().chain(theirs.keys());
        let different = |time: &&i64| match (ours.get(*time), theirs.get(*time)) {
            (Some(&ours), Some(&theirs)) => !is_close(ours, theirs),
            _ => true,
        };
        let time = times.into_iter().find(different)?;
        Some(format!("{labels:?} at {time}: ours {:?}, theirs {:?}", ours.get(time), theirs.get(time)))
    })
}

fn is_close(one: f64, other: f64) -> bool {
    let scale = one.abs().max(other.abs()).max(1.0);
    one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= CLOSE * scale
}
