//! `telemetry list`: the metrics of the catalog, the alerts that watch them and the panels that show them.

mod documents;

use crate::args::AsJson;
use crate::failure::Failure;
use crate::output::{print, print_json, print_to};
use crate::session::Session;
use crate::tables;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use documents::{Alerts, Metrics, Panels};
use std::process::ExitCode;
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::panel::boards;
use telemetry_catalog::render::{alerts_markdown_of, metrics_markdown_of, panels_markdown};
use telemetry_catalog::{Filter, LookupError, MetricType, find_subsystem, subsystems};
use telemetry_core::metric::Subsystem;

/// List the metrics of the catalog by subsystem, or the alerts or the panels that follow from it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry list
  telemetry list -s agent
  telemetry list -s hooks -t histogram
  telemetry list --alerts
  telemetry list --alerts -f json | jq -r '.alerts[] | .levels[] | .expression'
  telemetry list --panels -s llm
  telemetry list -f markdown > metrics.md")]
pub(crate) struct ListArgs {
    /// Only what belongs to this subsystem: its short name, its title or the beginning of either
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    /// Only the metrics of this type
    #[arg(short = 't', long = "type", value_name = "TYPE", value_parser = metric_type())]
    metric_type: Option<MetricType>,
    /// List the alerts instead, with the limits that are configured
    #[arg(long, conflicts_with_all = ["metric_type", "panels"])]
    alerts: bool,
    /// List the panels of the dashboards instead
    #[arg(long, conflicts_with = "metric_type")]
    panels: bool,
    /// How it is shown
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    as_json: AsJson,
}

impl ListArgs {
    /// How it is shown, whichever option says so.
    const fn format(&self) -> Format {
        if self.as_json.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Tables
    #[default]
    Rich,
    /// One document with everything that is known, expressions included
    Json,
    /// A page of documentation
    Markdown,
}

pub(crate) fn run(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    match args {
        ListArgs { alerts: true, .. } => alerts(args, session),
        ListArgs { panels: true, .. } => panels(args, session),
        _ => metrics(args, session),
    }
}

fn metrics(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    let groups = Filter { subsystem: args.subsystem, metric_type: args.metric_type }.groups();
    let screen = session.screen();
    match args.format() {
        Format::Json => print_json(&Metrics::of(&groups)),
        Format::Markdown => print(&metrics_markdown_of(&groups)),
        Format::Rich if groups.is_empty() => {
            print("No metric of the catalog is of that subsystem and that type.\n")
        }
        Format::Rich => print_to(screen, &tables::catalog(&groups, screen)),
    }
}

fn alerts(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    let (config, screen, of) = (session.config()?, session.screen(), args.subsystem);
    let wanted: Vec<_> = subsystems().filter(|subsystem| of.is_none_or(|of| of == *subsystem)).collect();
    match args.format() {
        Format::Json => {
            let own = indicators().filter(|indicator| wanted.contains(&indicator.subsystem));
            print_json(&Alerts::of(own, &config))
        }
        Format::Markdown => print(&alerts_markdown_of(&wanted, &config)),
        Format::Rich => print_to(screen, &tables::alerts(wanted.into_iter(), &config, screen)),
    }
}

/// The overview is of no subsystem, and only there where none is asked for.
fn panels(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    let (mut boards, screen) = (boards(&session.config()?), session.screen());
    boards.retain(|board| args.subsystem.is_none() || board.subsystem == args.subsystem);
    match args.format() {
        Format::Json => print_json(&Panels::of(&boards)),
        Format::Markdown => print(&panels_markdown(&boards)),
        Format::Rich => print_to(screen, &tables::panels(&boards, screen)),
    }
}

/// The subsystem that an argument names.
pub(super) fn subsystem(text: &str) -> Result<&'static Subsystem, LookupError> {
    find_subsystem(text)
}

fn metric_type() -> impl TypedValueParser<Value = MetricType> {
    PossibleValuesParser::new(MetricType::ALL.map(MetricType::as_str)).try_map(|word| {
        let found = MetricType::ALL.into_iter().find(|metric_type| metric_type.as_str() == word);
        found.ok_or("not a type")
    })
}
