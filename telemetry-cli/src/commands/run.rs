//! `telemetry run`: runs a command as an agent run.
//!
//! Streams, terminal, signals and exit code are the command's. Whatever goes wrong with telemetry costs the user one line on
//! standard error, after the command has ended.

use crate::args::length;
use crate::failure::{Failure, tell, warn};
use crate::road::Problems;
use crate::session::Session;
use crate::supervise::{Ended, Limit, Order, Supervised, Supervisor};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use signal_hook::consts::{SIGINT, SIGKILL};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;

mod recording;
mod report;
mod turns;

use recording::Recording;
use report::{Ends, MetricsFrom};
use turns::Turns;

/// Run a command as an agent run, and record how it went
///
/// Recorded are that it began, that it is active, how long it took and how it ended.
///
/// Streams, terminal, signals and exit code are the command's own; 126 means that it could not be run, 127 that it was not found,
/// 128 + N that signal N ended it. What is recorded goes to the ledger and from there to the Pushgateway, if one answers.
///
/// With --timeout the command is sent SIGTERM when its time is over, and SIGKILL where it then goes on for too long. Where it leads
/// a process group the whole group is: it does wherever no terminal is there, for then it is given one, and what it started ends with
/// it. At a terminal it stays in the group to which the keys belong, and is the only one that is sent the signals. The time goes on
/// while the job is stopped. A command that ends in another way after it was asked to counts by its own exit code.
///
/// With --retries a command that fails is run again: by an exit code other than 0, 126 and 127, by a signal, or by its time. Not after this
/// program was asked to end, nor after Ctrl-C. Each attempt is a spawn and a run, has the time of --timeout, and gets what those before
/// it left of the standard input. The exit code is that of the last.
///
/// With --metrics-from a command that knows more of itself than its wrapper says so: its calls of a language model and their tokens, its
/// hooks and errors. It appends lines of JSON to the FILE, or writes them to its descriptor N, each an event as `telemetry record` reads
/// them from standard input; TELEMETRY_REPORT tells it the path in either case. They are recorded every other second while it
/// runs. What the FILE held before is not counted, and one that is cut or replaced is read from its beginning. One run alone follows a
/// FILE: runs at the same time each need one of their own. Instead of events the FILE may hold an exposition, as client libraries write
/// it: at the end of the attempt, if that wrote it, the counters and histograms of the catalog in it are added to those of the run, each
/// less what it counted in the FILE when the attempt began, unless it is lower now or has another time of creation. A command that counts
/// from 0 without such times should remove the FILE first. What is written to the descriptor after the command has ended is not read. A
/// line longer than 64 KiB, one that is no event, and what comes faster than 8 MiB in two seconds is counted and told at the end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry run -- make test
  telemetry run --timeout 30m --retries 2 -- make test
  telemetry run --provider claude --project site --workflow fix -- claude -p \"fix the tests\"
  telemetry run --metrics-from report.jsonl -- make agent
  telemetry run --metrics-from 3 -- sh -c 'echo \"{\\\"event\\\":\\\"zombie\\\"}\" >&3'

Exit codes: that of the command; 126 it could not be run, 127 it was not found, 128 + N signal N ended it, so that it is 143 or 137
after its --timeout; 64 wrong usage.")]
pub(crate) struct RunArgs {
    /// The provider of the agent's language model
    #[arg(long, value_name = "P", default_value = "unknown", value_parser = NonEmptyStringValueParser::new())]
    provider: String,
    /// The project that the agent works on
    #[arg(long, value_name = "X", default_value = "unknown", value_parser = NonEmptyStringValueParser::new())]
    project: String,
    /// The workflow that the agent carries out
    #[arg(long, value_name = "W", default_value = "unknown", value_parser = NonEmptyStringValueParser::new())]
    workflow: String,
    /// End the command when this time is over, such as 90, 30m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    timeout: Option<Duration>,
    /// How long after --timeout the command may take to end by itself
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "timeout", value_parser = any_time)]
    kill_after: Duration,
    /// Run the command up to N more times where it fails
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    retries: u32,
    /// How long to wait before the command is run again; each time twice as long, up to 30s
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "retries", value_parser = any_time)]
    retry_delay: Duration,
    /// Record what the command itself reports: in a FILE, or through the descriptor N that it finds open
    #[arg(long, value_name = "FILE|N", value_parser = MetricsFrom::read)]
    metrics_from: Option<MetricsFrom>,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// A number of seconds or a time with units, but not none at all.
