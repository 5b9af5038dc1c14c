//! Questions to the servers on the way, with what to do where there is no answer.

use crate::sources::{Trouble, block_on, fetch};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;
use telemetry_core::config::Address;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) why: String,
    pub(super) advice: String,
}

/// A server, with the setting that names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server<'a> {
    pub(super) address: &'a Address,
    /// The key of the setting below `telemetry`.
    pub(super) setting: &'static str,
}

/// A series with its value.
#[derive(Debug, Deserialize)]
pub(super) struct Element {
    pub(super) metric: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    error: String,
    data: Option<T>,
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<Element>,
}

impl Server<'_> {
    /// The data that an endpoint of the HTTP API of Prometheus answers with, such as `targets`.
    pub(super) fn api<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        parameters: &[(&str, &str)],
        within: Duration,
    ) -> Result<T, Unanswered> {
        let envelope: Envelope<T> = self.json(&format!("/api/v1/{endpoint}"), parameters, within)?;
        let refused = || self.foreign(&format!("it answers with an error: {}", envelope.error));
        envelope.data.ok_or_else(refused)
    }

    /// The series that an expression has now.
    pub(super) fn series(&self, expression: &str, within: Duration) -> Result<Vec<Element>, Unanswered> {
        self.api::<Vector>("query", &[("query", expression)], within).map(|vector| vector.result)
    }

    /// The document at a path.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        within: Duration,
    ) -> Result<T, Unanswered> {
        let url = Url::parse_with_params(&format!("{}{path}", self.address.url), parameters);
        let url = url.or_else(|_| Url::parse(&format!("{}{path}", self.address.url)));
        let url = url.map_err(|_| self.unanswered(&Trouble::NoUrl))?;
        let body = block_on(fetch(self.address, url, within)).and_then(|body| body);
        let body = body.map_err(|trouble| self.unanswered(&trouble))?;
        serde_json::from_slice(&body.bytes).map_err(|error| self.foreign(&error.to_string()))
    }

    fn foreign(&self, why: &str) -> Unanswered {
        Unanswered {
            why: format!("what answers at {} is not what belongs there: {why}", self.address.url),
            advice: format!("Set telemetry.{} to the address of the server itself.", self.setting),
        }
    }

    /// The trouble, and what to do about it.
    pub(super) fn unanswered(&self, trouble: &Trouble) -> Unanswered {
        let why = format!("no answer from {}: {}", self.address.url, trouble.sentence());
        Unanswered { why, advice: advice(trouble, self.setting) }
    }
}

fn advice(trouble: &Trouble, setting: &str) -> String {
    match trouble {
        Trouble::Refused => format!(
            "Start it, or set telemetry.{setting} to where it runs; `telemetry up` starts all of them."
        ),
        Trouble::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => denied(setting),
        Trouble::Status { status: StatusCode::NOT_FOUND, .. } => {
            format!("Is the path of telemetry.{setting} the one under which it is served?")
        }
        Trouble::Status { .. } => "Its own log says why.".to_owned(),
        Trouble::Unreadable { .. } => format!("Set telemetry.{setting} to the address of the server itself."),
        _ => format!(
            "See whether telemetry.{setting} has the right scheme, host and port, and whether a firewall is between{}",
            proxy(|name| std::env::var_os(name).is_some())
        ),
    }
}

/// What to do where a server lets nobody in, or not us.
pub(super) fn denied(setting: &str) -> String {
    format!(
        "Set telemetry.{setting}.username and telemetry.{setting}.password_file, or telemetry.{setting}.bearer_token_file, to what it \
         accepts."
    )
}

/// A proxy of the environment is easily forgotten. Its address may hold a password and is not repeated.
pub(super) fn proxy(is_set: impl Fn(&str) -> bool) -> String {
    let set = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    match set.into_iter().find(|name| is_set(name)) {
        Some(name) => format!(", or the proxy that {name} names."),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_its_advice() {
        let status = |status| Trouble::Status { status, beginning: String::new() };
        for (trouble, word) in [
            (Trouble::Refused, "telemetry up"),
            (status(StatusCode::UNAUTHORIZED), "prometheus.url.password_file"),
            (status(StatusCode::NOT_FOUND), "path"),
            (status(StatusCode::BAD_GATEWAY), "log"),
            (Trouble::Timeout(Duration::from_secs(1)), "firewall"),
        ] {
            let said = advice(&trouble, "prometheus.url");
            assert!(said.contains(word), "{said}");
        }
        assert!(proxy(|name| name == "ALL_PROXY").contains("ALL_PROXY"));
    }
}
