//! Telling an Alertmanager, by its API v2.

use super::courier::{Courier, Format, Told};
use super::lines::News;
use super::moment::date;
use crate::rules::Notice;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use telemetry_core::config::Address;
use telemetry_push::http::SetupError;
use telemetry_query::Labels;

/// Tells the Alertmanager at this address, which may have a path, of what fires and what has ended. What it has to know again, it is told
/// again.
///
/// # Errors
/// Where the certificates of the address cannot be read, or there is no thread to be had.
pub fn alertmanager(address: &Address, news: News) -> Result<Courier, SetupError> {
    let name = format!("Alertmanager {}", address.url);
    let address = Address { url: format!("{}/api/v2/alerts", address.url), ..address.clone() };
    Courier::start(Told { address, name, format: Alertmanager, news, delivered: None })
}

struct Alertmanager;

impl Format for Alertmanager {
    const NAME: &'static str = "alertmanager";
    /// As many as Prometheus sends at once.
    const MOST: usize = 64;

    fn body(&self, notices: &[Notice]) -> String {
        Value::from_iter(notices.iter().map(alert)).to_string()
    }

    /// What is wrong with an alert stays wrong; the good ones beside it were taken.
    fn is_final(status: StatusCode) -> bool {
        status == StatusCode::BAD_REQUEST
    }
}

fn alert(notice: &Notice) -> Value {
    json!({
        "labels": labels(&notice.labels),
        "annotations": annotations(&notice.annotations),
        "startsAt": date(notice.starts_at),
        "endsAt": date(notice.ends_at),
        "generatorURL": notice.generator_url,
    })
}

/// A label set as an object.
pub(super) fn labels(labels: &Labels) -> Map<String, Value> {
    labels.iter().map(|label| (label.name.to_string(), json!(*label.value))).collect()
}

/// Annotations as an object.
pub(super) fn annotations(annotations: &[(String, String)]) -> Map<String, Value> {
    annotations.iter().map(|(name, text)| (name.clone(), json!(text))).collect()
}
