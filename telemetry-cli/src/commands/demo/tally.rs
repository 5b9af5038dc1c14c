//! What was counted, series by series, to be compared with what the history says of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use telemetry_core::Schema;
use telemetry_core::catalog::{
    AGENT_KILLS, AGENT_RUN_DURATION, AGENT_RUNS, AGENT_SPAWNS, AgentKills, AgentRunDuration, AgentRuns,
    AgentSpawns, BEAD_OPERATIONS, BEAD_STATUS_TRANSITIONS, BeadOperations, BeadStatusTransitions,
    HOOK_DURATION, HOOK_EXECUTIONS, HOOK_RETRIES, HookDuration, HookExecutions, HookRetries, HookStatus,
    KillReason, LLM_CACHE_READ_TOKENS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION,
    LLM_INVOCATIONS, LLM_OUTPUT_TOKENS, LLM_RETRIES, LLM_RETRY_SPAWNS, LlmCacheReadTokens, LlmErrors,
    LlmInputTokens, LlmInvocationDuration, LlmInvocations, LlmOutputTokens, LlmRetries, LlmRetrySpawns,
    MENTOR_EXECUTIONS, MentorExecutions, NOTIFICATIONS_SENT, NotificationsSent, RetryOutcome, RunStatus,
    VCS_COMMITS, VCS_OPERATIONS, VcsCommits, VcsOperation, VcsOperations, VcsStatus, WORKFLOW_DURATION,
    WORKFLOW_EXECUTIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_RELEASES, WorkflowDuration, WorkflowExecutions,
    WorkspaceAcquisitions, WorkspaceReleases,
};
use telemetry_core::handle::Handle;
use telemetry_core::label::LabelSet as _;
use telemetry_core::metric::{Kind, MetricDef, Values};

use super::plan::{End, Life, Plan, Step, VCS};

/// A series that counts: its name and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Series {
    /// The name; of a histogram that of its count.
    pub(super) name: String,
    /// The labels of the metric; those of the target are not among them.
    pub(super) labels: BTreeMap<String, String>,
}

/// How often what was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    counts: BTreeMap<Series, u64>,
}

/// The name under which a metric counts: a histogram has a series for that.
pub(super) fn counting_name(def: &MetricDef) -> String {
    match def.kind {
        Kind::Histogram(_) => format!("{}_count", def.name),
        _ => def.name.to_owned(),
    }
}

impl Tally {
    /// Counts so many more.
    pub(super) fn add<C, S: Schema>(&mut self, metric: &Handle<C, S>, labels: S::Labels<'_>, count: u64) {
        let names = metric.def().labels.iter().map(|label| label.name.to_owned());
        let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        let labels = names.zip(labels.with_values(values)).collect();
        *self.counts.entry(Series { name: counting_name(metric.def()), labels }).or_default() += count;
    }

    /// Each series with its count.
    pub(super) fn series(&self) -> impl Iterator<Item = (&Series, u64)> {
        self.counts.iter().map(|(series, count)| (series, *count))
    }

    /// How many were counted by all series of a metric.
    pub(super) fn total(&self, def: &MetricDef) -> u64 {
        self.parts(def).values().sum()
    }

    /// The same for each value of the label that tells how something ended.
    pub(super) fn parts(&self, def: &MetricDef) -> BTreeMap<&str, u64> {
        let name = counting_name(def);
        let mut parts = BTreeMap::new();
        for (series, count) in self.series().filter(|(series, _)| series.name == name) {
            let part = def.labels.iter().rfind(|label| matches!(label.values, Values::Closed(_)));
            let value = part.and_then(|label| series.labels.get(label.name)).map_or("", String::as_str);
            *parts.entry(value).or_default() += count;
        }
        parts
    }

