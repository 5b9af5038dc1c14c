//! `telemetry serve`: an exposition server for what no program of its own can expose.
//!
//! | module | responsible for |
//! |---|---|
//! | `textfiles` | the folders of `--textfile`: which files are told, and which are left out |
//! | `whole` | reading one file, whole or not at all |
//! | `claims` | what contradicts what |
//! | `count` | how many files there are, as metrics |

mod claims;
mod count;
mod textfiles;
mod whole;

use crate::args::listen_address;
use crate::failure::{Failure, warn};
use crate::session::Session;
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use telemetry_core::Registry;
use telemetry_core::catalog::SERVE_INFO;
use telemetry_core::config::{Carrier, Config, ExpositionAuth, Prometheus};
use telemetry_core::exposition::{self, Family, Format};
use telemetry_push::Ledger;
use telemetry_server::{Exposition, SourceFailure};
use textfiles::{Textfiles, readable};

/// Serve metrics over HTTP for Prometheus to scrape
///
/// With `telemetry.carrier` set to `serve`, these are the totals of the ledger, swept at each scrape; with any other carrier the ledger
/// has another road and is not served, so that no count is there twice. The metrics of the server itself are always there. It serves
/// until it is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry --set carrier=serve serve
  telemetry --set carrier=serve serve --listen 127.0.0.1:9465
  mkdir -p metrics && telemetry serve --textfile metrics
  curl http://127.0.0.1:9464/metrics")]
pub(crate) struct ServeArgs {
    /// Listen here instead of where the configuration says; port 0 takes any free one
    #[arg(long, value_name = "IP:PORT", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// Serve the metrics in the files `*.prom` of this folder too; can be repeated
    #[arg(long, value_name = "DIR")]
    textfile: Vec<PathBuf>,
}

pub(crate) fn run(args: &ServeArgs, session: &Session) -> Result<ExitCode, Failure> {
    let mut config = session.config()?;
    if config.enabled == Some(false) {
        return Err(Failure::new("telemetry is turned off: telemetry.enabled is false"));
    }
    if let Some(address) = args.listen {
        (config.prometheus.exposition_listen, config.prometheus.exposition_port) =
            (address.ip(), address.port());
    }
    let ledger = if config.carrier == Carrier::Serve { Some(Ledger::new(&config)?) } else { None };
    // Signals that come while the server starts are kept for it.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])
        .map_err(|error| Failure::new("cannot catch signals").because(error))?;
    args.textfile.iter().try_for_each(|folder| check(folder))?;
    let server = with_textfiles(exposition(&config, ledger.as_ref()), &args.textfile).serve(&config)?;
    if is_open(&config.prometheus) {
        warn(
            "anybody who reaches this address may read: set telemetry.prometheus.exposition_auth and exposition_tls",
        );
    }
    let url = format!("{}://{}/metrics", config.prometheus.exposition_tls.scheme(), server.local_addr());
    let _nobody_reads = writeln!(io::stdout(), "{}", begun(&url, &config, ledger.as_ref(), &args.textfile));
    let _end = signals.forever().next();
    server.stop();
    Ok(ExitCode::SUCCESS)
}

/// Whether it listens beyond this machine and asks nothing of whoever comes.
fn is_open(prometheus: &Prometheus) -> bool {
    !prometheus.exposition_listen.is_loopback() && prometheus.exposition_auth == ExpositionAuth::default()
}

/// The line that says what is served, and why it is not more.
fn begun(url: &str, config: &Config, ledger: Option<&Ledger>, folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|folder| folder.join("*.prom").display().to_string()).collect();
    let why = match config.carrier {
        Carrier::Push => {
            "since telemetry.carrier is push; `telemetry --set carrier=serve serve` serves it".to_owned()
        }
        carrier => format!("since telemetry.carrier is {carrier}"),
    };
    match (ledger, folders.join(", ")) {
        (Some(ledger), files) if files.is_empty() => format!("serving {} at {url}", ledger.file().display()),
        (Some(ledger), files) => format!("serving {} and {files} at {url}", ledger.file().display()),
        (None, files) if files.is_empty() => {
            format!("serving the metrics of this server alone at {url}: the ledger is not served, {why}")
        }
        (None, files) => format!("serving {files} at {url}; the ledger is not served, {why}"),
    }
}

/// A folder that is not there at the start is a mistake; later it is a failure of that scrape.
fn check(folder: &Path) -> Result<(), Failure> {
    readable(folder).map_err(|error| {
        Failure::new(format!("cannot read the folder {} of --textfile", folder.display())).because(error)
    })
}

/// The same exposition with the files of these folders. What stands in them may not contradict what is told without them.
fn with_textfiles(exposition: Exposition, folders: &[PathBuf]) -> Exposition {
    if folders.is_empty() {
        return exposition;
    }
    let own = exposition.text(Format::Text);
    let own = exposition::parse(&own, Format::Text).unwrap_or_default();
    let textfiles = Arc::new(Textfiles::new(folders.to_vec(), &own));
    let exposition = exposition.with_named("textfile", move || textfiles.families());
    folders.iter().fold(exposition, |exposition, folder| {
        let (name, folder) = (format!("folder {}", folder.display()), folder.clone());
        exposition.with_named(name, move || readable(&folder).map(|()| Vec::new()))
    })
}

/// What is served. The registry is this server's alone, and so is its mark, by which rules tell it from the daemon that they expect
/// to go round; nothing of it is ever in a ledger.
fn exposition(config: &Config, ledger: Option<&Ledger>) -> Exposition {
    let (told, registry) = (Mutex::new(BTreeMap::new()), Registry::new(config));
    SERVE_INFO.in_registry(&registry).set(1);
    let exposition = Exposition::of(&registry)
        .with_service("telemetry", env!("CARGO_PKG_VERSION"))
        .on_source_failure(move |failure| tell_once(failure, &told));
    let Some(ledger) = ledger else { return exposition };
    let (served, asked) = (ledger.clone(), ledger.clone());
    exposition.with_named("ledger", move || totals(&served)).ready_when(move || totals(&asked).map(|_| ()))
}

/// The totals of the ledger now. One in which nothing was recorded yet has none, and that is no failure.
fn totals(ledger: &Ledger) -> Result<Vec<Family<'static>>, telemetry_push::Error> {
    let mut notes = Vec::new();
    let totals = ledger.totals(&mut notes);
    notes.iter().for_each(|note| warn(note));
    let families = totals?.map(|totals| totals.families().into_iter().map(Family::into_owned).collect());
    Ok(families.unwrap_or_default())
}

/// Says what is wrong with a source, and not the same again at each scrape.
fn tell_once(failure: &SourceFailure, told: &Mutex<BTreeMap<String, String>>) {
    let message = failure.to_string();
    let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if told.insert(failure.source.clone(), message.clone()).as_ref() != Some(&message) {
        warn(&message);
    }
}
