//! Agent lifecycle: runs, their duration and outcome, and what is running now.

use super::{KillReason, RunStatus, buckets};
use crate::catalog;

catalog! {
    /// The life of the agents themselves.
    pub AGENT = "Agent Lifecycle", "agent";

    /// Total agent runs
    counter AGENT_RUNS = "sase_agent_runs_total",
        AgentRuns<'a> { llm_provider: &'a str, status: RunStatus, workflow: &'a str };
    /// Agent run duration
    histogram(buckets::RUN) AGENT_RUN_DURATION = "sase_agent_run_duration_seconds",
        AgentRunDuration<'a> { llm_provider: &'a str, workflow: &'a str };
    /// Currently active agents
    gauge(Live) AGENT_ACTIVE = "sase_agent_active", AgentActive<'a> { llm_provider: &'a str, project: &'a str };
    /// Total agent spawns
    counter AGENT_SPAWNS = "sase_agent_spawns_total", AgentSpawns<'a> { llm_provider: &'a str, project: &'a str };
    /// Total agent kills
    counter AGENT_KILLS = "sase_agent_kills_total", AgentKills { reason: KillReason };
}
