//! The arguments of `telemetry up`.

use crate::args::{address, listen_ip};
use crate::failure::Failure;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;
use telemetry_catalog::WORKER_JOB;
use telemetry_core::config::Address;
use telemetry_stack::parse_duration;
use telemetry_stack::scrape::Target;

/// The shortest interval: more would be done about scraping than about what is scraped.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The longest interval between evaluations: whoever wants to hear of alerts more seldom than that wants a report.
const LONGEST_EVALUATION: Duration = Duration::from_secs(24 * 3600);

/// The longest push that may be allowed: 1 GiB. The gateway holds all of one in memory, and a bound beyond that is a slip.
const LONGEST_PUSH: usize = 1 << 30;

/// Run the whole monitoring stack in this process: gateway, history, the Prometheus HTTP API, alerts and a page
///
/// The gateway takes what `telemetry run` and every Pushgateway client push. The history scrapes the gateway, the exposition port of the
/// configuration (as soon as something answers there), itself and every --scrape target, and keeps what it saw. The API answers Grafana,
/// promtool and every other client of Prometheus. A real Pushgateway or Prometheus that answers on one of the ports already is used in its
/// place. The alert rules of `telemetry list --alerts` are evaluated, and their states are on the page, in the API and in
/// `telemetry alerts`. It runs until it is interrupted; what was acknowledged survives even a kill.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry up
  telemetry up --retention 90d --data-dir ~/telemetry
  telemetry up --scrape localhost:9100 --scrape https://build.example/metrics
  telemetry up --gateway-port 19091 --api-port 19090
  telemetry up --alertmanager localhost:9093
  telemetry up --rules team.yml --webhook https://chat.example/hooks/alerts

Then, in another terminal:
  telemetry run -- claude -p \"fix the tests\"
  telemetry alerts
  curl 'http://127.0.0.1:9090/api/v1/query?query=sase_agent_runs_total'

Exit codes: 0 after Ctrl-C, SIGTERM or SIGHUP, 1 failure, 64 wrong usage.")]
pub(crate) struct UpArgs {
    /// Keep everything in this folder [default: telemetry-up in the user's state folder, or /var/lib/telemetry-up for root]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Forget samples that are older than this, such as 36h, 15d or 1y
    #[arg(long, value_name = "TIME", default_value = "15d", value_parser = positive_duration)]
    pub(super) retention: Duration,
    /// Listen on this address; anybody who reaches it may read and push, since nobody is asked for a password
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = listen_ip)]
    pub(super) listen: IpAddr,
    /// The port of the gateway; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 9091)]
    pub(super) gateway_port: u16,
    /// The port of the HTTP API; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 9090)]
    pub(super) api_port: u16,
    /// Scrape these as well: HOST:PORT or a URL, with the path /metrics where it has none
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub(super) scrape: Vec<String>,
    /// The time from one scrape of a target to the next
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = interval)]
    pub(super) scrape_interval: Duration,
    /// Start no gateway
    #[arg(long, conflicts_with_all = ["gateway_port", "max_body", "group_ttl"])]
    pub(super) no_gateway: bool,
    /// Start no history, and so no API, no rules and no page
    #[arg(long, conflicts_with_all = [
        "api_port", "scrape", "scrape_interval", "retention", "rules", "evaluation_interval", "alertmanager", "webhook", "page_port",
        "external_url",
    ])]
    pub(super) no_history: bool,
    /// The longest push that the gateway reads, without compression: bytes, or a number with KiB, MiB or GiB, up to 1GiB
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    pub(super) max_body: usize,
    /// Forget groups of the gateway that were last pushed this long ago; a group may say so for itself with the grouping label `ttl`
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    pub(super) group_ttl: Option<Duration>,
    /// Evaluate the rules in these files, as they are written for Prometheus, instead of the generated ones
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) rules: Vec<PathBuf>,
    /// Evaluate no rules
    #[arg(long, conflicts_with_all = ["rules", "evaluation_interval", "alertmanager", "webhook"])]
    pub(super) no_rules: bool,
    /// The time from one evaluation of the rules to the next, at most 1d
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = evaluation_interval)]
    pub(super) evaluation_interval: Duration,
    /// Tell these Alertmanagers of alerts: HOST:PORT or a URL [default: prometheus.alertmanager_url of the configuration]
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub(super) alertmanager: Vec<String>,
    /// Call these URLs when an alert begins to fire and when it has ended, with the JSON that Alertmanager sends to webhooks; one with a
    /// token in it is better in a file [default: those in prometheus.webhook_url_file of the configuration]
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub(super) webhook: Vec<String>,
    /// The port of the page [default: that of the HTTP API; from 9095 on where a real Prometheus has that]
    #[arg(long, value_name = "PORT")]
    pub(super) page_port: Option<u16>,
    /// The URL by which people reach the page, with which links in alerts begin [default: the page as this machine reaches it]
    #[arg(long, value_name = "URL")]
    pub(super) external_url: Option<String>,
}

