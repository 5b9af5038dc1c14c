//! The configuration of a Prometheus that scrapes what this configuration exposes and pushes.

use super::yaml;
use crate::stack::server::{Parts, Platform, Server};
use crate::target::{EXPOSITION_JOB, WORKER_JOB, exposition_target};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use telemetry_core::config::{Address, Config, ExpositionAuth, Prometheus};

/// The job under which Prometheus knows the gateway itself; what was pushed keeps the job that it was pushed with.
const GATEWAY_JOB: &str = "pushgateway";

const HEAD: &str = "\
# Prometheus configuration, rendered from the section `telemetry` of sase.yml.
";

const GLOBAL: &str = "\
global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files:
  - \"rules/*.yml\"

";

/// A `prometheus.yml` with the rules beside it, the Alertmanager, and two jobs: the exposition server, and the Pushgateway with
/// `honor_labels`, so that what was pushed keeps its own job and instance.
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
    format!("{HEAD}{}", rendered(config, Platform::Linux))
}

/// The same for a Prometheus in a container of Docker Desktop, which knows the machine around it as `host.docker.internal` and the
/// other containers by their names.
#[must_use]
pub fn prometheus_desktop_yml(config: &Config) -> String {
    format!(
        "{HEAD}# For Docker Desktop, where a container reaches the machine as host.docker.internal.\n{}",
        rendered(config, Platform::Desktop)
    )
}

fn rendered(config: &Config, platform: Platform) -> String {
    format!("{GLOBAL}{}\n{}", alerting(config, platform), scrape_configs(config, platform))
}

/// The jobs of [`prometheus_yml`] alone, as the key `scrape_configs` of a document of its own: for a Prometheus that is there already.
///
/// ```
/// use telemetry_catalog::render::{prometheus_yml, scrape_configs_yml};
/// use telemetry_core::config::Config;
///
/// let jobs = scrape_configs_yml(&Config::default());
/// assert!(jobs.starts_with("scrape_configs:\n") && prometheus_yml(&Config::default()).ends_with(&jobs));
/// ```
#[must_use]
pub fn scrape_configs_yml(config: &Config) -> String {
    scrape_configs(config, Platform::Linux)
}

fn scrape_configs(config: &Config, platform: Platform) -> String {
    format!("scrape_configs:\n{}\n{}", exposition_job(config, platform), gateway_job(config, platform))
}

/// Where alerts go: to the Alertmanager of the stack, unless another is configured.
fn alerting(config: &Config, platform: Platform) -> String {
    let mut block = String::new();
    let own = Server::Alertmanager.of_stack(config).map(|socket| socket.to_string());
    let target = match (own, &config.prometheus.alertmanager_url) {
        (None, Some(address)) => address_access(&mut block, address, platform, "path_prefix", ""),
        (own, _) => of_stack(Server::Alertmanager, &own.unwrap_or_default(), platform),
    };
    block += &targets(&target);
    // The lines are those of a job; as an item of a list they stand further right, the first of them behind its mark.
    let lines: String = block.lines().map(|line| format!("  {line}\n")).collect();
    format!("alerting:\n  alertmanagers:\n{}", lines.replacen("      ", "    - ", 1))
}

/// The target of a server of the stack: the socket it listens on, or the name of its container.
fn of_stack(server: Server, socket: &str, platform: Platform) -> String {
    match platform {
        Platform::Linux => socket.to_owned(),
        Platform::Desktop => format!("{}:{}", server.name(), server.port()),
    }
}

fn exposition_job(config: &Config, platform: Platform) -> String {
    match exposition_target(config) {
        Some(target) => {
            let mut job = String::from("  # The axe, which exposes its metrics itself.\n");
            line(&mut job, 2, "- job_name", &yaml::string(EXPOSITION_JOB));
            let url = format!("{}://{target}", config.prometheus.exposition_tls.scheme());
            let parts = Parts::of(&url);
            exposition_access(&mut job, &config.prometheus, &parts, platform);
            job + &targets(&parts.authority_from(platform)) + &other_expositions(platform)
        }
        None => format!(
            "  # No job {EXPOSITION_JOB}: prometheus.exposition_port is 0, any free port. Set a port to have it scraped.\n"
        ),
    }
}

/// A job to fill in for what is long-lived and no axe: the alerts take every target of the axe's job for one.
fn other_expositions(platform: Platform) -> String {
    let target = Parts::of("http://127.0.0.1:9465").authority_from(platform);
    format!(
        "
  # Other long-lived processes that expose metrics belong in a job of their own. What is up in {EXPOSITION_JOB} is taken for an axe:
  # a worker there runs no cycles, and AxeStalled would fire for it.
  #
  # - job_name: {WORKER_JOB}
  #   static_configs:
  #     - targets: [{}]
",
        yaml::string(&target)
    )
}

/// How the exposition server is asked. The certificates in its own file are believed: those of the authorities stand behind the
/// server's, unless it signed itself.
fn exposition_access(job: &mut String, prometheus: &Prometheus, parts: &Parts<'_>, platform: Platform) {
    let ExpositionAuth { username, password_file, bearer_token_file } = &prometheus.exposition_auth;
    let cert_file = &prometheus.exposition_tls.cert_file;
    if cert_file.is_some() {
        line(job, 4, "scheme", "https");
    }
    let server_name = certified_name(parts, platform);
    let access = Access { username, password_file, bearer_token_file, ca_file: cert_file, server_name };
    credentials(job, &access);
}

