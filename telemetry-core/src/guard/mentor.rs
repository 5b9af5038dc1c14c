//! One execution of a mentor: its status.

use super::{Abandoned, Begun, Scope};
use crate::catalog::{MENTOR_EXECUTIONS, MentorExecutions, RunStatus};
use crate::registry::Registry;

/// One execution of a mentor, a reviewing agent.
///
/// Records `sase_mentor_executions_total` by status at its end. Dropped without an outcome it counts as `error`.
#[derive(Debug)]
#[must_use = "dropped at once, the mentor counts as an error"]
pub struct MentorExecution(Begun<Reviewing>);

#[derive(Debug)]
struct Reviewing(Scope);

impl MentorExecution {
    /// The mentor begins.
    pub fn begin() -> Self {
        Self(Begun::new(Scope::global().map(Reviewing::begin)))
    }

    /// The mentor begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry) -> Self {
        Self(Begun::new(Scope::own(registry).map(Reviewing::begin)))
    }

    /// The mentor ended with this status.
    pub fn end(self, status: RunStatus) {
        if let Some(reviewing) = self.0.end() {
            reviewing.end(status);
        }
    }

    /// The mentor did what it was asked.
    pub fn ok(self) {
        self.end(RunStatus::Ok);
    }

    /// The mentor failed.
    pub fn error(self) {
        self.end(RunStatus::Error);
    }

    /// The mentor was killed.
    pub fn killed(self) {
        self.end(RunStatus::Killed);
    }
}

impl Reviewing {
    fn begin(scope: Scope) -> Self {
        for status in RunStatus::ALL {
            scope.touch(&MENTOR_EXECUTIONS, MentorExecutions { status: *status });
        }
        Self(scope)
    }

    fn end(self, status: RunStatus) {
        self.0.series(&MENTOR_EXECUTIONS, MentorExecutions { status }).inc();
    }
}

impl Abandoned for Reviewing {
    fn abandoned(self) {
        self.end(RunStatus::Error);
    }
}