impl UpArgs {
    /// What cannot be true together.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.no_gateway && self.no_history {
            return Err(Failure::usage("--no-gateway and --no-history together leave nothing to start"));
        }
        let ports = [
            ("--gateway-port", (!self.no_gateway).then_some(self.gateway_port)),
            ("--api-port", (!self.no_history).then_some(self.api_port)),
            ("--page-port", self.page_port),
        ];
        let ports = ports.map(|(flag, port)| (flag, port.filter(|&port| port != 0)));
        for (place, (flag, port)) in ports.iter().enumerate() {
            let same = ports.iter().take(place).find(|(_, other)| port.is_some() && other == port);
            if let Some((other, _)) = same {
                let message = format!("{other} and {flag} are the same, and each needs one of its own");
                return Err(Failure::usage(message));
            }
        }
        Ok(())
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = positive_duration(text)?;
    if interval < SHORTEST_INTERVAL {
        return Err("the shortest interval is 100ms".to_owned());
    }
    Ok(interval)
}

fn evaluation_interval(text: &str) -> Result<Duration, String> {
    let interval = interval(text)?;
    if interval > LONGEST_EVALUATION { Err("the longest interval is 1d".to_owned()) } else { Ok(interval) }
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a time such as 36h, 15d or 1h30m".to_owned()),
    }
}

/// A number of bytes for a push.
fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1_usize << 30), ("", 1)];
    let split = units.into_iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
    let bytes = split.and_then(|(number, unit)| number.trim().parse::<usize>().ok()?.checked_mul(unit));
    let wrong = || "expected a number of bytes from 1 to 1GiB, such as 1048576, 512KiB or 16MiB".to_owned();
    bytes.filter(|bytes| (1..=LONGEST_PUSH).contains(bytes)).ok_or_else(wrong)
}

/// What is to be scraped.
pub(super) fn target(text: &str) -> Result<Target, Failure> {
    let Address { url, .. } = address("--scrape", text)?;
    let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let url = if has_path { url } else { format!("{url}/metrics") };
    Ok(Target { job: WORKER_JOB.to_owned(), url, honor_labels: false, optional: false })
}

/// The Alertmanager that is to be told.
pub(super) fn alertmanager(text: &str) -> Result<Address, Failure> {
    let address = address("--alertmanager", text)?;
    match instead(&address.url) {
        None => Ok(address),
        Some(base) => {
            Err(Failure::usage(format!("--alertmanager: the path of the API is added here: write {base}")))
        }
    }
}

/// What is meant by the URL of an Alertmanager that goes on into its API.
pub(super) fn instead(url: &str) -> Option<&str> {
    let (base, version) = url.rsplit_once("/api/")?;
    ["v1", "v2"].contains(&version.split('/').next().unwrap_or_default()).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::{alertmanager, evaluation_interval, positive_duration, size, target};
    use std::time::Duration;

    #[test]
    fn a_target_is_a_host_or_a_url() {
        for (text, url) in [
            ("localhost:9100", "http://localhost:9100/metrics"),
            ("https://build.example/", "https://build.example/metrics"),
            ("http://[::1]:9/federate", "http://[::1]:9/federate"),
        ] {
            assert_eq!(target(text).unwrap().url, url);
        }
        for wrong in ["", "ftp://x", "http://me:secret@host"] {
            let error = target(wrong).unwrap_err().line();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_alertmanager_is_named_without_its_api() {
        for right in ["localhost:9093", "http://host/alertmanager", "http://host/api", "http://host/api/v3"] {
            assert!(alertmanager(right).is_ok(), "{right}");
        }
        for path in ["/api/v2/alerts", "/api/v2", "/api/v1/alerts"] {
            let error = alertmanager(&format!("http://host:9093/am{path}")).unwrap_err().line();
            assert!(error.ends_with("write http://host:9093/am"), "{error}");
        }
    }

    #[test]
    fn rules_are_evaluated_every_day_at_least() {
        assert_eq!(evaluation_interval("1d"), Ok(Duration::from_secs(24 * 3600)));
        assert!(evaluation_interval("25h").unwrap_err().contains("longest interval is 1d"));
        assert!(evaluation_interval("99ms").unwrap_err().contains("shortest"));
    }

    #[test]
    fn sizes_and_times_have_units() {
        for (text, bytes) in [("1", 1), ("512KiB", 524_288), ("16 MiB", 16_777_216), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes));
        }
        for wrong in ["", "0", "MiB", "1MB", "-1", "99999999999999GiB", "99999999GiB", "2GiB", "1073741825"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(positive_duration("1d12h"), Ok(Duration::from_secs(36 * 3600)));
        for wrong in ["", "0s", "15", "d", "-1d"] {
            assert!(positive_duration(wrong).is_err(), "{wrong}");
        }
    }
}
