//! One agent of the fleet: a short-lived program that counts what it does as any program would, with guards, and that reaches the gateway
//! only through the ledger and its push.
//!
//! What it does is made up, and so is how long that takes: it says so itself, in place of the clock, by the pace of the demo.

use super::course::in_the_fleet;
use super::plan::{End, Life, Step, VCS};
use crate::failure::{Failure, warn};
use crate::session::Session;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use telemetry_core::catalog::{KillReason, LLM_RETRY_SPAWNS, LlmRetrySpawns, RetryOutcome, VcsOperation};
use telemetry_core::guard::{
    Agent, AgentRun, BeadChange, BeadTransition, HookExecution, LlmInvocation, MentorExecution,
    NotificationSending, VcsAction, WorkflowExecution, WorkspaceLease,
};
use telemetry_push::{ExitGuard, PushOnExit};

/// The exit code of an agent that failed as it was planned; other failures have others.
pub(super) const FAILED: u8 = 10;

/// How often an agent carries out what it counted, so that a kill loses little and the page moves.
const PERIOD: Duration = Duration::from_millis(500);

/// How long the end of an agent may wait for its merge and its push: on a busy machine with a slow disk they take their time.
const BOUND: Duration = Duration::from_secs(20);

/// How long an agent waits until somebody kills it.
const NEVER: Duration = Duration::from_secs(3600);

pub(super) fn run(life: &Life, ready: &Path, session: &Session) -> Result<ExitCode, Failure> {
    let config = session.config()?;
    telemetry_core::init(&config);
    let guard =
        PushOnExit::new(&config).every(PERIOD).bound(BOUND).on_problem(|problem| warn(&problem.to_string()));
    let guard = guard.start()?;
    let went_well = work(life, &guard, ready);
    drop(guard);
    Ok(if went_well { ExitCode::SUCCESS } else { FAILED.into() })
}

/// Does what the plan says, and says whether it went well.
fn work(life: &Life, guard: &ExitGuard, ready: &Path) -> bool {
    let Life { provider: llm_provider, project, workflow, .. } = *life;
    let mut run = AgentRun::begin(Agent { llm_provider, project, workflow });
    let mut flow = WorkflowExecution::begin(workflow);
    let workspace = WorkspaceLease::acquire(project);
    if life.is_retry {
        touch_retries();
    }
    life.steps.iter().for_each(|(pause, step)| perform(life, *step, *pause));
    if life.end == End::Killed {
        wait_for_the_kill(guard, ready);
    }
    workspace.release();
    run.lasted(in_the_fleet(life.length()));
    flow.lasted(in_the_fleet(life.length()));
    let outcome = match life.end {
        End::Ok => (flow.ok(), run.ok(), RetryOutcome::Ok).2,
        End::Error => (flow.error(), run.error(), RetryOutcome::Error).2,
        End::TimedOut | End::Killed => {
            (flow.killed(), run.killed(KillReason::Timeout), RetryOutcome::Other).2
        }
    };
    if life.is_retry {
        LLM_RETRY_SPAWNS.with(|| LlmRetrySpawns { outcome }).inc();
    }
    life.end == End::Ok
}

/// What may be counted later is there from the start, or nobody would see its first count.
fn touch_retries() {
    for outcome in RetryOutcome::ALL {
        LLM_RETRY_SPAWNS.touch(|| LlmRetrySpawns { outcome: *outcome });
    }
}

/// Makes durable what was counted and asks for the kill, which the plan promises.
fn wait_for_the_kill(guard: &ExitGuard, ready: &Path) {
    while guard.is_active() && !guard.flush().durable {}
    if let Err(error) = File::create(ready) {
        warn(&format!("cannot ask for the kill: {error}"));
    }
    thread::sleep(NEVER);
}

fn perform(life: &Life, step: Step, pause: Duration) {
    match step {
        Step::Call { .. } => call(life.provider, step, pause),
        Step::Hook { kind, retries, passes } => {
            let mut hook = HookExecution::begin(kind);
            thread::sleep(pause);
            hook.lasted(in_the_fleet(pause));
            (0..retries).for_each(|_| hook.retry());
            if passes { hook.passed() } else { hook.failed() }
        }
        Step::Mentor(status) => {
            let mentor = MentorExecution::begin();
            thread::sleep(pause);
            mentor.end(status);
        }
        Step::Vcs(operation, status) => {
            let action = VcsAction::begin(VCS, operation);
            thread::sleep(pause);
            action.end(status);
        }
        Step::Commit(kind) => {
            let action = VcsAction::begin(VCS, VcsOperation::Commit);
            thread::sleep(pause);
            action.committed(kind);
        }
        Step::Bead { operation, from: from_status, to: to_status } => {
            thread::sleep(pause);
            BeadTransition::begin(BeadChange { operation, project: life.project, from_status, to_status })
                .done();
        }
        Step::Notify(kind, status) => {
            let sending = NotificationSending::begin(kind);
            thread::sleep(pause);
            sending.end(status);
        }
    }
}

fn call(provider: &str, step: Step, pause: Duration) {
    let Step::Call { input, output, cache_read, retries, error } = step else { return };
    let mut call = LlmInvocation::begin(provider);
    call.input_tokens(input);
    call.cache_read_tokens(cache_read);
    thread::sleep(pause);
    call.lasted(in_the_fleet(pause));
    (0..retries).for_each(|_| call.retry());
    call.output_tokens(output);
    match error {
        Some(error_type) => call.error(error_type),
        None => call.ok(),
    }
}