fn some_time(text: &str) -> Result<Duration, String> {
    any_time(text)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "expected a time above 0, such as 90, 30m or 1h30m".to_owned())
}

fn any_time(text: &str) -> Result<Duration, String> {
    length(text).ok_or_else(|| "expected a time, such as 90, 30m or 1h30m".to_owned())
}

impl RunArgs {
    fn limit(&self) -> Option<Limit> {
        self.timeout.map(|time| Limit { time, kill_after: self.kill_after })
    }

    fn order<'o>(&'o self, ends: &'o Ends) -> Result<Order<'o>, Failure> {
        let (program, args) = self.command.split_first().ok_or(Failure::usage("no command is given"))?;
        let (variable, descriptor) = (ends.variable(), ends.descriptor());
        Ok(Order { limit: self.limit(), variable, descriptor, ..Order::new(program, args) })
    }
}

pub(crate) fn run(args: &RunArgs, session: &Session) -> Result<ExitCode, Failure> {
    // Signals that arrive from here on are kept for the command.
    let mut supervisor =
        Supervisor::prepare().map_err(|error| Failure::new("cannot catch signals").because(error))?;
    let mut problems = Problems::default();
    let mut recording = Recording::open(args, session, &mut problems);
    let ends = args.metrics_from.as_ref().map(|from| Ends::open(from, recording.as_mut()));
    let ends = ends.transpose()?.unwrap_or_default();
    let order = args.order(&ends)?;
    let mut turns = Turns::new(args.retries, args.retry_delay);
    let last = loop {
        let supervised = attempt(&order, &mut supervisor, recording.as_mut(), &mut problems);
        let Some(delay) = turns.next(&supervised) else { break supervised };
        warn(&format!("{}; run again in {}", turns.failed(&supervised), words(delay)));
        if let Some(signal) = supervisor.pause(delay) {
            break Supervised::asked_to_end(signal);
        }
    };
    problems.report();
    die_of_interrupt(&last);
    Ok(last.exit_code().into())
}

/// Runs the command once, and records it.
fn attempt(
    order: &Order<'_>,
    supervisor: &mut Supervisor,
    mut recording: Option<&mut Recording<'_>>,
    problems: &mut Problems,
) -> Supervised {
    if let Some(recording) = &mut recording {
        recording.begin(problems);
    }
    let supervised = match (supervisor.start(order), &mut recording) {
        (Ok(running), Some(recording)) => recording.follow(problems, || running.wait()),
        (Ok(running), None) => running.wait(),
        (Err(never_started), _) => never_started,
    };
    if let Some(message) = supervised.message(order.program) {
        tell(&message);
    }
    order.limit.into_iter().for_each(|limit| tell_of_limit(limit, &supervised));
    if let Some(recording) = recording {
        recording.end(&supervised, problems);
    }
    supervised
}

/// Says whether the limit had to do with the end.
fn tell_of_limit(limit: Limit, supervised: &Supervised) {
    let (time, grace) = (words(limit.time), words(limit.kill_after));
    match supervised.sent_at_limit {
        Some(SIGKILL) if supervised.ran_out_of_time() => {
            tell(&format!("killed after {time} (--timeout) and {grace} (--kill-after)"));
        }
        Some(_) if supervised.ran_out_of_time() => tell(&format!("killed after {time} (--timeout)")),
        Some(_) => warn(&format!("asked to end after {time} (--timeout), and ended by itself")),
        None => {}
    }
}

fn words(time: Duration) -> String {
    seconds(time.as_secs_f64())
}

/// Ends this program as the interrupt key ended the command, so that a shell that runs a loop of them stops too: it looks at how
/// its child ended, and an exit code of 130 does not tell it. Elsewhere than at a terminal the exit code is what callers read.
fn die_of_interrupt(supervised: &Supervised) {
    let interrupted =
        matches!(supervised.ended, Ended::Signalled(SIGINT)) && supervised.told_to_stop == Some(SIGINT);
    if interrupted && io::stdin().is_terminal() {
        let _survived = signal_hook::low_level::emulate_default_handler(SIGINT);
    }
}
