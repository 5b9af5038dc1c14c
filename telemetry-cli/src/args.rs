//! The arguments: what can be said to the command, with its help. The arguments of a single command stand beside it.

use crate::commands::{
    alerts, chart, completions, config, dashboard, demo, doctor, endpoint, export_config, health, list, man,
    push, query, record, report, run, serve, snapshot, status, up,
};
use crate::failure::Failure;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_stack::parse_duration;

/// Measures a fleet of coding agents, and shows what it measured
#[derive(Debug, Parser)]
#[command(name = "telemetry", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What was typed. What is negative behind an option, such as -1 or -5m, is a wrong value of that, and no option that nobody knows.
    pub(crate) fn read(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, clap::Error> {
        let mut words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        loop {
            let command = with_negative_numbers(Self::command());
            match command.try_get_matches_from(&words) {
                // Numbers are all that the parser takes for negative. Only what it would refuse is read in another way.
                Err(error) if error.kind() == ErrorKind::UnknownArgument && join_negative(&mut words) => {}
                matches => return Self::from_arg_matches(&matches?),
            }
        }
    }
}

fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command.allow_negative_numbers(true).mut_subcommands(with_negative_numbers)
}

/// Writes the first negative value behind an option as its value, as in `--window=-5m`. Says whether there was one.
fn join_negative(words: &mut Vec<OsString>) -> bool {
    let before_others = words.iter().take_while(|word| *word != "--").count();
    let is_option = |word: &OsStr| {
        let bytes = word.as_encoded_bytes();
        bytes.len() > 1 && bytes[0] == b'-' && !bytes.contains(&b'=') && !is_negative(word)
    };
    let found =
        words[..before_others].windows(2).position(|pair| is_option(&pair[0]) && is_negative(&pair[1]));
    let Some(option) = found else { return false };
    let value = words.remove(option + 1);
    words[option].push("=");
    words[option].push(value);
    true
}

/// Whether it begins with a minus and a digit. No option does.
fn is_negative(word: &OsStr) -> bool {
    matches!(word.as_encoded_bytes(), [b'-', digit, ..] | [b'-', b'.', digit, ..] if digit.is_ascii_digit())
}

const EXAMPLES: &str = "\
Examples:
  telemetry demo
  telemetry run --provider claude -- claude -p \"fix the tests\"
  telemetry up
  telemetry snapshot
  telemetry dashboard
  telemetry health
  telemetry alerts
  telemetry list -s agent

Exit codes: 0 success, 1 failure, 64 wrong usage. `run` has the exit code of its command; `health` \
and `alerts` say with theirs how bad it is: 0 well, 1 a warning, 2 critical, 3 not known.";

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
    /// Print nothing but the result and what made a command fail
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// When to use colour [default: auto, which is on a terminal, and as NO_COLOR and CLICOLOR_FORCE say]
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_default_value = true)]
    pub(crate) color: Colour,
}

/// When there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Also in a pipe
    Always,
    /// Nowhere
    Never,
}

/// The short way to JSON, beside `--format`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct AsJson {
    /// Print JSON: the same as -f json
    #[arg(short, long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How long a source is waited for.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Patience {
    /// How long a source may take to answer, such as 5, 0.5 or 1m
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = timeout)]
    pub(crate) timeout: Duration,
}

/// The longest that a source is given to answer. Nobody waits longer for a look at now.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// A time that something may take: a number of seconds, or a time with units.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let wrong = "expected a time above 0 and up to an hour, such as 2, 0.5 or 1m30s";
    let time = length(text).filter(|time| !time.is_zero() && *time <= MAX_TIMEOUT);
    time.ok_or_else(|| wrong.to_owned())
}

/// A length of time: a number of seconds, or one with units as Prometheus writes it. `None` for anything else.
pub(crate) fn length(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.or_else(|| parse_duration(text))
}

/// The IP address on which to listen.
pub(crate) fn listen_ip(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "expected an IP address of this machine, such as 127.0.0.1 or ::1".to_owned())
}

/// The IP address and the port on which to listen.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address of this machine and a port, such as 127.0.0.1:9464 or [::1]:9464".to_owned()
    })
}

