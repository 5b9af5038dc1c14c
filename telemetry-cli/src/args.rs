//! The arguments: what can be said to the command, with its help. The arguments of a single command stand beside it.

use crate::commands::{alerts, demo, export_config, list, push, run, serve, snapshot, up};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Measures a fleet of coding agents, and shows what it measured
#[derive(Debug, Parser)]
#[command(name = "telemetry", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  telemetry demo
  telemetry run --provider claude -- claude -p \"fix the tests\"
  telemetry up
  telemetry snapshot
  telemetry alerts
  telemetry list -s agent

Exit codes: 0 success, 1 failure, 64 wrong usage; `run` has the exit code of its command, and `alerts` says with its own how
bad it is.";

/// What every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Read the configuration from this file [default: $SASE_CONFIG, ./sase.yml, ~/.config/sase/sase.yml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Override one setting, such as `prometheus.job=nightly`; can be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) overrides: Vec<(String, String)>,
    /// Say more about what went wrong
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as prometheus.job=nightly")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The commands. What the help says of each stands at its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::RunArgs),
    Snapshot(snapshot::SnapshotArgs),
    Alerts(alerts::AlertsArgs),
    List(list::ListArgs),
    Push(push::PushArgs),
    Serve(serve::ServeArgs),
    Up(up::UpArgs),
    ExportConfig(export_config::ExportConfigArgs),
    Demo(demo::DemoArgs),
    #[command(hide = true)]
    DemoPart(demo::part::PartArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use telemetry_catalog::render::alerts_markdown;
    use telemetry_core::config::{Config, settings};

    /// What the runbook quotes in its sentences and begins so.
    fn quoted_in_the_runbook(beginning: &str) -> Vec<String> {
        let page = alerts_markdown(&Config::default());
        let sentences = page.split("```").step_by(2);
        let quoted = sentences.flat_map(|text| text.split('`').skip(1).step_by(2));
        quoted.filter(|quoted| quoted.starts_with(beginning)).map(str::to_owned).collect()
    }

    #[test]
    fn every_command_in_the_runbook_is_understood() {
        let commands = quoted_in_the_runbook("telemetry ");
        assert!(commands.len() > 5, "{commands:?}");
        for command in commands {
            let words: Vec<_> = command.split_whitespace().collect();
            // A command is also named without what it needs to run.
            let is_name = words.len() == 2 && Cli::command().find_subcommand(words[1]).is_some();
            let parsed = Cli::try_parse_from(words);
            assert!(is_name || parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn every_setting_in_the_runbook_exists() {
        let keys = quoted_in_the_runbook("telemetry.");
        assert!(keys.len() > 5, "{keys:?}");
        for key in keys {
            let is = |known: &str| {
                format!("telemetry.{known}") == key || known.starts_with(&format!("{}.", &key[10..]))
            };
            assert!(settings().any(|setting| is(setting.key())), "{key}");
        }
    }
}
