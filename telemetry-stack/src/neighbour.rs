//! Who answers on a port that is taken: a server of the kind that we would have started can be used in our place.

use crate::part::Part;
use reqwest::Client;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use telemetry_core::config::Address;

/// How long somebody may take to say who it is. It is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most of an answer that is read.
const MOST: usize = 1024 * 1024;

/// What every answer of ours about itself says under the key `application`, which the real servers do not have.
pub(crate) const APPLICATION: &str = concat!("telemetry ", env!("CARGO_PKG_VERSION"));

/// Somebody who answers where one of our parts would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Neighbour {
    /// A server that speaks the protocol of the part.
    Usable {
        /// What it is and in which version, such as `Prometheus 2.42.0`.
        name: String,
    },
    /// Another stack of ours, which keeps its data elsewhere.
    Ours,
}

/// Asks whoever listens on an address whether it is what a part would be; `None` where it is not, or does not say.
pub(crate) async fn ask(part: Part, address: SocketAddr) -> Option<Neighbour> {
    let base = format!("http://{}", reachable(address));
    let client = telemetry_push::http::client(&Address::parse(&base).ok()?, PATIENCE).ok()?;
    let theirs = part.theirs()?;
    let path = match part {
        Part::Gateway => "/api/v1/status",
        Part::History | Part::Page => "/api/v1/status/buildinfo",
    };
    let answer = json(&client, &format!("{base}{path}")).await?;
    let data = answer.get("data").filter(|_| answer.get("status") == Some(&Value::from("success")))?;
    let application = data.get("application").and_then(Value::as_str).unwrap_or_default();
    if application.starts_with("telemetry ") {
        return Some(Neighbour::Ours);
    }
    let build = match part {
        Part::Gateway => data.get("build_information")?,
        Part::History | Part::Page => data,
    };
    let version = build.get("version")?.as_str()?;
    // A version is not a place for anything that a terminal would obey.
    let version: String = version.chars().filter(|c| !c.is_control()).take(40).collect();
    Some(Neighbour::Usable { name: format!("{theirs} {version}").trim_end().to_owned() })
}

async fn json(client: &Client, url: &str) -> Option<Value> {
    let mut response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            return None;
        }
    }
    serde_json::from_slice(&body).ok()
}

/// Where a program on this machine reaches what listens on an address: one on every interface is reached on loopback.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
