//! The plain configuration types and their defaults, without any reading: programs may fill them in by hand.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::Address;

/// Everything that can be configured, with every default filled in.
///
/// ```
/// use telemetry_core::config::{Carrier, Config};
///
/// let config = Config { carrier: Carrier::Serve, ..Config::default() };
/// assert_eq!(config.prometheus.job, "sase_agent");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whether metrics are recorded at all. While unset, the program decides.
    pub enabled: Option<bool>,
    /// The one road by which counts reach a reader.
    pub carrier: Carrier,
    /// The most series that one metric may have, from 1 to 1,000,000. Further label values are counted together.
    pub max_series_per_metric: usize,
    /// The folder of the durable ledger. While unset, the user's state folder, or `/var/lib/telemetry` for root.
    pub ledger_path: Option<PathBuf>,
    /// The folder of node_exporter's textfile collector, for the carrier `textfile`. While unset, the one of Debian's package,
    /// `/var/lib/prometheus/node-exporter`.
    pub textfile_path: Option<PathBuf>,
    /// Where the runbook is published; alerts link to its entries.
    pub runbook_base_url: String,
    /// Names and addresses in the world of Prometheus.
    pub prometheus: Prometheus,
    /// Where a health indicator turns to a warning, and where it turns critical.
    pub health_thresholds: HealthThresholds,
}

/// The one road by which counts reach a reader, so that nothing is counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// Merged into the ledger and pushed to a Pushgateway.
    #[default]
    Push,
    /// Merged into the ledger, which `telemetry serve` serves for scraping.
    Serve,
    /// Merged into the ledger, of which a copy is kept for the textfile collector of node_exporter.
    Textfile,
    /// Kept in the process: nothing leaves it.
    None,
}

/// Names and addresses in the world of Prometheus.
#[derive(Clone, Debug, PartialEq)]
pub struct Prometheus {
    /// The `job` label of everything that is pushed; never empty.
    pub job: String,
    /// The `instance` label. While unset, `user@host`, or the host for the ledger of the whole machine.
    pub instance: Option<String>,
    /// The address that the exposition server listens on.
    pub exposition_listen: IpAddr,
    /// The port that the exposition server listens on; 0 takes any free one.
    pub exposition_port: u16,
    /// The certificate with which the exposition server speaks TLS, if it does.
    pub exposition_tls: ExpositionTls,
    /// What the exposition server asks of whoever reads from it, if it asks anything.
    pub exposition_auth: ExpositionAuth,
    /// The Pushgateway that metrics are pushed to.
    pub pushgateway_url: Address,
    /// The Prometheus HTTP API, for charts and for windows of time.
    pub url: Address,
    /// The Alertmanager that alerts are read from, if there is one.
    pub alertmanager_url: Option<Address>,
    /// The file with the URLs that are called when an alert begins to fire and when it has ended. [`Prometheus::webhooks`] reads it.
    pub webhook_url_file: Option<PathBuf>,
    /// Where people reach Grafana; alerts link to its dashboards.
    pub grafana_url: String,
}

/// The certificate with which the exposition server speaks TLS. Without one it speaks plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpositionTls {
    /// The PEM file with the server's certificate, and behind it those that lead to its authority.
    pub cert_file: Option<PathBuf>,
    /// The PEM file with the private key of the certificate.
    pub key_file: Option<PathBuf>,
}

impl ExpositionTls {
    /// The scheme of the server's URL: `https` where there is a certificate.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.cert_file.is_some() { "https" } else { "http" }
    }
}

/// What the exposition server asks of whoever reads from it: a name with its password, a token, or either of them where both are
/// configured. Without any of it, everybody who can reach the port may read.
///
/// The files are read by [`ExpositionAuth::password`] and [`ExpositionAuth::bearer_token`] when they are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpositionAuth {
    /// The name for basic authentication.
    pub username: Option<String>,
    /// The file that holds the password to this name.
    pub password_file: Option<PathBuf>,
    /// The file that holds the bearer token.
    pub bearer_token_file: Option<PathBuf>,
}

/// Where a health indicator turns to a warning, and where it turns critical.
///
/// A value at the threshold counts as over it. No warning stands above its critical threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthThresholds {
    /// The share of runs that fail, in percent, from which on it is a warning.
    pub error_rate_warn: f64,
    /// The share of runs that fail, in percent, from which on it is critical.
    pub error_rate_critical: f64,
    /// The share of attempts that are repeated, in percent, from which on it is a warning.
    pub retry_rate_warn: f64,
    /// The share of attempts that are repeated, in percent, from which on it is critical.
    pub retry_rate_critical: f64,
    /// The 95th percentile of durations, in seconds, from which on it is a warning.
    pub p95_latency_warn: f64,
    /// The 95th percentile of durations, in seconds, from which on it is critical.
    pub p95_latency_critical: f64,
}

impl Carrier {
    /// Every carrier, in the order in which the documentation lists them.
    pub const ALL: [Self; 4] = [Self::Push, Self::Serve, Self::Textfile, Self::None];

    /// The name by which the configuration knows this carrier.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Serve => "serve",
            Self::Textfile => "textfile",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: None,
            carrier: Carrier::default(),
            max_series_per_metric: 1000,
            ledger_path: None,
            textfile_path: None,
            runbook_base_url: "http://localhost:9090/runbook".to_owned(),
            prometheus: Prometheus::default(),
            health_thresholds: HealthThresholds::default(),
        }
    }
}

impl Default for Prometheus {
    /// The ports are the ones that the tools of that world use themselves: 9464 is the port of OpenTelemetry's
    /// Prometheus exporter, 9091 the Pushgateway's, 9090 that of Prometheus and 3000 Grafana's.
    fn default() -> Self {
        Self {
            job: "sase_agent".to_owned(),
            instance: None,
            exposition_listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            exposition_port: 9464,
            exposition_tls: ExpositionTls::default(),
            exposition_auth: ExpositionAuth::default(),
            pushgateway_url: Address::built_in("http://localhost:9091"),
            url: Address::built_in("http://localhost:9090"),
            alertmanager_url: None,
            webhook_url_file: None,
            grafana_url: "http://localhost:3000".to_owned(),
        }
    }
}

impl Default for HealthThresholds {
    fn default() -> Self {
        Self {
            error_rate_warn: 10.0,
            error_rate_critical: 25.0,
            retry_rate_warn: 10.0,
            retry_rate_critical: 25.0,
            p95_latency_warn: 300.0,
            p95_latency_critical: 600.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_addresses_are_already_normal() {
        let Prometheus { pushgateway_url, url, grafana_url, .. } = Prometheus::default();
        for built_in in [pushgateway_url, url, Address::built_in(&grafana_url)] {
            assert!(!built_in.configured);
            assert_eq!(Address::parse(&built_in.url).unwrap().url, built_in.url);
        }
    }

    #[test]
    fn carriers_have_distinct_names() {
        let names: std::collections::BTreeSet<_> = Carrier::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Carrier::ALL.len());
        assert_eq!(Carrier::Textfile.to_string(), "textfile");
    }
}
