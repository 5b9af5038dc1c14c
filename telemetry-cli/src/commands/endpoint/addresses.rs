//! Where each server is, who said so, and what it asks for.

use crate::sources::Kind;
use serde::Serialize;
use telemetry_catalog::exposition_target;
use telemetry_core::config::{Address, Config, Loaded};

/// Where a server is.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// Its address; nothing where there is none, or nobody can know it.
    pub(crate) url: Option<String>,
    /// Why there is none.
    pub(crate) why_not: Option<&'static str>,
    /// The setting that says so, below `telemetry`.
    pub(crate) setting: &'static str,
    /// Where that stands.
    pub(crate) origin: String,
    /// Whether it is asked by TLS.
    pub(crate) tls: bool,
    /// How whoever asks proves who they are.
    pub(crate) authentication: Authentication,
    /// The file of the password or the token, which is not read.
    pub(crate) secret_file: Option<String>,
}

/// How whoever asks proves who they are.
#[derive(Debug, Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    /// Not at all.
    None,
    /// By name and password.
    Basic,
    /// By a token.
    Bearer,
}

/// Every server that telemetry has to do with, in the order in which counts pass through them.
pub(super) fn endpoints(loaded: &Loaded) -> Vec<Endpoint> {
    let prometheus = &loaded.config.prometheus;
    let origin = |setting| loaded.origin(setting).to_string();
    let of = |kind: Kind, about, address: Option<&Address>| {
        let endpoint = Endpoint::plain(kind.name(), about, kind.setting(), origin(kind.setting()));
        match address {
            Some(address) => endpoint.at(address),
            None => Endpoint { why_not: Some("none is configured"), ..endpoint },
        }
    };
    let setting = "prometheus.grafana_url";
    let grafana = Endpoint::plain("Grafana", "shows dashboards", setting, origin(setting));
    let page =
        of(Kind::Prometheus, "where that is `telemetry up`: shows how everything is", Some(&prometheus.url));
    vec![
        of(Kind::Pushgateway, "takes what short-lived processes push", Some(&prometheus.pushgateway_url)),
        exposition(&loaded.config, origin(Kind::Exposition.setting())),
        of(Kind::Prometheus, "answers PromQL", Some(&prometheus.url)),
        Endpoint { name: "Page", url: page.url.as_ref().map(|url| format!("{url}/")), ..page },
        of(Kind::Alertmanager, "tells people of alerts", prometheus.alertmanager_url.as_ref()),
        Endpoint {
            url: Some(prometheus.grafana_url.clone()),
            tls: prometheus.grafana_url.starts_with("https:"),
            ..grafana
        },
    ]
}

/// The exposition server, as a program on this machine reaches it.
fn exposition(config: &Config, origin: String) -> Endpoint {
    let (kind, prometheus) = (Kind::Exposition, &config.prometheus);
    let auth = &prometheus.exposition_auth;
    let url = exposition_target(config)
        .map(|target| format!("{}://{target}/metrics", prometheus.exposition_tls.scheme()));
    let why_not = url.is_none().then_some("its port is 0, any free one");
    let tls = prometheus.exposition_tls.cert_file.is_some();
    let endpoint =
        Endpoint::plain(kind.name(), "shows what long-lived processes count", kind.setting(), origin);
    Endpoint { url, why_not, tls, ..endpoint }.asking(
        auth.username.as_ref(),
        auth.password_file.as_ref(),
        auth.bearer_token_file.as_ref(),
    )
}

impl Endpoint {
    const fn plain(name: &'static str, about: &'static str, setting: &'static str, origin: String) -> Self {
        let (url, why_not, secret_file) = (None, None, None);
        Self {
            name,
            about,
            url,
            why_not,
            setting,
            origin,
            tls: false,
            authentication: Authentication::None,
            secret_file,
        }
    }

    fn at(self, address: &Address) -> Self {
        let Address { url, username, password_file, bearer_token_file, .. } = address;
        Self { url: Some(url.clone()), tls: url.starts_with("https:"), ..self }.asking(
            username.as_ref(),
            password_file.as_ref(),
            bearer_token_file.as_ref(),
        )
    }

    /// The token goes before the password, as everywhere.
    fn asking(
        self,
        username: Option<&String>,
        password_file: Option<&std::path::PathBuf>,
        bearer_token_file: Option<&std::path::PathBuf>,
    ) -> Self {
        let (authentication, file) = match (bearer_token_file, username) {
            (Some(token), _) => (Authentication::Bearer, Some(token)),
            (None, Some(_)) => (Authentication::Basic, password_file),
            (None, None) => (Authentication::None, None),
        };
        Self { authentication, secret_file: file.map(|file| file.display().to_string()), ..self }
    }

    /// What somebody has to bring along, in words; nothing where that is nothing.
    pub(crate) fn asks_for(&self) -> String {
        let tls = self.tls.then_some("TLS");
        let secret = match self.authentication {
            Authentication::None => None,
            Authentication::Basic => Some("password"),
            Authentication::Bearer => Some("token"),
        };
        tls.into_iter().chain(secret).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::{Sources, load};

    #[test]
    fn every_address_has_its_origin_and_what_it_asks_for() {
        let overrides = [
            ("prometheus.pushgateway_url", "https://gateway.example/push"),
            ("prometheus.pushgateway_url.bearer_token_file", "/run/token"),
            ("prometheus.exposition_port", "0"),
            ("prometheus.exposition_auth.username", "me"),
            ("prometheus.exposition_auth.password_file", "/run/password"),
        ];
        let overrides = overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let loaded = load(&Sources { overrides, ..Sources::default() }).unwrap();
        let endpoints = endpoints(&loaded);
        let names: Vec<_> = endpoints.iter().map(|endpoint| endpoint.name).collect();
        assert_eq!(names, ["Pushgateway", "Exposition", "Prometheus API", "Page", "Alertmanager", "Grafana"]);
        let [gateway, exposition, api, page, alertmanager, grafana] = &endpoints[..] else { panic!() };
        assert_eq!(
            (gateway.url.as_deref(), &*gateway.origin),
            (Some("https://gateway.example/push"), "--set")
        );
        assert_eq!(
            (&*gateway.asks_for(), gateway.secret_file.as_deref()),
            ("TLS, token", Some("/run/token"))
        );
        assert_eq!((&exposition.url, &*exposition.asks_for()), (&None, "password"));
        assert_eq!(
            (api.url.as_deref(), page.url.as_deref()),
            (Some("http://localhost:9090"), Some("http://localhost:9090/"))
        );
        assert!(alertmanager.why_not.is_some() && grafana.url.is_some() && grafana.asks_for().is_empty());
    }
}
