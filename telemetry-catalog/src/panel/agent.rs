//! What is shown of agents.

use super::view::{Topic, View};
use telemetry_core::catalog::{AGENT_ACTIVE, AGENT_KILLS, AGENT_RUN_DURATION, AGENT_RUNS, AGENT_SPAWNS};

pub(super) static TOPICS: [Topic; 3] = [
    Topic {
        title: "Agents now",
        together: &[],
        views: &[
            View::of(AGENT_ACTIVE.def()).by(&["project"]),
            View::of(AGENT_ACTIVE.def()).by(&["llm_provider"]),
            View::of(AGENT_SPAWNS.def()),
        ],
    },
    Topic {
        title: "Runs",
        together: &[],
        views: &[
            View::of(AGENT_RUNS.def()).by(&["status"]),
            View::of(AGENT_RUNS.def()).by(&["workflow"]),
            View::of(AGENT_RUNS.def()).by(&["llm_provider"]),
            View::of(AGENT_KILLS.def()),
        ],
    },
    Topic { title: "Duration of runs", together: &[], views: &[View::of(AGENT_RUN_DURATION.def())] },
];
