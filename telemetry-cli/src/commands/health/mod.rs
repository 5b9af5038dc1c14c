//! `telemetry health`: how well each subsystem is, and why.
//!
//! | module | responsible for |
//! |---|---|
//! | `prometheus` | asking a Prometheus, everything at once and within one bound |
//! | `ledger` | asking the half-hourly copies of the ledger |
//! | `report` | what was found, whoever was asked |
//! | `window` | how much of the window that is about, in words |
//! | `document` | the report as JSON |

mod document;
mod ledger;
mod prometheus;
mod report;
mod window;

use crate::args::{Patience, address, length};
use crate::commands::alerts::exit_code;
use crate::commands::list::subsystem;
use crate::failure::{Failure, warn};
use crate::output::{print_json, print_to};
use crate::session::Session;
use crate::sources::Trouble;
use crate::tables;
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use telemetry_catalog::promql::Window;
use telemetry_core::config::{Address, Config};
use telemetry_core::metric::Subsystem;

pub(crate) use report::Report;

/// Say how well each subsystem is, and why
///
/// Looks at what happened in a window of time, judges it by the limits of the alerts, and says which source told it and what part of the
/// window that source has seen. What stands still or has gone is judged over the window of its alert, whatever the window here is. A
/// Prometheus sees what rises between two scrapes, and nothing of what a series had when it was first scraped; the ledger has every event,
/// so that its shares of a few runs may be others.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry health
  telemetry health -s llm --window 2h
  telemetry health -S ledger -v
  telemetry health -j | jq -r '.subsystems[] | select(.verdict == \"critical\") | .reason'
  telemetry health --from http://prometheus.example:9090 || echo \"look at the runbook\"

Exit codes: 0 healthy, 1 a warning, 2 critical, 3 it is not known: nobody answers, nothing was scraped or recorded in the window, or \
what is known is too old; 64 wrong usage.")]
pub(crate) struct HealthArgs {
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    /// Whom to ask; `auto` is a Prometheus that knows of the fleet, and else the ledger
    #[arg(short = 'S', long, value_enum, default_value_t)]
    source: Source,
    /// How far back to look, from 1m to 90d
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = window)]
    window: Window,
    /// Ask this Prometheus or `telemetry up`: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Only this subsystem, with every check: its short name, its title or the beginning of either
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    #[command(flatten)]
    patience: Patience,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Source {
    /// A Prometheus that knows of the fleet, and else the ledger
    #[default]
    Auto,
    /// The Prometheus of the configuration, which may be `telemetry up`
    Prometheus,
    /// What this machine or user recorded
    Ledger,
}

/// What is asked, whoever is.
#[derive(Debug, Clone)]
struct Question {
    config: Config,
    address: Address,
    window: Window,
    timeout: Duration,
}

/// Every failure but wrong usage is the exit code 3: whoever watches this must not take it for a warning.
pub(crate) fn run(args: &HealthArgs, session: &Session) -> Result<ExitCode, Failure> {
    show(args, session).map_err(Failure::unknown)
}

fn show(args: &HealthArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.from.is_some() && args.source == Source::Ledger {
        return Err(Failure::usage("--from names a Prometheus, and -S ledger asks none"));
    }
    let from = args.from.as_deref().map(|from| address("--from", from)).transpose()?;
    let config = session.config()?;
    let address = from.unwrap_or_else(|| config.prometheus.url.clone());
    let question = Question { config, address, window: args.window, timeout: args.patience.timeout };
    let report = report(args, &question)?.only(args.subsystem);
    report.remarks.iter().for_each(|remark| warn(&tables::harmless(remark)));
    if args.json {
        print_json(&document::document(&report, &question.config))?;
    } else {
        let detailed = args.subsystem.is_some() || session.global().verbose;
        let screen = session.screen();
        print_to(screen, &tables::health(&report, &question.config, detailed, screen))?;
    }
    Ok(exit_code(report.verdict))
}

