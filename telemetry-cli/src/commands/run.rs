//! `telemetry run`: runs a command as an agent run.
//!
//! Streams, terminal, signals and exit code are the command's. Whatever goes wrong with telemetry costs the user one line on
//! standard error, after the command has ended.

use crate::failure::{Failure, tell};
use crate::road::{BOUND_AFTER, Problems, Road};
use crate::session::{Session, why_nothing_is_recorded};
use crate::supervise::{Ended, Supervised, Supervisor};
use clap::Args;
use signal_hook::consts::{SIGINT, SIGQUIT};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::catalog::KillReason;
use telemetry_core::config::Config;
use telemetry_core::guard::{Agent, AgentRun};
use telemetry_push::Ledger;

/// How long the command may be kept waiting for the merge and the push before it.
const BOUND_BEFORE: Duration = Duration::from_secs(1);

/// Run a command as an agent run, and record how it went
///
/// Recorded are that it began, that it is active, how long it took and how it ended.
///
/// Streams, terminal, signals and exit code are the command's own; 126 means that it could not be run, 127 that it was not found,
/// 128 + N that signal N ended it. What is recorded goes to the ledger and from there to the Pushgateway, if one answers.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry run -- make test
  telemetry run --provider claude --project site --workflow fix -- claude -p \"fix the tests\"")]
pub(crate) struct RunArgs {
    /// The provider of the agent's language model
    #[arg(long, value_name = "P", default_value = "unknown")]
    provider: String,
    /// The project that the agent works on
    #[arg(long, value_name = "X", default_value = "unknown")]
    project: String,
    /// The workflow that the agent carries out
    #[arg(long, value_name = "W", default_value = "unknown")]
    workflow: String,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(args: &RunArgs, session: &Session) -> Result<ExitCode, Failure> {
    let Some((program, rest)) = args.command.split_first() else {
        return Err(Failure::usage("no command is given"));
    };
    // Signals that arrive from here on are kept for the command.
    let supervisor =
        Supervisor::prepare().map_err(|error| Failure::new("cannot catch signals").because(error))?;
    let mut problems = Problems::default();
    let recording = Recording::begin(args, session, &mut problems);
    let supervised = match supervisor.start(program, rest) {
        Ok(running) => running.wait(),
        Err(never_started) => never_started,
    };
    if let Some(message) = supervised.message(program) {
        tell(&message);
    }
    if let Some(recording) = recording {
        recording.end(&supervised, &mut problems);
    }
    problems.report();
    die_of_interrupt(&supervised);
    Ok(supervised.exit_code().into())
}

/// The recording of one run, from before the command starts until after it ended.
struct Recording<'a> {
    run: AgentRun,
    road: Road<'a>,
}

impl<'a> Recording<'a> {
    /// Records that the run begins, and makes it known before the command starts. Nothing is recorded where telemetry is turned off or
    /// its configuration is wrong.
    fn begin(args: &RunArgs, session: &'a Session, problems: &mut Problems) -> Option<Self> {
        let config = match session.load() {
            Ok(loaded) => {
                loaded.warnings.iter().for_each(|warning| problems.warn(warning));
                loaded.config
            }
            Err(failure) => {
                problems.fail(format!("{}; this run is not recorded", failure.line()));
                return None;
            }
        };
        if why_nothing_is_recorded(&config).is_some() {
            return None;
        }
        let recording = Self::new(args, session, &config).map_err(|failure| problems.fail(failure.line()));
        let mut recording = recording.ok()?;
        // Should the merge fail, the one after the command carries this too, or says why it cannot.
        let _merged_later = recording.road.carry_out(BOUND_BEFORE, problems);
        recording.run.restart_clock();
        Some(recording)
    }

    fn new(args: &RunArgs, session: &'a Session, config: &Config) -> Result<Self, Failure> {
        let ledger = Ledger::new(config)?;
        let registry = Registry::new(config);
        let agent = Agent { llm_provider: &args.provider, project: &args.project, workflow: &args.workflow };
        let run = AgentRun::begin_in(&registry, agent);
        Ok(Self { run, road: Road::new(session.global(), config.carrier, ledger, registry) })
    }

    /// Records how the run ended.
    fn end(mut self, supervised: &Supervised, problems: &mut Problems) {
        let run = self.run;
        match (supervised.was_killed(), &supervised.ended) {
            (Some(signal), _) => run.killed(kill_reason(signal)),
            (None, Ended::Exited(0)) => run.ok(),
            (None, _) => run.error(),
        }
        if let Err(error) = self.road.carry_out(BOUND_AFTER, problems) {
            problems.fail(format!("{}; this run is not recorded", Failure::from(error).line()));
        }
    }
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

/// Interrupt and quit come from a person at the terminal; of any other signal nothing more is known.
const fn kill_reason(signal: i32) -> KillReason {
    match signal {
        SIGINT | SIGQUIT => KillReason::User,
        _ => KillReason::Signal,
    }
}