fn gateway_job(config: &Config, platform: Platform) -> String {
    let mut job = String::from(
        "  # Short-lived processes, which push. Their job and instance are those that they were pushed with.\n",
    );
    line(&mut job, 2, "- job_name", &yaml::string(GATEWAY_JOB));
    line(&mut job, 4, "honor_labels", "true");
    let address = &config.prometheus.pushgateway_url;
    let target = match Server::Pushgateway.of_stack(config) {
        Some(_) => {
            of_stack(Server::Pushgateway, &Parts::of(&address.url).authority_from(Platform::Linux), platform)
        }
        None => address_access(&mut job, address, platform, "metrics_path", "/metrics"),
    };
    job + &targets(&target)
}

/// How a configured address is asked, and the target that it is. The path has a name of its own in each section.
fn address_access(
    out: &mut String,
    address: &Address,
    platform: Platform,
    path_key: &str,
    below: &str,
) -> String {
    let parts = Parts::of(&address.url);
    if parts.scheme != "http" {
        line(out, 4, "scheme", &yaml::string(parts.scheme));
    }
    if !parts.path.is_empty() {
        line(out, 4, path_key, &yaml::string(&format!("{}{below}", parts.path)));
    }
    let Address { username, password_file, bearer_token_file, ca_file, .. } = address;
    let server_name = certified_name(&parts, platform);
    credentials(out, &Access { username, password_file, bearer_token_file, ca_file, server_name });
    parts.authority_from(platform)
}

/// The name that stands in the certificate, where the target has another one for the same server.
fn certified_name<'a>(parts: &Parts<'a>, platform: Platform) -> Option<&'a str> {
    let bare = parts.host.trim_start_matches('[').trim_end_matches(']');
    (parts.scheme == "https" && parts.is_machine_of(platform)).then_some(bare)
}

/// What a server asks for, and whom it is believed by.
struct Access<'a> {
    username: &'a Option<String>,
    password_file: &'a Option<PathBuf>,
    bearer_token_file: &'a Option<PathBuf>,
    ca_file: &'a Option<PathBuf>,
    server_name: Option<&'a str>,
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
    if access.ca_file.is_some() || access.server_name.is_some() {
        job.push_str("    tls_config:\n");
        access.ca_file.iter().for_each(|authorities| line(job, 6, "ca_file", &file(authorities)));
        access.server_name.iter().for_each(|name| line(job, 6, "server_name", &yaml::string(name)));
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
# Prometheus configuration, rendered from the section `telemetry` of sase.yml.
global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files:
  - \"rules/*.yml\"

alerting:
  alertmanagers:
    - static_configs:
        - targets: [\"127.0.0.1:9093\"]

scrape_configs:
  # The axe, which exposes its metrics itself.
  - job_name: sase_axe
    static_configs:
      - targets: [\"127.0.0.1:9464\"]

  # Other long-lived processes that expose metrics belong in a job of their own. What is up in sase_axe is taken for an axe:
  # a worker there runs no cycles, and AxeStalled would fire for it.
  #
  # - job_name: sase_worker
  #   static_configs:
  #     - targets: [\"127.0.0.1:9465\"]

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
        let mut config = Config::default();
        let address = Address::parse("[::1]:9091").unwrap();
        let (username, token) = (Some("ignored".to_owned()), Some("/run/token".into()));
        config.prometheus.pushgateway_url = Address { username, bearer_token_file: token, ..address };
        let job = gateway_job(&config, Platform::Linux);
        assert!(
            job.contains("    authorization:\n      credentials_file: \"/run/token\"\n")
                && !job.contains("ignored"),
            "{job}"
        );
        assert!(job.ends_with("- targets: [\"[::1]:9091\"]\n"), "{job}");
    }

    #[test]
    fn an_alertmanager_elsewhere_is_told_as_it_is_configured() {
        let mut config = Config::default();
        let mut address = Address::parse("https://alerts.example:1/am").unwrap();
        address.bearer_token_file = Some("/run/token".into());
        config.prometheus.alertmanager_url = Some(address);
        let expected = "alerting:
  alertmanagers:
    - scheme: https
      path_prefix: \"/am\"
      authorization:
        credentials_file: \"/run/token\"
      static_configs:
        - targets: [\"alerts.example:1\"]

";
        let rendered = prometheus_yml(&config);
        assert!(rendered.contains(expected), "{rendered}");
    }

    #[test]
    fn a_container_with_a_network_of_its_own_reaches_all_by_other_names() {
        let targets = |config: &Config| {
            let rendered = prometheus_desktop_yml(config);
            let of = |line: &str| Some(line.trim().strip_prefix("- targets: ")?.to_owned());
            rendered.lines().filter_map(of).collect::<Vec<_>>()
        };
        let mut config = Config::default();
        let own = [r#"["alertmanager:9093"]"#, r#"["host.docker.internal:9464"]"#, r#"["pushgateway:9091"]"#];
        assert_eq!(targets(&config), own);
        config.prometheus.pushgateway_url = Address::parse("https://localhost:9091").unwrap();
        config.prometheus.exposition_listen = "10.1.2.3".parse().unwrap();
        let expected = [own[0], r#"["10.1.2.3:9464"]"#, r#"["host.docker.internal:9091"]"#];
        assert_eq!(targets(&config), expected);
        let named = "    tls_config:\n      server_name: localhost\n";
        assert!(prometheus_desktop_yml(&config).contains(named) && !prometheus_yml(&config).contains(named));
    }
}
