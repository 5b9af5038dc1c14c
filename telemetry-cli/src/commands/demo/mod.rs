//! `telemetry demo`: a small fleet that really runs, watched by the whole stack, in a folder that goes with it.
//!
//! | module | responsible for |
//! |---|---|
//! | `course`, `plan` | which phases there are, and what every agent does in them |
//! | `part` | the processes of the demo, and that they never outlive it |
//! | `agent`, `orchestrator` | what these processes do |
//! | `home`, `child`, `daemon`, `fleet` | the folder, and the processes as the demo sees them |
//! | `run` | one demo from its start to its end |
//! | `tally`, `ask`, `check` | what was done, what the history says, and whether that is the same |
//! | `watch`, `health` | which alerts fired, and how the fleet is |
//! | `standstill` | whether there is sense in waiting for what takes longer than planned |
//! | `show`, `verdict` | what people see, meanwhile and at the end |

mod agent;
mod ask;
mod check;
mod child;
mod course;
mod daemon;
mod fleet;
mod health;
mod home;
mod orchestrator;
pub(crate) mod part;
mod plan;
mod run;
mod show;
mod standstill;
mod tally;
mod verdict;
mod watch;

use crate::failure::Failure;
use crate::output::{Screen, print_to};
use crate::session::Session;
use clap::Args;
use course::{Course, LONGEST, SHORTEST};
use home::Home;
use plan::Plan;
use run::{Demo, Outcome, Stopped};
use show::{Show, somebody_watches};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;
use telemetry_core::config::Carrier;
use telemetry_stack::{duration_text, parse_duration};

/// How long the end may take after a signal.
const END: Duration = Duration::from_secs(8);

/// Try everything: a small fleet that really runs, watched by the whole stack, for two minutes
///
/// A gateway, a history with its API, alert rules and the page run in a temporary folder. An orchestrator that is scraped and short-lived
/// agents, processes of their own which push by way of a ledger, do what a plan says that is drawn from a seed: they call language models,
/// retry, fail, hold workspaces and are killed. First all goes well, then much fails and alerts fire, and then they end. The demo compares
/// what the history says with what was done, to the last token. It needs no server, no container and no configuration; the agents and the
/// models are made up, and so are durations, of which a second stands for a minute; everything else is real. Your own ledger and gateway are not touched, and nothing is left behind.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry demo
  telemetry demo --agents 12 --duration 5m
  telemetry demo --duration 60s --seed 7
  telemetry demo --keep

Exit codes: 0 the history says what was done, 1 it does not or something failed, 64 wrong usage, 130 after Ctrl-C.")]
pub(crate) struct DemoArgs {
    /// How many agents there are at most at one time, from 1 to 50
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=50))]
    agents: u16,
    /// How long it takes, from 60s to 1h; the phases follow from it
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration)]
    duration: Duration,
    /// Draw the plan from this number, so that it is the same again [default: any]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Keep the folder, to look at it again with `telemetry up`
    #[arg(long)]
    keep: bool,
    /// The port of the gateway; 0 takes any free one [default: 9091, or any free one where that is taken]
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,
    /// The port of the HTTP API and the page; 0 takes any free one [default: 9090, or any free one where that is taken]
    #[arg(long, value_name = "PORT")]
    api_port: Option<u16>,
    /// Which road the counts of the agents take; with any but `push` the check must fail
    #[arg(long, value_name = "CARRIER", hide = true, value_parser = carrier)]
    carrier: Option<Carrier>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let bounds = || format!("from {} to {}", duration_text(SHORTEST), duration_text(LONGEST));
    match parse_duration(text) {
        Some(duration) if duration < SHORTEST => {
            Err(format!("too short for alerts to fire and to end: expected a time {}", bounds()))
        }
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(format!("expected a time {}, such as 2m or 90s", bounds())),
    }
}

fn carrier(text: &str) -> Result<Carrier, String> {
    Carrier::ALL
        .into_iter()
        .find(|carrier| carrier.name() == text)
        .ok_or_else(|| "no such carrier".to_owned())
}

/// The signal by which the user ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interrupted(i32);

