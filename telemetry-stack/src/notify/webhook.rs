//! Calling a webhook, with the JSON that Alertmanager sends to webhooks.

use super::alertmanager::{annotations, labels};
use super::courier::{Courier, Format, Told};
use super::delivered::Delivered;
use super::fingerprint;
use super::lines::News;
use super::moment::{NEVER, date};
use crate::rules::{Event, Notice};
use crate::upkeep::now;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use telemetry_core::config::Address;
use telemetry_push::http::SetupError;
use telemetry_query::Labels;

/// Calls the webhook at this address once for each alert that begins to fire and once for each that has ended. `external_url` is where
/// people look at alerts.
///
/// What was delivered last of each alert is kept in a file in `folder`, so that it is one call for each change over restarts and kills,
/// too: what was told in the instant of a kill is delivered after the restart, and what was delivered already is not repeated. Only
/// a kill between a call and its note on the disk makes that one call come twice. Without the file, the webhook hears once more
/// of what fires.
///
/// Where an alert has ended before the webhook could be told that it fires, it is told only of the end, which says when it began. Of an
/// alert that has ended and fires again meanwhile, it is told only that it fires.
///
/// # Errors
/// Where the certificates of the address cannot be read, or there is no thread to be had.
pub fn webhook(
    address: &Address,
    external_url: &str,
    folder: &Path,
    news: News,
) -> Result<Courier, SetupError> {
    let name = format!("webhook {}", origin(&address.url));
    // The URL may have a token in it, which is not for the name of a file.
    let file = folder.join(format!("webhook-{}.json", fingerprint::of_text(&address.url)));
    let delivered = Delivered::open(file, &name, news.clone(), now());
    let format = Webhook { external_url: external_url.to_owned() };
    Courier::start(Told { address: address.clone(), name, format, news, delivered: Some(delivered) })
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
        "fingerprint": fingerprint::of_labels(&notice.labels),
    })
}

/// The name of a group of one alert, in the form of Alertmanager.
fn group_key(labels: &Labels) -> String {
    let labels: Vec<_> = labels.iter().map(|label| format!("{}={:?}", label.name, label.value)).collect();
    format!("{{}}:{{{}}}", labels.join(", "))
}
