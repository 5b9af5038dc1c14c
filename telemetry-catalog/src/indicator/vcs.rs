//! Version control and workspaces: what fails, and what is never given back.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge};
use telemetry_core::catalog::{
    AGENT_KILLS, VCS, VCS_OPERATIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_ACTIVE, WORKSPACE_RELEASES,
};

pub(super) static INDICATORS: [Indicator; 2] = [
    Indicator {
        alert: "VcsOperationsFailing",
        subsystem: &VCS,
        title: "Share of VCS operations that failed",
        measure: Measure::Share { part: counter(&VCS_OPERATIONS).failing(), whole: counter(&VCS_OPERATIONS) },
        over: Window::minutes(15),
        by: &["provider"],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Operations of {provider} fail",
        description: "{value} of the operations of {provider} in the last {window} failed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Operations of a version control system fail too often. A conflict is no failure.",
            causes: &[
                "The server that holds the repositories does not answer, or limits the rate of requests.",
                "A credential has expired, or a permission was withdrawn.",
                "A repository is locked or damaged, as after a process that was killed.",
            ],
            look_at: &[
                ask(
                    "Find out which operations fail.",
                    Query::increase(counter(&VCS_OPERATIONS).failing(), &["provider", "operation"]),
                ),
                ask(
                    "Find the host on which they fail.",
                    Query::increase(counter(&VCS_OPERATIONS).failing(), &["provider", "instance"]),
                ),
                act(
                    "Try such an operation by hand, on that host and as the user of the agents. For git, `git ls-remote URL` tells whether the server can be reached and the credential is good.",
                ),
                act(
                    "If only operations on one clone fail, look for a lock that was left behind in it, such as `.git/index.lock`.",
                ),
            ],
        },
    },
    Indicator {
        alert: "WorkspaceReleasesFailing",
        subsystem: &VCS,
        title: "Workspace releases that failed",
        measure: Measure::Leak {
            acquired: counter(&WORKSPACE_ACQUISITIONS),
            released: counter(&WORKSPACE_RELEASES),
            held: gauge(&WORKSPACE_ACTIVE),
        },
        over: Window::hours(1),
        by: &["project"],
        unit: Unit::Count,
        limits: Limits::Both(5.0, 20.0),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Workspaces of {project} are not released",
        description: "Of the workspaces of {project} that were acquired in the last {window}, {value} were neither released nor are they still held; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Workspaces were acquired, their holder is gone, and nobody released them. The value is what was acquired, less what was released, less the change of what is held.",
            causes: &[
                "Agents are killed so that they cannot release what they hold, by `kill -9`, by the kernel or by a power cut.",
                "A program acquires workspaces and forgets to release them.",
                "One process acquires and another releases, without the id of the lease.",
            ],
            look_at: &[
                ask(
                    "Find out how many were acquired.",
                    Query::increase(counter(&WORKSPACE_ACQUISITIONS), &["project", "instance"]),
                ),
                ask(
                    "Compare it with how many were released.",
                    Query::increase(counter(&WORKSPACE_RELEASES), &["project", "instance"]),
                ),
                ask(
                    "Find out where any are held now.",
                    Query::total(gauge(&WORKSPACE_ACTIVE), &["project", "instance"]),
                ),
                ask(
                    "Find out whether agents were killed, and why.",
                    Query::increase(counter(&AGENT_KILLS), &["instance", "reason"]),
                ),
                act(
                    "On that host, remove the workspaces that nobody works in, so that its disk does not fill up.",
                ),
            ],
        },
    },
];
