//! Version control and workspaces: what fails, and what is never given back.

use super::{Beyond, HOLD, Indicator, Limits, Measure, Runbook, Unit};
use crate::promql::{Window, counter, gauge};
use telemetry_core::catalog::{
    VCS, VCS_OPERATIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_ACTIVE, WORKSPACE_RELEASES,
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
            causes: &[],
            look_at: &[],
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
        description: "{value} workspaces of {project} that were acquired in the last {window} were neither released nor are they still held; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Workspaces were acquired, their holder is gone, and nobody released them. It is what was acquired less what was released less the change of what is held.",
            causes: &[],
            look_at: &[],
        },
    },
];
