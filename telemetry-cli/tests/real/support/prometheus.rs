//! A real Prometheus that scrapes every second.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::server::{Kind, Server};
use super::wait::eventually;
use super::{Program, Scratch, http};

/// A Prometheus on loopback, ended when dropped.
pub(crate) struct Prometheus {
    server: Server,
    _folder: Scratch,
}

/// One address that Prometheus scrapes at `/metrics`.
#[derive(Debug, Clone)]
pub(crate) struct Scrape {
    job: String,
    target: String,
    honor_labels: bool,
    /// Further lines of its part of the configuration.
    settings: String,
}

/// An element of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// The labels, with the metric's name as `__name__` where it has one.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Scrape {
    /// Scrapes that host and port under a job's name.
    pub(crate) fn of(job: &str, target: impl Display) -> Self {
        Self { job: job.to_owned(), target: target.to_string(), honor_labels: false, settings: String::new() }
    }

    /// Scrapes by TLS, and trusts this authority.
    pub(crate) fn trusting(self, authority: &Path) -> Self {
        self.with(&format!("scheme: https\n    tls_config: {{ca_file: {authority:?}}}"))
    }

    /// Says this name and the password in this file.
    pub(crate) fn by_user(self, name: &str, password_file: &Path) -> Self {
        self.with(&format!("basic_auth: {{username: {name:?}, password_file: {password_file:?}}}"))
    }

    /// Shows the token in this file.
    pub(crate) fn with_token(self, file: &Path) -> Self {
        self.with(&format!("authorization: {{credentials_file: {file:?}}}"))
    }

    fn with(self, setting: &str) -> Self {
        Self { settings: format!("{}    {setting}\n", self.settings), ..self }
    }

    /// Leaves the job and instance labels as they are exposed, which is how a Pushgateway is scraped.
    pub(crate) fn honoring_labels(self) -> Self {
        Self { honor_labels: true, ..self }
    }
}

/// What was scraped of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// The labels, with the metric's name as `__name__`.
    pub(crate) labels: BTreeMap<String, String>,
    /// Every sample with the second at which it was scraped, as it was scraped.
    pub(crate) samples: Vec<(f64, f64)>,
}

impl Prometheus {
    /// Starts a Prometheus that scrapes these addresses, and waits until it is ready to answer queries.
    pub(crate) fn start(scrapes: &[Scrape]) -> Self {
        let folder = Scratch::new();
        fs::write(folder.path().join("prometheus.yml"), configuration(scrapes)).unwrap();
        let (home, log) = (folder.path().to_owned(), folder.path().join("prometheus.log"));
        let command = Box::new(move |address| command(address, &home));
        Self { server: Server::start(Kind { name: "prometheus", command, log, ready: 200 }), _folder: folder }
    }

    /// Starts a Prometheus by the command that is made for an address, with its files in a folder that goes with it.
    pub(crate) fn start_by(
        folder: Scratch,
        command: impl Fn(SocketAddr) -> Command + Send + Sync + 'static,
    ) -> Self {
        let log = folder.path().join("prometheus.log");
        let kind = Kind { name: "prometheus", command: Box::new(command), log, ready: 200 };
        Self { server: Server::start(kind), _folder: folder }
    }

    /// The address as a URL without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The instant vector (or the scalar, as one sample without labels) that an expression has now.
    pub(crate) fn query(&self, expression: &str) -> Vec<Sample> {
        let data = self.api(&format!("query?query={}", http::escape(expression)));
        match data["resultType"].as_str() {
            Some("scalar") => vec![Sample { labels: BTreeMap::new(), value: number(&data["result"][1]) }],
            _ => data["result"].as_array().into_iter().flatten().map(sample).collect(),
        }
    }

    /// Every sample that was scraped of the selected series in a time up to now, such as `15m`.
    pub(crate) fn history(&self, selector: &str, time: &str) -> Vec<History> {
        let data = self.api(&format!("query?query={}", http::escape(&format!("{selector}[{time}]"))));
        assert_eq!(data["resultType"], "matrix");
        data["result"].as_array().into_iter().flatten().map(history).collect()
    }

    /// The samples of an expression at each second of the last ones, with the seconds since 1970.
    pub(crate) fn last_seconds(&self, expression: &str, seconds: u32) -> Vec<History> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let range = format!("start={}&end={now}&step=1", now - u64::from(seconds));
        let data = self.api(&format!("query_range?query={}&{range}", http::escape(expression)));
        data["result"].as_array().into_iter().flatten().map(history).collect()
    }

    /// The values that a label has in the series that a selector chooses.
    pub(crate) fn label_values(&self, selector: &str, label: &str) -> Vec<String> {
        let data = self.api(&format!("label/{label}/values?match[]={}", http::escape(selector)));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        data.as_array().into_iter().flatten().map(text).collect()
    }

    /// Waits until the target of a job has been scraped with success.
    pub(crate) fn await_up(&self, job: &str) {
        let up = format!("up{{job=\"{job}\"}} == 1");
        eventually(&up, || (!self.query(&up).is_empty()).then_some(()));
    }

    /// The active targets, with their health, as the API lists them.
    pub(crate) fn targets(&self) -> Vec<Value> {
        self.api("targets?state=active")["activeTargets"].as_array().cloned().unwrap_or_default()
    }

    /// Type and help of each metric that was scraped, by the metric's name.
    pub(crate) fn metadata(&self) -> Value {
        self.api("metadata")
    }

    fn api(&self, path: &str) -> Value {
        let answer = http::get(&format!("{}/api/v1/{path}", self.url())).unwrap();
        let mut document: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["status"], "success", "{path}: {}", answer.body);
        document["data"].take()
    }
}

fn configuration(scrapes: &[Scrape]) -> String {
    let mut yaml = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n".to_owned();
    for Scrape { job, target, honor_labels, settings } in scrapes {
        writeln!(yaml, "  - job_name: \"{job}\"\n    honor_labels: {honor_labels}").unwrap();
        yaml += settings;
        writeln!(yaml, "    static_configs:\n      - targets: [\"{target}\"]").unwrap();
    }
    yaml
}

fn command(address: SocketAddr, home: &Path) -> Command {
    let mut command = Command::new(Program::Prometheus.path());
    command.current_dir(home).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg("--web.enable-lifecycle").arg(format!("--web.listen-address={address}"));
    command
}

fn sample(result: &Value) -> Sample {
    Sample { labels: labels(result), value: number(&result["value"][1]) }
}

fn history(result: &Value) -> History {
    let samples = result["values"].as_array().into_iter().flatten();
    let sample = |sample: &Value| (sample[0].as_f64().unwrap(), number(&sample[1]));
    History { labels: labels(result), samples: samples.map(sample).collect() }
}

fn labels(result: &Value) -> BTreeMap<String, String> {
    let labels = result["metric"].as_object().into_iter().flatten();
    let text =
        |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
    labels.map(text).collect()
}

/// The API writes numbers as text, so that NaN and the infinities can be told.
fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}
