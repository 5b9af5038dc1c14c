//! `telemetry list`: the metrics of the catalog, the alerts that watch them and the panels that show them.

use crate::failure::Failure;
use crate::output::{print, print_to};
use crate::session::Session;
use crate::tables;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::process::ExitCode;
use telemetry_catalog::panel::boards;
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
  telemetry list --panels -s llm")]
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
}

pub(crate) fn run(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    match args {
        ListArgs { alerts: true, subsystem, .. } => alerts(*subsystem, session),
        ListArgs { panels: true, subsystem, .. } => panels(*subsystem, session),
        _ => metrics(args, session),
    }
}

fn metrics(args: &ListArgs, session: &Session) -> Result<ExitCode, Failure> {
    let groups = Filter { subsystem: args.subsystem, metric_type: args.metric_type }.groups();
    if groups.is_empty() {
        return print("No metric of the catalog is of that subsystem and that type.\n");
    }
    print_to(session.screen(), &tables::catalog(&groups, session.screen()))
}

fn alerts(of: Option<&'static Subsystem>, session: &Session) -> Result<ExitCode, Failure> {
    let config = session.config()?;
    let wanted = subsystems().filter(|subsystem| of.is_none_or(|of| of == *subsystem));
    print_to(session.screen(), &tables::alerts(wanted, &config, session.screen()))
}

/// The overview is of no subsystem, and only there where none is asked for.
fn panels(of: Option<&'static Subsystem>, session: &Session) -> Result<ExitCode, Failure> {
    let mut boards = boards(&session.config()?);
    boards.retain(|board| of.is_none() || board.subsystem == of);
    print_to(session.screen(), &tables::panels(&boards, session.screen()))
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