/// The server that an option names. Options of URLs are read here and not with the other arguments, since whoever reads those repeats what
/// is wrong: a password has no place in an argument, where everybody on the machine can read it, and still may stand in one.
pub(crate) fn address(option: &str, text: &str) -> Result<Address, Failure> {
    Address::parse(text).map_err(|error| Failure::usage(format!("{option}: {error}")))
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as prometheus.job=nightly")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The commands. What the help says of each stands at its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Status(status::StatusArgs),
    Snapshot(snapshot::SnapshotArgs),
    Dashboard(dashboard::DashboardArgs),
    Health(health::HealthArgs),
    Alerts(alerts::AlertsArgs),
    Query(query::QueryArgs),
    Chart(chart::ChartArgs),
    Report(report::ReportArgs),
    List(list::ListArgs),
    Run(run::RunArgs),
    Record(record::RecordArgs),
    Push(push::PushArgs),
    Serve(serve::ServeArgs),
    Up(Box<up::UpArgs>),
    Demo(demo::DemoArgs),
    Endpoint(endpoint::EndpointArgs),
    ExportConfig(export_config::ExportConfigArgs),
    Doctor(doctor::DoctorArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(hide = true)]
    DemoPart(demo::part::PartArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn a_negative_number_is_a_wrong_value_and_no_unknown_option() {
        for line in ["run --retries -1 -- true", "status --timeout -1", "demo --seed -1", "snapshot -w -3"] {
            let words = ["telemetry"].into_iter().chain(line.split(' '));
            let error = Cli::read(words).unwrap_err().to_string();
            assert!(error.starts_with("error: invalid value '-"), "{line}: {error}");
        }
    }

    #[test]
    fn a_negative_time_is_a_wrong_value_too_and_what_is_none_stays_as_it_was() {
        let read = |line: &str| Cli::read(["telemetry"].into_iter().chain(line.split(' ')));
        for line in [
            "health --window -5m",
            "health -j --window -5m",
            "status --timeout -.5s",
            "up --retention -15d",
            "report -r -24h",
            "run --timeout -5m -- true",
            "run --timeout -5m true --depth -3x",
        ] {
            let error = read(line).unwrap_err().to_string();
            assert!(error.starts_with("error: invalid value '-"), "{line}: {error}");
        }
        for (line, said) in [
            ("health -5m", "unexpected argument '-5' found"),
            ("health --nosuch -5m", "unexpected argument '--nosuch' found"),
            ("health --json -5m", "unexpected value '-5m' for '--json' found"),
        ] {
            let error = read(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
        // Arguments of another command are its own, also where what stands before them was read in another way.
        for line in ["run --project -5a tool --depth -3x", "run --project -5a -- tool --depth -3x"] {
            let Command::Run(run) = read(line).unwrap().command else { panic!("{line}") };
            assert!(format!("{run:?}").contains("[\"tool\", \"--depth\", \"-3x\"]"), "{run:?}");
        }
    }

    #[test]
    fn what_is_no_address_to_listen_on_is_told_what_one_looks_like() {
        for (line, example) in [
            ("serve --listen localhost:9464", "such as 127.0.0.1:9464"),
            ("serve --listen 9464", "such as 127.0.0.1:9464"),
            ("up --listen localhost", "such as 127.0.0.1"),
        ] {
            let words = ["telemetry"].into_iter().chain(line.split(' '));
            let error = Cli::read(words).unwrap_err().to_string();
            assert!(error.contains(example), "{line}: {error}");
        }
    }

    #[test]
    fn every_command_in_the_runbook_is_understood() {
        let commands = quoted_in_the_runbook("telemetry ");
        assert!(commands.len() > 5, "{commands:?}");
        for command in commands {
            let words: Vec<_> = command.split_whitespace().collect();
            // A command is also named without what it needs to run.
            let is_name = words.len() == 2 && Cli::command().find_subcommand(words[1]).is_some();
            let parsed = Cli::read(words);
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

    #[test]
    fn a_timeout_is_a_number_of_seconds_or_a_time_with_units() {
        assert_eq!(timeout("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(timeout("1m30s"), Ok(Duration::from_secs(90)));
        for text in ["0", "0s", "-1", "NaN", "inf", "1e9", "2x", ""] {
            assert!(timeout(text).is_err(), "{text}");
        }
    }
}
