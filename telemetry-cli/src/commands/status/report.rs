//! Everything that is found out, as it is printed for programs.

use super::advice::{self, Problem};
use super::counts::{self, Held, LedgerReport};
use super::settings::{ConfigurationReport, Recording};
use crate::failure::Failure;
use crate::sources::{Kind, Server, Silence, ask_servers, block_on};
use serde::Serialize;
use std::time::{Duration, SystemTime};
use telemetry_core::config::{Loaded, Origin};
use telemetry_push::Ledger;

/// Everything that was found out. Without a configuration nobody knows where the ledger and the servers are.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) recording: Option<Recording>,
    pub(crate) configuration: ConfigurationReport,
    pub(crate) metrics: Vec<Held>,
    pub(crate) ledger: Option<LedgerReport>,
    pub(crate) servers: Vec<ServerReport>,
    pub(crate) problems: Vec<Problem>,
}

/// A server that was asked.
#[derive(Debug, Serialize)]
pub(crate) struct ServerReport {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    /// The setting that says where it is, below `telemetry`.
    pub(crate) setting: &'static str,
    /// Where that stands.
    pub(crate) origin: String,
    /// Whether somebody set it.
    pub(crate) configured: bool,
    pub(crate) standing: Standing,
    /// What it says that it is.
    pub(crate) what: Option<String>,
    /// Why it is not known.
    pub(crate) error: Option<String>,
    /// How long it took to answer; nothing where it did not.
    pub(crate) latency_seconds: Option<f64>,
    #[serde(skip)]
    pub(crate) kind: Kind,
}

/// What came of asking a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// It answers.
    Answers,
    /// Nobody is there.
    Absent,
    /// Another program is there.
    Stranger,
    /// It is not content with who asks.
    Unauthorized,
    /// It takes too long, or fails.
    Failing,
}

impl Report {
    /// Looks at everything that a configuration names.
    pub(super) fn of(loaded: &Loaded, timeout: Duration, now: SystemTime) -> Result<Self, Failure> {
        let servers = block_on(ask_servers(&loaded.config, timeout))?;
        let ledger = Ledger::new(&loaded.config);
        let (ledger, metrics, nowhere) = match &ledger {
            Ok(ledger) => {
                let (report, held) = counts::look(ledger, now);
                (Some(report), held, ledger.place().advice.clone())
            }
            Err(error) => (None, counts::held(None), Some(error.to_string())),
        };
        let mut report = Self {
            recording: Some(Recording::of(loaded)),
            configuration: ConfigurationReport::of(loaded),
            metrics,
            ledger,
            servers: servers.iter().map(|server| ServerReport::of(server, loaded)).collect(),
            problems: Vec::new(),
        };
        report.problems = advice::problems(&report, loaded.config.carrier, nowhere);
        Ok(report)
    }

    /// What can be said where the configuration cannot be read.
    pub(super) fn without_configuration(failure: &Failure) -> Self {
        let error = failure.line();
        Self {
            recording: None,
            problems: vec![advice::of_configuration(&error)],
            configuration: ConfigurationReport::unreadable(error),
            metrics: counts::held(None),
            ledger: None,
            servers: Vec::new(),
        }
    }

    /// Whether configuration and ledger could be read.
    pub(super) fn is_readable(&self) -> bool {
        self.configuration.error.is_none() && self.ledger.as_ref().is_some_and(|ledger| ledger.readable)
    }
}

impl ServerReport {
    fn of(server: &Server, loaded: &Loaded) -> Self {
        let setting = decisive(server.kind, loaded);
        let origin = loaded.origin(setting);
        let standing = match &server.said {
            Ok(_) => Standing::Answers,
            Err(Silence::Absent(_)) => Standing::Absent,
            Err(Silence::Stranger(_)) => Standing::Stranger,
            Err(Silence::Refused(_)) => Standing::Unauthorized,
            Err(Silence::Wrong(_)) => Standing::Failing,
        };
        Self {
            name: server.kind.name(),
            url: server.url.clone(),
            setting,
            origin: origin.to_string(),
            configured: *origin != Origin::Default,
            standing,
            what: server.said.as_ref().ok().cloned(),
            error: server.said.as_ref().err().map(|silence| silence.why().to_owned()),
            latency_seconds: server.said.is_ok().then_some(server.took.as_secs_f64()),
            kind: server.kind,
        }
    }
}

/// The setting that says where a server is. Of the exposition server it is the one that somebody set.
fn decisive(kind: Kind, loaded: &Loaded) -> &'static str {
    const LISTEN: &str = "prometheus.exposition_listen";
    let port_is_default = *loaded.origin(kind.setting()) == Origin::Default;
    let listens = kind == Kind::Exposition && *loaded.origin(LISTEN) != Origin::Default;
    if port_is_default && listens { LISTEN } else { kind.setting() }
}
