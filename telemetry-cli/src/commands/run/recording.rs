//! What is recorded of a command: of each attempt its run, and of all but the first that it was one more.

use super::RunArgs;
use super::report::{Follower, Way};
use crate::failure::Failure;
use crate::road::{BOUND_AFTER, Problems, Road};
use crate::session::{Session, why_nothing_is_recorded};
use crate::supervise::{Ended, Supervised};
use signal_hook::consts::{SIGINT, SIGQUIT};
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::catalog::{KillReason, LLM_RETRY_SPAWNS, LlmRetrySpawns, RetryOutcome};
use telemetry_core::config::Config;
use telemetry_core::guard::{Agent, AgentRun};
use telemetry_push::Ledger;

/// How long the command may be kept waiting for the merge and the push before it.
const BOUND_BEFORE: Duration = Duration::from_secs(1);

/// The recording of a command.
pub(super) struct Recording<'a> {
    agent: Agent<'a>,
    registry: Registry,
    road: Road<'a>,
    /// The attempt that is under way.
    run: Option<AgentRun>,
    /// How many attempts have begun.
    begun: u32,
    /// What the command reports itself.
    pub(super) report: Option<Follower>,
}

impl<'a> Recording<'a> {
    /// Begins to record. Nothing is where telemetry is turned off or its configuration is wrong.
    pub(super) fn open(args: &'a RunArgs, session: &'a Session, problems: &mut Problems) -> Option<Self> {
        let config = match session.load() {
            Ok(loaded) => {
                loaded.warnings.iter().for_each(|warning| problems.warn(warning));
                loaded.config
            }
            Err(failure) => {
                problems.fail(not_recorded(&failure));
                return None;
            }
        };
        if why_nothing_is_recorded(&config).is_some() {
            return None;
        }
        Self::new(args, session, &config).map_err(|failure| problems.fail(not_recorded(&failure))).ok()
    }

    fn new(args: &'a RunArgs, session: &'a Session, config: &Config) -> Result<Self, Failure> {
        let ledger = Ledger::new(config)?;
        let registry = Registry::new(config);
        if args.retries > 0 {
            touch_retry_spawns(&registry);
        }
        let agent = Agent { llm_provider: &args.provider, project: &args.project, workflow: &args.workflow };
        let road = Road::new(session.global(), config.carrier, ledger, registry.clone());
        Ok(Self { agent, registry, road, run: None, begun: 0, report: None })
    }

    /// Records that an attempt begins, and makes it known before the command starts.
    pub(super) fn begin(&mut self, problems: &mut Problems) {
        let mut run = AgentRun::begin_in(&self.registry, self.agent);
        self.begun += 1;
        // Should the merge fail, the one after the command carries this too, or says why it cannot.
        let _merged_later = self.road.carry_out(BOUND_BEFORE, problems);
        let folder = &self.road.ledger().place().folder;
        self.report.iter_mut().for_each(|report| report.begin(folder));
        run.restart_clock();
        self.run = Some(run);
    }

    /// Waits for the command, and records meanwhile what it reports.
    pub(super) fn follow<T>(&mut self, problems: &mut Problems, command: impl FnOnce() -> T) -> T {
        let Self { registry, road, report, .. } = self;
        match report {
            Some(report) => report.follow(&mut Way { registry, road, problems }, command),
            None => command(),
        }
    }

    /// Records how the attempt ended.
    pub(super) fn end(&mut self, supervised: &Supervised, problems: &mut Problems) {
        if let Some(run) = self.run.take() {
            end(run, supervised);
        }
        if self.begun > 1 {
            let outcome = retry_outcome(supervised);
            LLM_RETRY_SPAWNS.in_registry(&self.registry).with(|| LlmRetrySpawns { outcome }).inc();
        }
        if let Err(error) = self.road.carry_out(BOUND_AFTER, problems) {
            problems.fail(not_recorded(&Failure::from(error)));
        }
    }
}

/// Why nothing is known of this run, which has gone on all the same.
fn not_recorded(failure: &Failure) -> String {
    format!("{}; this run is not recorded", failure.line())
}

/// A counter that is born at 1 is invisible to `increase()`.
fn touch_retry_spawns(registry: &Registry) {
    for outcome in RetryOutcome::ALL {
        LLM_RETRY_SPAWNS.in_registry(registry).touch(|| LlmRetrySpawns { outcome: *outcome });
    }
}

fn end(run: AgentRun, supervised: &Supervised) {
    match (supervised.was_killed(), &supervised.ended) {
        (Some(_), _) if supervised.ran_out_of_time() => run.killed(KillReason::Timeout),
        (Some(signal), _) => run.killed(kill_reason(signal)),
        (None, Ended::Exited(0)) => run.ok(),
        (None, _) => run.error(),
    }
}

/// Interrupt and quit come from a person at the terminal; of any other signal nothing more is known.
const fn kill_reason(signal: i32) -> KillReason {
    match signal {
        SIGINT | SIGQUIT => KillReason::User,
        _ => KillReason::Signal,
    }
}

/// A retry that somebody killed is neither a success nor a failure of its own; one that took too long failed.
fn retry_outcome(supervised: &Supervised) -> RetryOutcome {
    match (supervised.was_killed(), &supervised.ended) {
        (Some(_), _) if !supervised.ran_out_of_time() => RetryOutcome::Other,
        (None, Ended::Exited(0)) => RetryOutcome::Ok,
        _ => RetryOutcome::Error,
    }
}
