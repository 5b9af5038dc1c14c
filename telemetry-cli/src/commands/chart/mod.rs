//! `telemetry chart`: panels as picture files.

use crate::args::{Patience, length};
use crate::failure::Failure;
use crate::session::Session;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Draw panels as a picture
///
/// The panels are those of the dashboards, which `telemetry list --panels` lists; several stand on one sheet.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry chart agent-runs-failing -o failures.png
  telemetry chart llm-errors-rate llm-retries-rate -r 24h -o llm.svg
  telemetry chart agent-run-duration-seconds-p95 --theme dark --width 1600 --height 600 -o p95.png")]
pub(crate) struct ChartArgs {
    /// The panels, by the names that `telemetry list --panels` shows
    #[arg(required = true, value_name = "PANEL")]
    panels: Vec<String>,
    /// Over which time, up to now: such as 1h, 6h, 24h or 7d
    #[arg(short, long, value_name = "RANGE", default_value = "1h", value_parser = range)]
    range: Duration,
    /// The file, whose ending says the format: .png or .svg
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// In which colours
    #[arg(long, value_enum, default_value_t)]
    theme: Theme,
    /// The width of the picture in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200)]
    width: u32,
    /// The height of the picture in pixels [default: as much as the panels need]
    #[arg(long, value_name = "PIXELS")]
    height: Option<u32>,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Theme {
    /// Dark on light
    #[default]
    Light,
    /// Light on dark
    Dark,
}

pub(crate) fn run(_args: &ChartArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("not built yet"))
}

/// Over which time a picture goes: from a minute to 90 days.
pub(crate) fn range(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(90 * 86_400);
    let found = length(text).filter(|length| (SHORTEST..=LONGEST).contains(length));
    found.ok_or_else(|| "expected a time from 1m to 90d, such as 1h, 6h, 24h or 7d".to_owned())
}
