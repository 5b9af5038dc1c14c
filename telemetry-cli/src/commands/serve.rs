//! `telemetry serve`: an exposition server for what no program of its own can expose.

use crate::failure::{Failure, warn};
use crate::session::Session;
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Mutex;
use telemetry_core::Registry;
use telemetry_core::catalog::SERVE_INFO;
use telemetry_core::config::{Carrier, Config, ExpositionAuth, Prometheus};
use telemetry_core::exposition::Family;
use telemetry_push::Ledger;
use telemetry_server::{Exposition, SourceFailure};

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
  curl http://127.0.0.1:9464/metrics")]
pub(crate) struct ServeArgs {
    /// Listen here instead of where the configuration says; port 0 takes any free one
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
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
    let server = exposition(&config, ledger.as_ref()).serve(&config)?;
    if is_open(&config.prometheus) {
        warn(
            "anybody who reaches this address may read: set telemetry.prometheus.exposition_auth and exposition_tls",
        );
    }
    let url = format!("{}://{}/metrics", config.prometheus.exposition_tls.scheme(), server.local_addr());
    let _nobody_reads = writeln!(io::stdout(), "{}", begun(&url, &config, ledger.as_ref()));
    let _end = signals.forever().next();
    server.stop();
    Ok(ExitCode::SUCCESS)
}

/// Whether it listens beyond this machine and asks nothing of whoever comes.
fn is_open(prometheus: &Prometheus) -> bool {
    !prometheus.exposition_listen.is_loopback() && prometheus.exposition_auth == ExpositionAuth::default()
}

/// The line that says what is served, and why it is not more.
fn begun(url: &str, config: &Config, ledger: Option<&Ledger>) -> String {
    match ledger {
        Some(ledger) => format!("serving {} at {url}", ledger.file().display()),
        None => format!(
            "serving the metrics of this server alone at {url}: the ledger is not served, since telemetry.carrier is {}",
            config.carrier
        ),
    }
}

/// What is served. The registry is this server's alone, and so is its mark, by which rules tell it from the daemon that they expect
/// to go round; nothing of it is ever in a ledger.
fn exposition(config: &Config, ledger: Option<&Ledger>) -> Exposition {
    let (told, registry) = (Mutex::new(String::new()), Registry::new(config));
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

/// Says what is wrong, and not the same again at each scrape.
fn tell_once(failure: &SourceFailure, told: &Mutex<String>) {
    let message = failure.to_string();
    let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *told != message {
        warn(&message);
        *told = message;
    }
}
