//! What is shown of the axe.

use super::view::{Topic, View};
use telemetry_core::catalog::{
    AXE_CYCLE_DURATION, AXE_CYCLES, AXE_ERRORS, AXE_LUMBERJACK_RESTARTS, AXE_LUMBERJACKS_ACTIVE,
};

pub(super) static TOPICS: [Topic; 3] = [
    Topic {
        title: "Cycles",
        together: &[],
        views: &[View::of(AXE_CYCLES.def()), View::of(AXE_ERRORS.def())],
    },
    Topic {
        title: "Lumberjacks",
        together: &[],
        views: &[View::of(AXE_LUMBERJACKS_ACTIVE.def()), View::of(AXE_LUMBERJACK_RESTARTS.def())],
    },
    Topic {
        title: "Duration of cycles",
        together: &[],
        views: &[View::of(AXE_CYCLE_DURATION.def()).called("cycle duration")],
    },
];
