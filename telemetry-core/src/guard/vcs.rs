//! One operation on a version control system: its status, and the commit that it made.

use super::{Abandoned, Begun, Scope};
use crate::catalog::{VCS_COMMITS, VCS_OPERATIONS, VcsCommits, VcsOperation, VcsOperations, VcsStatus};
use crate::registry::Registry;

/// One operation on a version control system.
///
/// Records `sase_vcs_operations_total` by status at its end, and `sase_vcs_commits_total` where it made a commit. Dropped without an
/// outcome it counts as `error`.
#[derive(Debug)]
#[must_use = "dropped at once, the operation counts as an error"]
pub struct VcsAction(Begun<Acting>);

#[derive(Debug)]
struct Acting {
    scope: Scope,
    provider: Box<str>,
    operation: VcsOperation,
}

impl VcsAction {
    /// The operation of this provider, such as `git`, begins.
    pub fn begin(provider: &str, operation: VcsOperation) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Acting::begin(scope, provider, operation))))
    }

    /// The operation begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, provider: &str, operation: VcsOperation) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Acting::begin(scope, provider, operation))))
    }

    /// The operation ended with this status.
    pub fn end(self, status: VcsStatus) {
        if let Some(acting) = self.0.end() {
            acting.end(status);
        }
    }

    /// The operation did what it was asked.
    pub fn ok(self) {
        self.end(VcsStatus::Ok);
    }

    /// The operation made a commit of this type, such as `fix`.
    pub fn committed(self, r#type: &str) {
        if let Some(acting) = self.0.end() {
            acting.scope.series(&VCS_COMMITS, VcsCommits { provider: &acting.provider, r#type }).inc();
            acting.end(VcsStatus::Ok);
        }
    }

    /// The operation failed.
    pub fn error(self) {
        self.end(VcsStatus::Error);
    }

    /// The operation met a conflict.
    pub fn conflict(self) {
        self.end(VcsStatus::Conflict);
    }
}

impl Acting {
    fn begin(scope: Scope, provider: &str, operation: VcsOperation) -> Self {
        for status in VcsStatus::ALL {
            scope.touch(&VCS_OPERATIONS, VcsOperations { provider, operation, status: *status });
        }
        Self { provider: provider.into(), operation, scope }
    }

    fn end(self, status: VcsStatus) {
        let labels = VcsOperations { provider: &self.provider, operation: self.operation, status };
        self.scope.series(&VCS_OPERATIONS, labels).inc();
    }
}

impl Abandoned for Acting {
    fn abandoned(self) {
        self.end(VcsStatus::Error);
    }
}
