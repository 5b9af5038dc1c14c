//! A workspace that is held: acquisition, release, and how many are held now.

use super::{Abandoned, Begun, Scope};
use crate::catalog::{
    WORKSPACE_ACQUISITIONS, WORKSPACE_ACTIVE, WORKSPACE_RELEASES, WorkspaceAcquisitions, WorkspaceActive,
    WorkspaceReleases,
};
use crate::handle::{BoundCounter, BoundGauge};
use crate::registry::Registry;

/// A workspace that this process holds.
///
/// Records `sase_workspace_acquisitions_total` and `sase_workspace_active` when it begins, `sase_workspace_releases_total` and
/// `sase_workspace_active` when it is released. Dropped, it is released.
#[derive(Debug)]
#[must_use = "the workspace is released when the lease is dropped"]
pub struct WorkspaceLease(Begun<Held>);

#[derive(Debug)]
struct Held {
    active: BoundGauge,
    releases: BoundCounter,
}

impl WorkspaceLease {
    /// A workspace of this project was acquired.
    pub fn acquire(project: &str) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Held::acquire(&scope, project))))
    }

    /// A workspace of this project was acquired, and is recorded in this registry.
    pub fn acquire_in(registry: &Registry, project: &str) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Held::acquire(&scope, project))))
    }

    /// The workspace was released.
    pub fn release(self) {
        drop(self);
    }

    /// The workspace could not be released: it is held no longer, and no release is counted. The indicator of failed releases
    /// is made of just this difference.
    pub fn release_failed(self) {
        if let Some(held) = self.0.end() {
            held.active.dec();
        }
    }
}

impl Held {
    fn acquire(scope: &Scope, project: &str) -> Self {
        scope.series(&WORKSPACE_ACQUISITIONS, WorkspaceAcquisitions { project }).inc();
        let active = scope.series(&WORKSPACE_ACTIVE, WorkspaceActive { project });
        active.inc();
        Self { active, releases: scope.series(&WORKSPACE_RELEASES, WorkspaceReleases { project }) }
    }
}

impl Abandoned for Held {
    fn abandoned(self) {
        self.active.dec();
        self.releases.inc();
    }
}
