//! What is shown of version control and workspaces.

use super::view::{Topic, View};
use telemetry_core::catalog::{
    VCS_COMMITS, VCS_OPERATIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_ACTIVE, WORKSPACE_RELEASES,
};

pub(super) static TOPICS: [Topic; 2] = [
    Topic {
        title: "Version control",
        together: &[],
        views: &[
            View::of(VCS_OPERATIONS.def()).by(&["operation"]),
            View::of(VCS_OPERATIONS.def()).by(&["provider", "status"]),
            View::of(VCS_COMMITS.def()),
        ],
    },
    Topic {
        title: "Workspaces",
        together: &[],
        views: &[
            View::of(WORKSPACE_ACTIVE.def()),
            View::of(WORKSPACE_ACQUISITIONS.def()),
            View::of(WORKSPACE_RELEASES.def()),
        ],
    },
];
