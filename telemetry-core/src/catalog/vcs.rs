//! Version control and the workspaces that agents work in.

use super::{VcsOperation, VcsStatus};
use crate::catalog;

catalog! {
    /// Version control and workspaces.
    pub VCS = "VCS / Workspace", "vcs";

    /// VCS commits
    counter VCS_COMMITS = "sase_vcs_commits_total", VcsCommits<'a> { provider: &'a str, r#type: &'a str };
    /// VCS operations
    counter VCS_OPERATIONS = "sase_vcs_operations_total",
        VcsOperations<'a> { provider: &'a str, operation: VcsOperation, status: VcsStatus };
    /// Workspace acquisitions
    counter WORKSPACE_ACQUISITIONS = "sase_workspace_acquisitions_total", WorkspaceAcquisitions<'a> { project: &'a str };
    /// Workspace releases
    counter WORKSPACE_RELEASES = "sase_workspace_releases_total", WorkspaceReleases<'a> { project: &'a str };
    /// Active workspaces
    gauge(Live) WORKSPACE_ACTIVE = "sase_workspace_active", WorkspaceActive<'a> { project: &'a str };
}
