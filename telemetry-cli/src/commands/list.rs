//! `telemetry list`: the metrics of the catalog.

use crate::failure::Failure;
use crate::output::{Screen, print};
use crate::session::Session;
use crate::tables;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::process::ExitCode;
use telemetry_catalog::{Filter, LookupError, MetricType, find_subsystem};
use telemetry_core::metric::Subsystem;

/// List the metrics of the catalog by subsystem, with type, labels and help
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry list
  telemetry list -s agent
  telemetry list -s hooks -t histogram")]
pub(crate) struct ListArgs {
    /// Only the metrics of this subsystem: its short name, its title or the beginning of either
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    /// Only the metrics of this type
    #[arg(short = 't', long = "type", value_name = "TYPE", value_parser = metric_type())]
    metric_type: Option<MetricType>,
}

pub(crate) fn run(args: &ListArgs, _session: &Session) -> Result<ExitCode, Failure> {
    let groups = Filter { subsystem: args.subsystem, metric_type: args.metric_type }.groups();
    if groups.is_empty() {
        return print("No metric of the catalog is of that subsystem and that type.\n");
    }
    print(&tables::catalog(&groups, Screen::of_stdout()))
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
