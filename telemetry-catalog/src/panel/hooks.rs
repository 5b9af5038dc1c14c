//! What is shown of hooks, mentors and workflows.

use super::view::{Topic, View};
use telemetry_core::catalog::{
    HOOK_DURATION, HOOK_EXECUTIONS, HOOK_RETRIES, MENTOR_EXECUTIONS, WORKFLOW_DURATION, WORKFLOW_EXECUTIONS,
    ZOMBIE_DETECTIONS,
};

pub(super) static TOPICS: [Topic; 4] = [
    Topic {
        title: "Hooks",
        together: &[],
        views: &[
            View::of(HOOK_EXECUTIONS.def()).by(&["hook_type"]),
            View::of(HOOK_EXECUTIONS.def()).by(&["status"]),
            View::of(HOOK_RETRIES.def()),
        ],
    },
    Topic { title: "Duration of hooks", together: &[], views: &[View::of(HOOK_DURATION.def())] },
    Topic {
        title: "Workflows, mentors and processes",
        together: &[],
        views: &[
            View::of(WORKFLOW_EXECUTIONS.def()).by(&["workflow"]),
            View::of(WORKFLOW_EXECUTIONS.def()).by(&["status"]),
            View::of(MENTOR_EXECUTIONS.def()),
            View::of(ZOMBIE_DETECTIONS.def()),
        ],
    },
    Topic { title: "Duration of workflows", together: &[], views: &[View::of(WORKFLOW_DURATION.def())] },
];
