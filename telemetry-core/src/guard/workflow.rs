//! One execution of a workflow: status and duration.

use super::clock::{Clock, told_durations};
use super::{Abandoned, Begun, Scope};
use crate::catalog::{
    RunStatus, WORKFLOW_DURATION, WORKFLOW_EXECUTIONS, WorkflowDuration, WorkflowExecutions,
};
use crate::handle::BoundHistogram;
use crate::registry::Registry;

/// One execution of a workflow.
///
/// Records `sase_workflow_executions_total` by status and `sase_workflow_duration_seconds` at its end. Dropped without an outcome it
/// counts as `error`.
#[derive(Debug)]
#[must_use = "dropped at once, the workflow counts as an error"]
pub struct WorkflowExecution(Begun<Running>);

told_durations!(WorkflowExecution);

#[derive(Debug)]
struct Running {
    scope: Scope,
    clock: Clock,
    workflow: Box<str>,
    duration: BoundHistogram,
}

impl WorkflowExecution {
    /// The workflow begins.
    pub fn begin(workflow: &str) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Running::begin(scope, workflow))))
    }

    /// The workflow begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, workflow: &str) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Running::begin(scope, workflow))))
    }

    /// The workflow ended with this status.
    pub fn end(self, status: RunStatus) {
        if let Some(running) = self.0.end() {
            running.end(status);
        }
    }

    /// The workflow did what it was asked.
    pub fn ok(self) {
        self.end(RunStatus::Ok);
    }

    /// The workflow failed.
    pub fn error(self) {
        self.end(RunStatus::Error);
    }

    /// The workflow was killed.
    pub fn killed(self) {
        self.end(RunStatus::Killed);
    }
}

impl Running {
    fn begin(scope: Scope, workflow: &str) -> Self {
        for status in RunStatus::ALL {
            scope.touch(&WORKFLOW_EXECUTIONS, WorkflowExecutions { workflow, status: *status });
        }
        let duration = scope.series(&WORKFLOW_DURATION, WorkflowDuration { workflow });
        Self { duration, workflow: workflow.into(), clock: Clock::start(), scope }
    }

    fn end(self, status: RunStatus) {
        self.clock.observe(&self.duration);
        self.scope
            .series(&WORKFLOW_EXECUTIONS, WorkflowExecutions { workflow: &self.workflow, status })
            .inc();
    }
}

impl Abandoned for Running {
    fn abandoned(self) {
        self.end(RunStatus::Error);
    }
}