pub(crate) fn run(args: &DemoArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.gateway_port.is_some_and(|port| port != 0 && Some(port) == args.api_port) {
        return Err(Failure::usage(
            "--gateway-port and --api-port are the same, and each needs one of its own",
        ));
    }
    let config = session.config()?;
    // Signals that come while it starts are kept for it.
    let (tell, told) = mpsc::channel();
    catch_signals(tell.clone())?;
    let course = Course::new(args.duration);
    let plan =
        Plan::draw(args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)), args.agents.into(), course);
    let screen = session.screen();
    let mut show = Show::new(course, screen);
    let mut demo = Demo::start(args, &plan, &config)?;
    show.say(&beginning(&demo, &plan, args));
    let outcome = demo.perform(&mut show, &told);
    show.end();
    match outcome {
        Ok(outcome) => {
            let code = conclude(&outcome, &demo.page(), &said(demo.home()), screen)?;
            if somebody_watches() {
                hold(screen, &demo.page(), tell, &told)?;
            }
            leave(demo.end(), args.keep, screen)?;
            Ok(code)
        }
        Err(Stopped::Interrupted(Interrupted(signal))) => {
            leave(demo.end(), args.keep, screen)?;
            Ok(ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)))
        }
        Err(Stopped::Failed(failure)) => {
            let home = demo.end();
            let failure = failure.advice(said(&home));
            leave(home, args.keep, screen)?;
            Err(failure)
        }
    }
}

/// Signals end it; a second one does so at once. Whatever keeps it, such as a terminal that takes nothing, it is gone after a while, and with
/// it all its processes.
fn catch_signals(tell: Sender<i32>) -> Result<(), Failure> {
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP]);
    let mut signals = signals.map_err(|error| Failure::new("cannot catch signals").because(error))?;
    thread::spawn(move || {
        let mut coming = signals.forever();
        let first = coming.next().unwrap_or(SIGTERM);
        thread::spawn(move || {
            thread::sleep(END);
            process::exit(128 + first)
        });
        let _told = tell.send(first);
        if let Some(second) = coming.next() {
            process::exit(128 + second);
        }
    });
    Ok(())
}

/// What is said first, so that people look while it runs.
fn beginning(demo: &Demo<'_>, plan: &Plan, args: &DemoArgs) -> String {
    format!(
        "page     {}\n{}\nplan     {}\ntakes    {}; a second stands for a minute, in durations and in what rules look at\n",
        demo.page(),
        demo.places(),
        plan.summary(),
        duration_text(args.duration)
    )
}

/// Says what came of it; the exit code says whether it was as it should be.
fn conclude(outcome: &Outcome, page: &str, said: &str, screen: Screen) -> Result<ExitCode, Failure> {
    print_to(screen, &outcome.text())?;
    let complaints = outcome.complaints();
    if !complaints.is_empty() {
        let failure = Failure::new(format!("the check failed\n  {}", complaints.join("\n  ")));
        let failure = if said.is_empty() { failure } else { failure.advice(said) };
        return Ok(failure.report(false));
    }
    print_to(screen, &format!("\nThe history says what was done, to the last token.\n\n{}", next(page)))
}

/// What to try next.
fn next(page: &str) -> String {
    format!(
        "The page is at {page}\nIts charts show everything from the beginning, with the fault; its health is that of the last seconds, as here.\n\nTo go on with your own agents:
  telemetry up                           the same stack, for as long as you like
  telemetry run -- claude -p \"…\"         an agent of yours, counted
  telemetry snapshot                     what was counted
  telemetry alerts                       what fires
  telemetry export-config --output DIR   the rules, dashboards and a compose file for servers of your own\n"
    )
}

/// Keeps the page up for as long as somebody looks at it.
fn hold(screen: Screen, page: &str, tell: Sender<i32>, told: &Receiver<i32>) -> Result<(), Failure> {
    print_to(screen, &format!("\nThe page stays at {page} until you press Enter or Ctrl-C.\n"))?;
    thread::spawn(move || {
        let _entered = io::stdin().read_line(&mut String::new());
        let _nobody_waits = tell.send(0);
    });
    let _enter_or_signal = told.recv();
    Ok(())
}

/// Removes the folder, or says where it is kept.
fn leave(home: Home, keep: bool, screen: Screen) -> Result<(), Failure> {
    if !keep {
        return home.remove();
    }
    let stack = home.stack();
    home.keep();
    print_to(screen, &format!("\nKept. To look at it again: telemetry up --data-dir {}\n", stack.display()))
        .map(drop)
}

/// What the processes of the demo had to say, at most a few lines. On a full disk they could not write it down.
fn said(home: &Home) -> String {
    let log = std::fs::read_to_string(home.log_path()).unwrap_or_default();
    let lines: Vec<_> = log.lines().rev().take(5).collect();
    let full = home.fullness();
    let lines: Vec<_> = full.as_deref().into_iter().chain(lines.into_iter().rev()).collect();
    lines.join("\n  ")
}
