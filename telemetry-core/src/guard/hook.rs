//! One execution of a hook: status, duration and retries.

use super::clock::{Clock, told_durations};
use super::{Abandoned, Begun, Scope};
use crate::catalog::{
    HOOK_DURATION, HOOK_EXECUTIONS, HOOK_RETRIES, HookDuration, HookExecutions, HookRetries, HookStatus,
};
use crate::handle::{BoundCounter, BoundHistogram};
use crate::registry::Registry;

/// One execution of a hook, a command that the system runs at a point of its lifecycle.
///
/// Records `sase_hook_executions_total` by status and `sase_hook_duration_seconds` at its end, `sase_hook_retries_total` as they
/// are told. Dropped without an outcome it counts as `failed`.
#[derive(Debug)]
#[must_use = "dropped at once, the hook counts as failed"]
pub struct HookExecution(Begun<Running>);

told_durations!(HookExecution);

#[derive(Debug)]
struct Running {
    scope: Scope,
    clock: Clock,
    hook_type: Box<str>,
    duration: BoundHistogram,
    retries: BoundCounter,
}

impl HookExecution {
    /// The hook begins.
    pub fn begin(hook_type: &str) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Running::begin(scope, hook_type))))
    }

    /// The hook begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, hook_type: &str) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Running::begin(scope, hook_type))))
    }

    /// Counts one more attempt.
    pub fn retry(&self) {
        self.retries(1);
    }

    /// Counts so many more attempts.
    pub fn retries(&self, retries: u64) {
        if let Some(running) = self.0.get() {
            running.retries.add(retries);
        }
    }

    /// The hook passed.
    pub fn passed(self) {
        self.end(HookStatus::Passed);
    }

    /// The hook failed.
    pub fn failed(self) {
        self.end(HookStatus::Failed);
    }

    /// The hook was killed.
    pub fn killed(self) {
        self.end(HookStatus::Killed);
    }

    /// The hook ended in a way that is none of the others.
    pub fn other(self) {
        self.end(HookStatus::Other);
    }

    fn end(self, status: HookStatus) {
        if let Some(running) = self.0.end() {
            running.end(status);
        }
    }
}

impl Running {
    fn begin(scope: Scope, hook_type: &str) -> Self {
        for status in HookStatus::ALL {
            scope.touch(&HOOK_EXECUTIONS, HookExecutions { hook_type, status: *status });
        }
        Self {
            duration: scope.series(&HOOK_DURATION, HookDuration { hook_type }),
            retries: scope.series(&HOOK_RETRIES, HookRetries { hook_type }),
            hook_type: hook_type.into(),
            clock: Clock::start(),
            scope,
        }
    }

    fn end(self, status: HookStatus) {
        self.clock.observe(&self.duration);
        self.scope.series(&HOOK_EXECUTIONS, HookExecutions { hook_type: &self.hook_type, status }).inc();
    }
}

impl Abandoned for Running {
    fn abandoned(self) {
        self.end(HookStatus::Failed);
    }
}