/// The window over which health is told where nobody says another.
const USUAL: Window = Window::minutes(30);

/// How well everything is by the Prometheus of the configuration, or why it tells nothing.
pub(crate) fn by_prometheus(config: &Config, timeout: Duration) -> Result<Report, String> {
    prometheus::ask(&usual_question(config, timeout))
}

/// How well everything is by the ledger of the configuration.
pub(crate) fn by_ledger(config: &Config, timeout: Duration) -> Result<Report, Trouble> {
    ledger::ask(&usual_question(config, timeout))
}

fn usual_question(config: &Config, timeout: Duration) -> Question {
    Question { config: config.clone(), address: config.prometheus.url.clone(), window: USUAL, timeout }
}

fn report(args: &HealthArgs, question: &Question) -> Result<Report, Failure> {
    match args.source {
        Source::Auto if args.from.is_none() => either(question),
        Source::Auto | Source::Prometheus => {
            prometheus::ask(question).map_err(|why| failure(&why).advice(NO_PROMETHEUS))
        }
        Source::Ledger => ledger::ask(question).map_err(|trouble| ledger_failure(&trouble).advice(NO_LEDGER)),
    }
}

/// Both are asked at once, so that nobody waits twice; whoever knows nothing of the window is passed over for who does.
fn either(question: &Question) -> Result<Report, Failure> {
    let other = question.clone();
    let ledger = thread::spawn(move || ledger::ask(&other));
    let asked = prometheus::ask(question);
    if let Ok(report) = &asked
        && report.has_data()
        && report.knows_the_fleet()
    {
        return asked.map_err(Failure::new);
    }
    let ledger = ledger.join().unwrap_or(Err(Trouble::NoLedger));
    match (asked, ledger) {
        (Ok(report), Ok(remembered)) if remembered.has_data() => Ok(remembered.rather_than(&report)),
        (Ok(report), _) => Ok(report),
        (Err(why), Ok(remembered)) => Ok(remembered.instead_of(&why)),
        (Err(why), Err(trouble)) => {
            let ledger = ledger_failure(&trouble).line();
            Err(Failure::new(format!("{}; {ledger}", failure(&why).line())).advice(NO_PROMETHEUS))
        }
    }
}

/// What to do where no Prometheus answers.
const NO_PROMETHEUS: &str = "`telemetry up` keeps a history that can be asked; where one runs elsewhere, name it: `telemetry health --from \
                             http://127.0.0.1:9090`";

/// What to do where nothing was recorded.
const NO_LEDGER: &str = "`telemetry run -- COMMAND` and `telemetry record` write into it";

fn failure(why: &str) -> Failure {
    Failure::new(format!("no health from a Prometheus: {}", tables::harmless(why)))
}

fn ledger_failure(trouble: &Trouble) -> Failure {
    Failure::new(format!("no health from the ledger: {}", trouble.sentence()))
}

/// The shortest window in which a scrape or two can be expected, and the longest that anybody keeps a history for.
const WINDOWS: std::ops::RangeInclusive<u64> = 60..=90 * 86_400;

/// A window of whole seconds.
fn window(text: &str) -> Result<Window, String> {
    let wrong = || "expected a time from 1m to 90d in whole seconds, such as 30m, 2h or 900".to_owned();
    let length = length(text).filter(|length| length.subsec_nanos() == 0).ok_or_else(wrong)?;
    let seconds = Some(length.as_secs()).filter(|seconds| WINDOWS.contains(seconds)).ok_or_else(wrong)?;
    u32::try_from(seconds).map(Window::of_seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_of_whole_seconds_and_of_a_sensible_length() {
        assert_eq!(window("30m"), Ok(Window::minutes(30)));
        assert_eq!(window("60"), Ok(Window::minutes(1)));
        assert_eq!(window("90d"), Ok(Window::days(90)));
        for text in ["59", "0", "-1", "60.5", "91d", "1y", "half an hour", ""] {
            assert!(window(text).is_err(), "{text}");
        }
    }
}
