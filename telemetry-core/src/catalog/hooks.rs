//! Hooks (commands that the system runs at points of its lifecycle), mentors (reviewing agents) and workflows.

use super::{HookStatus, RunStatus, buckets};
use crate::catalog;

catalog! {
    /// Hooks, mentors and workflows.
    pub HOOKS = "Hooks / Mentors / Workflows", "hooks";

    /// Hook executions
    counter HOOK_EXECUTIONS = "sase_hook_executions_total", HookExecutions<'a> { hook_type: &'a str, status: HookStatus };
    /// Hook duration
    histogram(buckets::STEP) HOOK_DURATION = "sase_hook_duration_seconds", HookDuration<'a> { hook_type: &'a str };
    /// Hook retries
    counter HOOK_RETRIES = "sase_hook_retries_total", HookRetries<'a> { hook_type: &'a str };
    /// Mentor executions
    counter MENTOR_EXECUTIONS = "sase_mentor_executions_total", MentorExecutions { status: RunStatus };
    /// Workflow executions
    counter WORKFLOW_EXECUTIONS = "sase_workflow_executions_total",
        WorkflowExecutions<'a> { workflow: &'a str, status: RunStatus };
    /// Workflow duration
    histogram(buckets::RUN) WORKFLOW_DURATION = "sase_workflow_duration_seconds", WorkflowDuration<'a> { workflow: &'a str };
    /// Zombie process detections
    counter ZOMBIE_DETECTIONS = "sase_zombie_detections_total", ZombieDetections;
}
