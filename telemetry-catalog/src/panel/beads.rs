//! What is shown of beads.

use super::view::{Topic, View};
use telemetry_core::catalog::{BEAD_ACTIVE, BEAD_OPERATIONS, BEAD_STATUS_TRANSITIONS};

pub(super) static TOPICS: [Topic; 2] = [
    Topic { title: "Beads now", together: &[], views: &[View::of(BEAD_ACTIVE.def())] },
    Topic {
        title: "Work on beads",
        together: &[],
        views: &[
            View::of(BEAD_STATUS_TRANSITIONS.def()),
            View::of(BEAD_OPERATIONS.def()).called("bead operations"),
        ],
    },
];
