//! The HTTP API of Prometheus, whoever answers it.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::http;
use super::wait::eventually;

/// A client of the API at a URL without a path.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    url: String,
}

/// An element of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// The labels, with the metric's name as `__name__` where it has one.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// What was scraped of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// The labels, with the metric's name as `__name__`.
    pub(crate) labels: BTreeMap<String, String>,
    /// Every sample with the second at which it was scraped, as it was scraped.
    pub(crate) samples: Vec<(f64, f64)>,
}

impl Api {
    /// Asks this URL.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// The address as a URL without a path.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// The instant vector (or the scalar, as one sample without labels) that an expression has now.
    pub(crate) fn query(&self, expression: &str) -> Vec<Sample> {
        let data = self.api(&format!("query?query={}", http::escape(expression)));
        match data["resultType"].as_str() {
            Some("scalar") => vec![Sample { labels: BTreeMap::new(), value: number(&data["result"][1]) }],
            _ => data["result"].as_array().into_iter().flatten().map(sample).collect(),
        }
    }

    /// Every sample that was scraped of the selected series in a time up to now, such as `15m`.
    pub(crate) fn history(&self, selector: &str, time: &str) -> Vec<History> {
        let data = self.api(&format!("query?query={}", http::escape(&format!("{selector}[{time}]"))));
        assert_eq!(data["resultType"], "matrix");
        data["result"].as_array().into_iter().flatten().map(history).collect()
    }

    /// The samples of an expression at each second of the last ones, with the seconds since 1970.
    pub(crate) fn last_seconds(&self, expression: &str, seconds: u32) -> Vec<History> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let range = format!("start={}&end={now}&step=1", now - u64::from(seconds));
        let data = self.api(&format!("query_range?query={}&{range}", http::escape(expression)));
        data["result"].as_array().into_iter().flatten().map(history).collect()
    }

    /// The values that a label has in the series that a selector chooses.
    pub(crate) fn label_values(&self, selector: &str, label: &str) -> Vec<String> {
        let data = self.api(&format!("label/{label}/values?match[]={}", http::escape(selector)));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        data.as_array().into_iter().flatten().map(text).collect()
    }

    /// Waits until the target of a job has been scraped with success.
    pub(crate) fn await_up(&self, job: &str) {
        let up = format!("up{{job=\"{job}\"}} == 1");
        eventually(&up, || (!self.query(&up).is_empty()).then_some(()));
    }

    /// The active targets, with their health, as the API lists them.
    pub(crate) fn targets(&self) -> Vec<Value> {
        self.api("targets?state=active")["activeTargets"].as_array().cloned().unwrap_or_default()
    }

    /// Type and help of each metric that was scraped, by the metric's name.
    pub(crate) fn metadata(&self) -> Value {
        self.api("metadata")
    }

    /// What it answers to a path below `/api/v1/`, which has to be a success.
    pub(crate) fn api(&self, path: &str) -> Value {
        let answer = http::get(&format!("{}/api/v1/{path}", self.url)).unwrap();
        let mut document: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["status"], "success", "{path}: {}", answer.body);
        document["data"].take()
    }
}

fn sample(result: &Value) -> Sample {
    Sample { labels: labels(result), value: number(&result["value"][1]) }
}

fn history(result: &Value) -> History {
    let samples = result["values"].as_array().into_iter().flatten();
    let sample = |sample: &Value| (sample[0].as_f64().unwrap(), number(&sample[1]));
    History { labels: labels(result), samples: samples.map(sample).collect() }
}

fn labels(result: &Value) -> BTreeMap<String, String> {
    let labels = result["metric"].as_object().into_iter().flatten();
    let text =
        |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
    labels.map(text).collect()
}

/// The API writes numbers as text, so that NaN and the infinities can be told.
fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}
