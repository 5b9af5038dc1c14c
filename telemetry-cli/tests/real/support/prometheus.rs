//! A real Prometheus that scrapes every second.

use std::fmt::{Display, Write as _};
use std::fs;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::Path;
use std::process::Command;

use super::api::Api;
use super::server::{Kind, Server};
use super::{Program, Scratch};

/// A Prometheus on loopback, ended when dropped.
pub(crate) struct Prometheus {
    api: Api,
    _server: Server,
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

impl Prometheus {
    /// Starts a Prometheus that scrapes these addresses, and waits until it is ready to answer queries.
    pub(crate) fn start(scrapes: &[Scrape]) -> Self {
        let folder = Scratch::new();
        fs::write(folder.path().join("prometheus.yml"), configuration(scrapes)).unwrap();
        let (home, log) = (folder.path().to_owned(), folder.path().join("prometheus.log"));
        let command = Box::new(move |address| command(address, &home));
        Self::of(Server::start(Kind { name: "prometheus", command, log, ready: 200 }), folder)
    }

    /// Starts a Prometheus by the command that is made for an address, with its files in a folder that goes with it.
    pub(crate) fn start_by(
        folder: Scratch,
        command: impl Fn(SocketAddr) -> Command + Send + Sync + 'static,
    ) -> Self {
        let log = folder.path().join("prometheus.log");
        let kind = Kind { name: "prometheus", command: Box::new(command), log, ready: 200 };
        Self::of(Server::start(kind), folder)
    }

    fn of(server: Server, folder: Scratch) -> Self {
        Self { api: Api::at(format!("http://{}", server.address())), _server: server, _folder: folder }
    }
}

/// Everything that is asked of it.
impl Deref for Prometheus {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
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
