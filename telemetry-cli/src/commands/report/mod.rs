//! `telemetry report`: one page of HTML about a period.

use crate::args::Patience;
use crate::commands::chart::range;
use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Write a report about a period as one page of HTML
///
/// The page has everything in it and asks nobody: how well the fleet is, the alerts of the period, every panel, and the workflows and
/// providers with the most failures, time and tokens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry report -o report.html
  telemetry report -r 7d -o week.html
  telemetry report -r 1h -o - > incident.html")]
pub(crate) struct ReportArgs {
    /// Over which time, up to now: such as 1h, 6h, 24h or 7d
    #[arg(short, long, value_name = "RANGE", default_value = "24h", value_parser = range)]
    range: Duration,
    /// The file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(_args: &ReportArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("not built yet"))
}
