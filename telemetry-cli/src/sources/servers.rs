//! The servers that the configuration names: whether they answer, how fast, and what they say that they are.

use super::{Asked, Lack, Reading, Trouble, ask_exposition, fetch};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::time::{Duration, Instant};
use telemetry_catalog::stack::{self, Place};
use telemetry_core::build_info;
use telemetry_core::config::{Address, Config};
use telemetry_core::exposition::Family;

/// A server that was asked who it is.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) kind: Kind,
    /// Where it was asked.
    pub(crate) url: String,
    /// How long it took to answer.
    pub(crate) took: Duration,
    /// What it says that it is, with its version where it tells that; or why it is not known.
    pub(crate) said: Result<String, Silence>,
}

/// What a server is there for. The order is that in which counts pass through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pushgateway,
    Exposition,
    Prometheus,
    Alertmanager,
}

/// Why nobody says what is expected.
#[derive(Debug)]
pub(crate) enum Silence {
    /// Nobody is there.
    Absent(String),
    /// Somebody is there, but it is another program: what it is, as far as that can be told.
    Stranger(String),
    /// It wants to know who is asking, and is not content with what it was told.
    Refused(String),
    /// It takes too long, or fails.
    Wrong(String),
}

impl Kind {
    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pushgateway => "Pushgateway",
            Self::Exposition => "Exposition",
            Self::Prometheus => "Prometheus API",
            Self::Alertmanager => "Alertmanager",
        }
    }

    /// The product that speaks its protocol.
    const fn product(self) -> &'static str {
        match self {
            Self::Pushgateway => "Pushgateway",
            Self::Exposition => "exposition",
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
        }
    }

    /// The setting that says where it is.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            Self::Pushgateway => "prometheus.pushgateway_url",
            Self::Exposition => "prometheus.exposition_port",
            Self::Prometheus => "prometheus.url",
            Self::Alertmanager => "prometheus.alertmanager_url",
        }
    }

    /// Where it tells its version.
    const fn about(self) -> &'static str {
        match self {
            Self::Pushgateway => "/api/v1/status",
            Self::Prometheus => "/api/v1/status/buildinfo",
            Self::Alertmanager => "/api/v2/status",
            Self::Exposition => "/metrics",
        }
    }

    /// Where in that answer the version stands.
    const fn version(self) -> &'static str {
        match self {
            Self::Pushgateway => "/data/build_information/version",
            Self::Alertmanager => "/versionInfo/version",
            Self::Prometheus | Self::Exposition => "/data/version",
        }
    }
}

impl Silence {
    /// Why, in a clause.
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Absent(why) | Self::Stranger(why) | Self::Refused(why) | Self::Wrong(why) => why,
        }
    }
}

/// Asks all of them at once.
pub(crate) async fn ask_servers(config: &Config, timeout: Duration) -> Vec<Server> {
    let prometheus = &config.prometheus;
    let usual = || match stack::Server::Alertmanager.place(config) {
        Place::Stack(socket) => Address::parse(&socket.to_string()).ok(),
        Place::Elsewhere(_) => None,
    };
    let alertmanager = prometheus.alertmanager_url.clone().or_else(usual);
    let (gateway, exposition, api, alerts) = tokio::join!(
        ask(Kind::Pushgateway, &prometheus.pushgateway_url, timeout),
        ask_exposition(config, timeout),
        ask(Kind::Prometheus, &prometheus.url, timeout),
        async {
            match &alertmanager {
                Some(address) => Some(ask(Kind::Alertmanager, address, timeout).await),
                None => None,
            }
        },
    );
    [gateway, of_exposition(&exposition), api].into_iter().chain(alerts).collect()
}

async fn ask(kind: Kind, address: &Address, timeout: Duration) -> Server {
    let begun = Instant::now();
    let said = match Url::parse(&format!("{}{}", address.url, kind.about())) {
        Ok(url) => match fetch(address, url, timeout).await {
            Ok(body) => introduction(kind, &body.bytes, body.html),
            Err(trouble) => Err(silence(kind, &trouble)),
        },
        Err(_) => Err(Silence::Wrong(Trouble::NoUrl.sentence())),
    };
    Server { kind, url: address.url.clone(), took: begun.elapsed(), said }
}