    /// As one line of JSON.
    pub(super) fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.counts.iter().collect::<Vec<_>>())
    }

    /// What such a line says.
    pub(super) fn of_line(line: &str) -> Result<Self, serde_json::Error> {
        let counts: Vec<(Series, u64)> = serde_json::from_str(line)?;
        Ok(Self { counts: counts.into_iter().collect() })
    }

    /// What the agents of a plan count, if nothing is lost and nothing is counted twice.
    pub(super) fn of_plan(plan: &Plan) -> Self {
        let mut tally = Self::default();
        plan.lives.iter().for_each(|life| tally.life(life));
        tally
    }

    fn life(&mut self, life: &Life) {
        let Life { provider: llm_provider, project, .. } = *life;
        self.add(&AGENT_SPAWNS, AgentSpawns { llm_provider, project }, 1);
        self.add(&WORKSPACE_ACQUISITIONS, WorkspaceAcquisitions { project }, 1);
        life.steps.iter().for_each(|(_, step)| self.step(life, *step));
        match life.end {
            End::Ok => self.ended(life, RunStatus::Ok, RetryOutcome::Ok),
            End::Error => self.ended(life, RunStatus::Error, RetryOutcome::Error),
            End::TimedOut => {
                self.add(&AGENT_KILLS, AgentKills { reason: KillReason::Timeout }, 1);
                self.ended(life, RunStatus::Killed, RetryOutcome::Other);
            }
            // It counts nothing more.
            End::Killed => {}
        }
    }

    fn ended(&mut self, life: &Life, status: RunStatus, outcome: RetryOutcome) {
        let Life { provider: llm_provider, project, workflow, .. } = *life;
        self.add(&AGENT_RUNS, AgentRuns { llm_provider, status, workflow }, 1);
        self.add(&AGENT_RUN_DURATION, AgentRunDuration { llm_provider, workflow }, 1);
        self.add(&WORKFLOW_EXECUTIONS, WorkflowExecutions { workflow, status }, 1);
        self.add(&WORKFLOW_DURATION, WorkflowDuration { workflow }, 1);
        self.add(&WORKSPACE_RELEASES, WorkspaceReleases { project }, 1);
        if life.is_retry {
            self.add(&LLM_RETRY_SPAWNS, LlmRetrySpawns { outcome }, 1);
        }
    }

    fn step(&mut self, life: &Life, step: Step) {
        match step {
            Step::Call { .. } => self.call(life.provider, step),
            Step::Hook { kind: hook_type, retries, passes } => {
                let status = if passes { HookStatus::Passed } else { HookStatus::Failed };
                self.add(&HOOK_EXECUTIONS, HookExecutions { hook_type, status }, 1);
                self.add(&HOOK_DURATION, HookDuration { hook_type }, 1);
                self.add(&HOOK_RETRIES, HookRetries { hook_type }, retries.into());
            }
            Step::Mentor(status) => self.add(&MENTOR_EXECUTIONS, MentorExecutions { status }, 1),
            Step::Vcs(operation, status) => {
                self.add(&VCS_OPERATIONS, VcsOperations { provider: VCS, operation, status }, 1);
            }
            Step::Commit(r#type) => {
                let (operation, status) = (VcsOperation::Commit, VcsStatus::Ok);
                self.add(&VCS_OPERATIONS, VcsOperations { provider: VCS, operation, status }, 1);
                self.add(&VCS_COMMITS, VcsCommits { provider: VCS, r#type }, 1);
            }
            Step::Bead { operation, from: from_status, to: to_status } => {
                self.add(&BEAD_OPERATIONS, BeadOperations { operation }, 1);
                self.add(&BEAD_STATUS_TRANSITIONS, BeadStatusTransitions { from_status, to_status }, 1);
            }
            Step::Notify(r#type, status) => {
                self.add(&NOTIFICATIONS_SENT, NotificationsSent { r#type, status }, 1);
            }
        }
    }

    fn call(&mut self, provider: &str, step: Step) {
        let Step::Call { input, output, cache_read, retries, error } = step else { return };
        let status = if error.is_some() { RunStatus::Error } else { RunStatus::Ok };
        self.add(&LLM_INVOCATIONS, LlmInvocations { provider, status }, 1);
        self.add(&LLM_INVOCATION_DURATION, LlmInvocationDuration { provider }, 1);
        self.add(&LLM_INPUT_TOKENS, LlmInputTokens { provider }, input);
        self.add(&LLM_OUTPUT_TOKENS, LlmOutputTokens { provider }, output);
        self.add(&LLM_CACHE_READ_TOKENS, LlmCacheReadTokens { provider }, cache_read);
        self.add(&LLM_RETRIES, LlmRetries { provider }, retries.into());
        if let Some(error_type) = error {
            self.add(&LLM_ERRORS, LlmErrors { provider, error_type }, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_counted_and_parts_are_those_of_the_outcome() {
        let mut tally = Tally::default();
        for (status, count) in [(VcsStatus::Ok, 2), (VcsStatus::Conflict, 1), (VcsStatus::Ok, 3)] {
            tally.add(
                &VCS_OPERATIONS,
                VcsOperations { provider: VCS, operation: VcsOperation::Merge, status },
                count,
            );
        }
        assert_eq!(Tally::of_line(&tally.line().unwrap()).unwrap(), tally);
        assert_eq!(tally.total(VCS_OPERATIONS.def()), 6);
        assert_eq!(tally.parts(VCS_OPERATIONS.def()), [("conflict", 1), ("ok", 5)].into());
    }
}
