//! The configuration of a Prometheus that scrapes what this configuration exposes and pushes.

use super::yaml;
use crate::target::{EXPOSITION_JOB, exposition_target};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use telemetry_core::config::{Address, Config, ExpositionAuth, Prometheus};

/// The job under which Prometheus knows the gateway itself; what was pushed keeps the job that it was pushed with.
const GATEWAY_JOB: &str = "pushgateway";

const HEAD: &str = "\
# Prometheus scrape configuration, rendered from the section `telemetry` of sase.yml.
global:
  scrape_interval: 15s

scrape_configs:
";

/// A `prometheus.yml` with two jobs: the exposition server, and the Pushgateway with `honor_labels`, so that what was pushed keeps its
/// own job and instance.
///
/// Scheme, path, credentials and authorities are those of the configured addresses; secrets are named by their files and never read.
/// Where the exposition server takes any free port there is no address to scrape, and a comment says so.
///
/// ```
/// use telemetry_catalog::render::prometheus_yml;
/// use telemetry_core::config::Config;
///
/// let yaml = prometheus_yml(&Config::default());
/// assert!(yaml.contains("  - job_name: sase_axe\n"));
/// assert!(yaml.contains("      - targets: [\"localhost:9091\"]\n"));
/// ```
#[must_use]
pub fn prometheus_yml(config: &Config) -> String {
    format!("{HEAD}{}\n{}", exposition_job(config), gateway_job(&config.prometheus.pushgateway_url))
}

fn exposition_job(config: &Config) -> String {
    match exposition_target(config) {
        Some(target) => {
            let mut job = String::from("  # Long-lived processes, which expose their metrics themselves.\n");
            line(&mut job, 2, "- job_name", &yaml::string(EXPOSITION_JOB));
            exposition_access(&mut job, &config.prometheus);
            job + &targets(&target)
        }
        None => format!(
            "  # No job {EXPOSITION_JOB}: prometheus.exposition_port is 0, any free port. Set a port to have it scraped.\n"
        ),
    }
}

/// How the exposition server is asked. The certificates in its own file are believed: those of the authorities stand behind the
/// server's, unless it signed itself.
fn exposition_access(job: &mut String, prometheus: &Prometheus) {
    let ExpositionAuth { username, password_file, bearer_token_file } = &prometheus.exposition_auth;
    let cert_file = &prometheus.exposition_tls.cert_file;
    if cert_file.is_some() {
        line(job, 4, "scheme", "https");
    }
    let access = Access { username, password_file, bearer_token_file, ca_file: cert_file };
    credentials(job, &access);
}

fn gateway_job(address: &Address) -> String {
    let mut job = String::from(
        "  # Short-lived processes, which push. Their job and instance are those that they were pushed with.\n",
    );
    line(&mut job, 2, "- job_name", &yaml::string(GATEWAY_JOB));
    line(&mut job, 4, "honor_labels", "true");
    let (scheme, rest) = address.url.split_once("://").unwrap_or(("http", &address.url));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if scheme != "http" {
        line(&mut job, 4, "scheme", &yaml::string(scheme));
    }
    if !path.is_empty() {
        line(&mut job, 4, "metrics_path", &yaml::string(&format!("{path}/metrics")));
    }
    let Address { username, password_file, bearer_token_file, ca_file, .. } = address;
    credentials(&mut job, &Access { username, password_file, bearer_token_file, ca_file });
    job + &targets(host)
}

/// What a server asks for, and whom it is believed by.
struct Access<'a> {
    username: &'a Option<String>,
    password_file: &'a Option<PathBuf>,
    bearer_token_file: &'a Option<PathBuf>,
    ca_file: &'a Option<PathBuf>,
}

/// Prometheus sends either a token or a name with a password, and so do the other clients of the address: the token comes first.
fn credentials(job: &mut String, access: &Access<'_>) {
    if let Some(token) = access.bearer_token_file {
        job.push_str("    authorization:\n");
        line(job, 6, "credentials_file", &file(token));
    } else if let Some(username) = access.username {
        job.push_str("    basic_auth:\n");
        line(job, 6, "username", &yaml::string(username));
        access.password_file.iter().for_each(|password| line(job, 6, "password_file", &file(password)));
    }
    if let Some(authorities) = access.ca_file {
        job.push_str("    tls_config:\n");
        line(job, 6, "ca_file", &file(authorities));
    }
}

fn targets(target: &str) -> String {
    format!("    static_configs:\n      - targets: [{}]\n", yaml::string(target))
}

fn file(path: &Path) -> String {
    yaml::string(&path.to_string_lossy())
}

fn line(out: &mut String, indent: usize, key: &str, value: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(out, "{:indent$}{key}: {value}", "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_configuration_is_scraped_on_loopback() {
        let expected = "\
# Prometheus scrape configuration, rendered from the section `telemetry` of sase.yml.
global:
  scrape_interval: 15s

scrape_configs:
  # Long-lived processes, which expose their metrics themselves.
  - job_name: sase_axe
    static_configs:
      - targets: [\"127.0.0.1:9464\"]

  # Short-lived processes, which push. Their job and instance are those that they were pushed with.
  - job_name: pushgateway
    honor_labels: true
    static_configs:
      - targets: [\"localhost:9091\"]
";
        assert_eq!(prometheus_yml(&Config::default()), expected);
    }

    #[test]
    fn an_address_with_everything_is_scraped_with_everything() {
        let mut config = Config::default();
        let mut address = Address::parse("https://gateway.example/push").unwrap();
        address.username = Some("no".to_owned());
        address.password_file = Some("/run/secrets/gateway: password".into());
        address.ca_file = Some("/etc/ca.pem".into());
        config.prometheus.pushgateway_url = address;
        config.prometheus.exposition_port = 0;
        let rendered = prometheus_yml(&config);
        let expected = "    honor_labels: true
    scheme: https
    metrics_path: \"/push/metrics\"
    basic_auth:
      username: \"no\"
      password_file: \"/run/secrets/gateway: password\"
    tls_config:
      ca_file: \"/etc/ca.pem\"
    static_configs:
      - targets: [gateway.example]
";
        assert!(rendered.ends_with(expected), "{rendered}");
        assert!(rendered.contains("# No job sase_axe") && !rendered.contains("job_name: sase_axe"));
    }

    #[test]
    fn an_exposition_server_is_asked_as_it_is_configured() {
        let mut config = Config::default();
        config.prometheus.exposition_tls.cert_file = Some("/etc/axe.pem".into());
        config.prometheus.exposition_auth.username = Some("prometheus".to_owned());
        config.prometheus.exposition_auth.password_file = Some("/run/password".into());
        let expected = "  - job_name: sase_axe
    scheme: https
    basic_auth:
      username: prometheus
      password_file: \"/run/password\"
    tls_config:
      ca_file: \"/etc/axe.pem\"
    static_configs:
      - targets: [\"127.0.0.1:9464\"]
";
        let rendered = prometheus_yml(&config);
        assert!(rendered.contains(expected), "{rendered}");
    }

    #[test]
    fn a_token_goes_before_a_password() {
        let mut address = Address::parse("[::1]:9091").unwrap();
        address.username = Some("ignored".to_owned());
        address.bearer_token_file = Some("/run/token".into());
        let job = gateway_job(&address);
        assert!(
            job.contains("    authorization:\n      credentials_file: \"/run/token\"\n")
                && !job.contains("ignored"),
            "{job}"
        );
        assert!(job.ends_with("- targets: [\"[::1]:9091\"]\n"), "{job}");
    }
}