/// What a server says of itself, or that it says nothing which one of its kind would.
fn introduction(kind: Kind, bytes: &[u8], html: bool) -> Result<String, Silence> {
    let stranger = || {
        let what = if html { "a web page" } else { "something else" };
        Silence::Stranger(format!("{what} answers there, and no {}", kind.product()))
    };
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| stranger())?;
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    if let Some(application) = text("/data/application").filter(|name| name.starts_with("telemetry ")) {
        return Ok(application.replacen("telemetry", "telemetry up", 1));
    }
    let version = text(kind.version()).ok_or_else(stranger)?;
    Ok(format!("{} {version}", kind.product()).trim_end().to_owned())
}

fn silence(kind: Kind, trouble: &Trouble) -> Silence {
    match trouble {
        trouble if trouble.is_absence() => Silence::Absent(trouble.sentence()),
        Trouble::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
            Silence::Refused(trouble.sentence())
        }
        Trouble::Status { status, .. } if status.is_client_error() => {
            Silence::Stranger(format!("what answers there is no {} (HTTP status {status})", kind.product()))
        }
        trouble => Silence::Wrong(trouble.sentence()),
    }
}

/// The exposition server tells what it is by what it exposes.
fn of_exposition(asked: &Asked) -> Server {
    let reading = Reading::of(asked);
    let said = match (&reading.families, &asked.result) {
        (Ok(families), _) => Ok(exposed(families)),
        (Err(_), Err(trouble)) => Err(silence(Kind::Exposition, trouble)),
        (Err(Lack { why, .. }), Ok(_)) => Err(Silence::Stranger(why.clone())),
    };
    let url = asked.place.clone();
    Server { kind: Kind::Exposition, url, took: asked.took, said }
}

fn exposed(families: &[Family<'_>]) -> String {
    let series: usize = families.iter().map(|family| family.metrics.len()).sum();
    let own = build_info::family();
    let build = families.iter().find(|family| family.name == own.name);
    let version =
        build.and_then(|family| family.metrics.first()?.labels.iter().find(|of| of.name == "version"));
    let who =
        version.map_or_else(|| "exposition".to_owned(), |version| format!("telemetry {}", version.value));
    format!("{who}, {series} series")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, text: &str) -> Result<String, Silence> {
        introduction(kind, text.as_bytes(), text.starts_with('<'))
    }

    #[test]
    fn each_server_says_what_it_is() {
        let gateway = r#"{"status":"success","data":{"build_information":{"version":"1.5.1"}}}"#;
        assert_eq!(said(Kind::Pushgateway, gateway).unwrap(), "Pushgateway 1.5.1");
        let prometheus = r#"{"status":"success","data":{"version":"2.42.0+ds"}}"#;
        assert_eq!(said(Kind::Prometheus, prometheus).unwrap(), "Prometheus 2.42.0+ds");
        let alertmanager = r#"{"versionInfo":{"version":"0.25.0"}}"#;
        assert_eq!(said(Kind::Alertmanager, alertmanager).unwrap(), "Alertmanager 0.25.0");
        let ours = r#"{"status":"success","data":{"version":"3.0.0","application":"telemetry 0.1.0"}}"#;
        assert_eq!(said(Kind::Prometheus, ours).unwrap(), "telemetry up 0.1.0");
    }

    #[test]
    fn a_stranger_is_not_taken_for_a_server() {
        for (text, words) in [("<html>", "a web page"), ("{}", "something else"), ("hello", "no Prometheus")]
        {
            let Err(Silence::Stranger(why)) = said(Kind::Prometheus, text) else { panic!("{text}") };
            assert!(why.contains(words), "{why}");
        }
        assert!(said(Kind::Alertmanager, r#"{"data":{"version":"2.42"}}"#).is_err());
    }

    #[test]
    fn credentials_that_are_refused_are_no_stranger() {
        let status = |status| Trouble::Status { status, beginning: String::new() };
        assert!(matches!(silence(Kind::Prometheus, &status(StatusCode::UNAUTHORIZED)), Silence::Refused(_)));
        assert!(matches!(silence(Kind::Prometheus, &status(StatusCode::NOT_FOUND)), Silence::Stranger(_)));
        assert!(matches!(silence(Kind::Prometheus, &status(StatusCode::BAD_GATEWAY)), Silence::Wrong(_)));
        assert!(matches!(silence(Kind::Prometheus, &Trouble::Refused), Silence::Absent(_)));
    }
}
