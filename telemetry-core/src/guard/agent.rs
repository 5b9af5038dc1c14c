//! An agent run: spawn, active, duration, status and kill reason.

use super::clock::{Clock, told_durations};
use super::{Abandoned, Begun, Scope};
use crate::catalog::{
    AGENT_ACTIVE, AGENT_KILLS, AGENT_RUN_DURATION, AGENT_RUNS, AGENT_SPAWNS, AgentActive, AgentKills,
    AgentRunDuration, AgentRuns, AgentSpawns, KillReason, RunStatus,
};
use crate::handle::{BoundGauge, BoundHistogram};
use crate::registry::Registry;

/// What an agent run is labelled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent<'a> {
    /// The provider of its language model, such as `claude`.
    pub llm_provider: &'a str,
    /// The project that it works on.
    pub project: &'a str,
    /// The workflow that it carries out.
    pub workflow: &'a str,
}

/// One run of an agent.
///
/// Records `sase_agent_spawns_total` and `sase_agent_active` when it begins; at its end `sase_agent_active` again,
/// `sase_agent_run_duration_seconds`, `sase_agent_runs_total` by status and, where it was killed, `sase_agent_kills_total` by
/// reason. Dropped without an outcome it counts as `error`.
///
/// ```
/// use telemetry_core::guard::{Agent, AgentRun};
///
/// let run = AgentRun::begin(Agent { llm_provider: "claude", project: "site", workflow: "fix" });
/// // … the agent works …
/// run.ok();
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, the run counts as an error"]
pub struct AgentRun(Begun<Running>);

told_durations!(AgentRun);

#[derive(Debug)]
struct Running {
    scope: Scope,
    clock: Clock,
    llm_provider: Box<str>,
    workflow: Box<str>,
    active: BoundGauge,
    duration: BoundHistogram,
}

impl AgentRun {
    /// The run begins.
    pub fn begin(agent: Agent<'_>) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Running::begin(scope, agent))))
    }

    /// The run begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, agent: Agent<'_>) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Running::begin(scope, agent))))
    }

    /// Lets the duration count from now on: for a wrapper that has work of its own between recording the run and starting it.
    pub fn restart_clock(&mut self) {
        self.0.change(|running| running.clock = Clock::start());
    }

    /// The agent did what it was asked.
    pub fn ok(self) {
        self.end(RunStatus::Ok);
    }

    /// The agent failed.
    pub fn error(self) {
        self.end(RunStatus::Error);
    }

    /// The agent was killed.
    pub fn killed(self, reason: KillReason) {
        if let Some(running) = self.0.end() {
            running.scope.series(&AGENT_KILLS, AgentKills { reason }).inc();
            running.end(RunStatus::Killed);
        }
    }

    /// The agent ended in a way that is neither of the others.
    pub fn other(self) {
        self.end(RunStatus::Other);
    }

    fn end(self, status: RunStatus) {
        if let Some(running) = self.0.end() {
            running.end(status);
        }
    }
}

impl Running {
    fn begin(scope: Scope, Agent { llm_provider, project, workflow }: Agent<'_>) -> Self {
        for status in RunStatus::ALL {
            scope.touch(&AGENT_RUNS, AgentRuns { llm_provider, status: *status, workflow });
        }
        for reason in KillReason::ALL {
            scope.touch(&AGENT_KILLS, AgentKills { reason: *reason });
        }
        scope.series(&AGENT_SPAWNS, AgentSpawns { llm_provider, project }).inc();
        let active = scope.series(&AGENT_ACTIVE, AgentActive { llm_provider, project });
        active.inc();
        Self {
            duration: scope.series(&AGENT_RUN_DURATION, AgentRunDuration { llm_provider, workflow }),
            active,
            llm_provider: llm_provider.into(),
            workflow: workflow.into(),
            clock: Clock::start(),
            scope,
        }
    }

    fn end(self, status: RunStatus) {
        self.active.dec();
        self.clock.observe(&self.duration);
        let labels = AgentRuns { llm_provider: &self.llm_provider, status, workflow: &self.workflow };
        self.scope.series(&AGENT_RUNS, labels).inc();
    }
}

impl Abandoned for Running {
    fn abandoned(self) {
        self.end(RunStatus::Error);
    }
}
