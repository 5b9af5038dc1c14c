//! `telemetry dashboard`: a live view of the fleet in a terminal.
//!
//! Who asks never draws, and who draws never waits: sources are asked on threads of their own, and what they told arrives as plain data.
//!
//! | module | responsible for |
//! |---|---|
//! | `look` | what was found at one refresh, as plain data |
//! | `narrow` | what that tells of one subsystem |
//! | `observe` | asking the sources again and again, and what has become of the numbers between two refreshes |
//! | `state` | what is shown of it: view, range, focus, filter; what each key does |
//! | `view` | the frames |
//! | `skin` | colours and characters, as the terminal can show them |
//! | `stage` | the terminal, the keys and the loop |
//! | `save` | what is on the screen as picture files |
//! | `measure` | what refreshes cost |

mod look;
mod measure;
mod narrow;
mod observe;
mod save;
mod skin;
mod stage;
mod state;
mod view;

use crate::args::{Patience, length};
use crate::commands::list::subsystem;
use crate::failure::Failure;
use crate::session::Session;
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use std::time::Duration;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;
use telemetry_stack::panels::Span;

/// Watch the fleet in a live dashboard
///
/// Shows numbers, health, alerts and a table of each subsystem, or with -c charts over time, and looks again every few seconds. Where no
/// Prometheus answers, the summary stands in for the charts until one does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry dashboard
  telemetry dashboard -c -r 6h
  telemetry dashboard -s llm -i 2
  telemetry dashboard -S pushgateway

Keys:
  q         quit (so does Ctrl-C)      ?         list all keys
  v, Tab    summary or charts          arrows    move, scroll (so do hjkl)
  r, 1-5    over which time            Enter     zoom in and out
  a         all reasons and alerts, or all series of the charts
  s, [, ]   choose a subsystem         Esc       one step back
  p, g      pause, look again now      /, t      filter names, choose series
  w         save what is on the screen as PNG and SVG in the current folder

Exit codes: 0 somebody has quit, 1 there is no terminal to draw on, 64 wrong usage; a signal ends it as it ends any program, and Ctrl-C \
with 130.")]
pub(crate) struct DashboardArgs {
    /// How long from one look to the next: a number of seconds, or a time such as 0.5 or 1m
    #[arg(short, long, value_name = "SECONDS", default_value = "5", value_parser = interval)]
    interval: Duration,
    /// Where the numbers come from; charts always come from a Prometheus
    #[arg(short = 'S', long, value_enum, default_value_t)]
    source: Source,
    /// Begin with the charts
    #[arg(short, long)]
    charts: bool,
    /// Over which time charts go: 5m, 1h, 6h, 24h or 7d
    #[arg(short, long, value_name = "RANGE", default_value = "1h", value_parser = range)]
    range: Span,
    /// Only this subsystem: its short name, its title or the beginning of either
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    #[command(flatten)]
    patience: Patience,
    /// Refresh so many times as fast as possible, print what that cost as JSON, and end
    #[arg(long, value_name = "REFRESHES", hide = true)]
    measure: Option<u64>,
}

/// Where the numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Source {
    /// A Prometheus that knows of the fleet; else the Pushgateway and the exposition server; else the ledger
    #[default]
    Auto,
    /// The Pushgateway
    Pushgateway,
    /// The exposition server
    Exposition,
    /// The ledger of this user, or of this machine for root
    Ledger,
    /// The Prometheus of the configuration, which may be `telemetry up`
    Prometheus,
}

/// What the dashboard was asked for.
#[derive(Debug, Clone)]
struct Plan {
    config: Config,
    interval: Duration,
    timeout: Duration,
    source: Source,
    charts: bool,
    range: Span,
    subsystem: Option<&'static Subsystem>,
}

pub(crate) fn run(args: &DashboardArgs, session: &Session) -> Result<ExitCode, Failure> {
    let plan = Plan {
        config: session.config()?,
        interval: args.interval,
        timeout: args.patience.timeout,
        source: args.source,
        charts: args.charts,
        range: args.range,
        subsystem: args.subsystem,
    };
    match args.measure {
        Some(refreshes) => measure::measure(plan, refreshes),
        None => stage::run(plan, session.screen()),
    }
}

/// How long from one look to the next. Whoever looks more often than five times in a second only keeps the sources busy.
fn interval(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(86_400);
    let found = length(text).filter(|length| (SHORTEST..=LONGEST).contains(length));
    found.ok_or_else(|| "expected a time from 0.2 seconds to a day, such as 2, 0.5 or 1m".to_owned())
}

fn range(text: &str) -> Result<Span, String> {
    let names = || Span::ALL.map(Span::as_str).join(", ");
    Span::named(text).ok_or_else(|| format!("expected one of {}", names()))
}
