//! A bead that goes from one status to another.

use super::{Abandoned, Begun, Scope};
use crate::catalog::{
    BEAD_ACTIVE, BEAD_OPERATIONS, BEAD_STATUS_TRANSITIONS, BeadActive, BeadOperation, BeadOperations,
    BeadStatusTransitions,
};
use crate::handle::BoundCounter;
use crate::registry::Registry;

/// What a bead goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeadChange<'a> {
    /// The operation that moves it: `create`, `update`, `close` or `delete` as a rule.
    pub operation: BeadOperation,
    /// The project that it belongs to.
    pub project: &'a str,
    /// The status that it leaves.
    pub from_status: &'a str,
    /// The status that it takes.
    pub to_status: &'a str,
}

/// A bead, a tracked work item, on its way from one status to another.
///
/// Records `sase_bead_operations_total` and `sase_bead_status_transitions_total` when it is done, and `sase_bead_active` of both
/// statuses where the caller knows how many beads there are. Dropped without being done, the bead stayed where it was and nothing
/// is counted.
#[derive(Debug)]
#[must_use = "dropped, the transition did not happen"]
pub struct BeadTransition(Begun<Moving>);

#[derive(Debug)]
struct Moving {
    scope: Scope,
    project: Box<str>,
    from_status: Box<str>,
    to_status: Box<str>,
    operations: BoundCounter,
    transitions: BoundCounter,
}

impl BeadTransition {
    /// The transition begins.
    pub fn begin(change: BeadChange<'_>) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Moving::begin(scope, change))))
    }

    /// The transition begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, change: BeadChange<'_>) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Moving::begin(scope, change))))
    }

    /// The bead has its new status.
    pub fn done(self) {
        if let Some(moving) = self.0.end() {
            moving.end();
        }
    }

    /// The bead has its new status, and so many beads of the project are now in the old and in the new one.
    ///
    /// `sase_bead_active` is a state that outlives processes, so it is set to counts of the caller's tracker; a process cannot know
    /// it by adding and subtracting what it saw itself.
    pub fn done_leaving(self, in_from_status: u64, in_to_status: u64) {
        if let Some(moving) = self.0.end() {
            moving.set_active(&moving.from_status, in_from_status);
            moving.set_active(&moving.to_status, in_to_status);
            moving.end();
        }
    }
}

impl Moving {
    fn begin(
        scope: Scope,
        BeadChange { operation, project, from_status, to_status }: BeadChange<'_>,
    ) -> Self {
        Self {
            operations: scope.series(&BEAD_OPERATIONS, BeadOperations { operation }),
            transitions: scope
                .series(&BEAD_STATUS_TRANSITIONS, BeadStatusTransitions { from_status, to_status }),
            project: project.into(),
            from_status: from_status.into(),
            to_status: to_status.into(),
            scope,
        }
    }

    fn set_active(&self, status: &str, beads: u64) {
        self.scope.series(&BEAD_ACTIVE, BeadActive { project: &self.project, status }).set(beads);
    }

    fn end(self) {
        self.operations.inc();
        self.transitions.inc();
    }
}

impl Abandoned for Moving {
    fn abandoned(self) {}
}
