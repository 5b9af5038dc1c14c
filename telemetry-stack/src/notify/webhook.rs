//! Calling a webhook, with the JSON that Alertmanager sends to webhooks.

use super::alertmanager::{annotations, labels};
use super::courier::{Courier, Format};
use super::lines::News;
use super::moment::{NEVER, date};
use crate::rules::{Event, Notice};
use reqwest::StatusCode;
use serde_json::{Value, json};
use telemetry_core::config::Address;
use telemetry_push::http::SetupError;
use telemetry_query::Labels;

/// Calls the webhook at this address once for each alert that begins to fire and once for each that has ended. `external_url` is where
/// people look at alerts.
///
/// Where an alert has ended before the webhook could be told that it fires, it is told only of the end, which says when it began.
///
/// # Errors
/// Where the certificates of the address cannot be read, or there is no thread to be had.
pub fn webhook(address: &Address, external_url: &str, news: News) -> Result<Courier, SetupError> {
    let format = Webhook { external_url: external_url.to_owned() };
    Courier::start(address.clone(), format!("webhook {}", origin(&address.url)), format, news)
}

/// A URL without its path, in which many services have a token: as much of a webhook as may be shown.
#[must_use]
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or_default()
}

struct Webhook {
    external_url: String,
}

impl Format for Webhook {
    const NAME: &'static str = "webhook";
    /// Each change is a call of its own.
    const MOST: usize = 1;

    fn wants(event: Event) -> bool {
        matches!(event, Event::Firing | Event::Resolved)
    }

    fn body(&self, notices: &[Notice]) -> String {
        let Some(first) = notices.first() else { return String::new() };
        let status = status(first.event);
        json!({
            "version": "4",
            "receiver": "telemetry",
            "status": status,
            "alerts": notices.iter().map(alert).collect::<Vec<_>>(),
            "groupLabels": labels(&first.labels),
            "commonLabels": labels(&first.labels),
            "commonAnnotations": annotations(&first.annotations),
            "externalURL": self.external_url,
            "groupKey": group_key(&first.labels),
            "truncatedAlerts": 0,
        })
        .to_string()
    }

    /// As in Alertmanager: only a server that is in trouble or overloaded is asked again.
    fn is_final(status: StatusCode) -> bool {
        let again = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
        !status.is_server_error() && !again.contains(&status)
    }
}

const fn status(event: Event) -> &'static str {
    match event {
        Event::Resolved | Event::StillResolved => "resolved",
        Event::Pending | Event::Firing | Event::StillFiring | Event::Gone => "firing",
    }
}

fn alert(notice: &Notice) -> Value {
    let status = status(notice.event);
    json!({
        "status": status,
        "labels": labels(&notice.labels),
        "annotations": annotations(&notice.annotations),
        "startsAt": date(notice.starts_at),
        // Alertmanager does not say until when one that fires is to be believed.
        "endsAt": if status == "resolved" { date(notice.ends_at) } else { NEVER.to_owned() },
        "generatorURL": notice.generator_url,
        "fingerprint": format!("{:016x}", fingerprint(&notice.labels)),
    })
}

/// The name of a group of one alert, in the form of Alertmanager.
fn group_key(labels: &Labels) -> String {
    let labels: Vec<_> = labels.iter().map(|label| format!("{}={:?}", label.name, label.value)).collect();
    format!("{{}}:{{{}}}", labels.join(", "))
}

/// The number by which Alertmanager knows a label set: FNV-1a over its names and values, each ended by a byte that no text has.
fn fingerprint(labels: &Labels) -> u64 {
    const OFFSET: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    let texts = labels.iter().flat_map(|label| [label.name.as_bytes(), label.value.as_bytes()]);
    let bytes = texts.flat_map(|text| text.iter().copied().chain([u8::MAX]));
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
