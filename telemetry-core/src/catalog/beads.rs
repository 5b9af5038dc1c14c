//! Beads, the tracked work items.

use super::BeadOperation;
use crate::catalog;

catalog! {
    /// The tracked work items.
    pub BEADS = "Beads", "beads";

    /// Bead CRUD operations
    counter BEAD_OPERATIONS = "sase_bead_operations_total", BeadOperations { operation: BeadOperation };
    /// Bead status transitions
    counter BEAD_STATUS_TRANSITIONS = "sase_bead_status_transitions_total",
        BeadStatusTransitions<'a> { from_status: &'a str, to_status: &'a str };
    /// Active beads
    gauge(State) BEAD_ACTIVE = "sase_bead_active", BeadActive<'a> { project: &'a str, status: &'a str };
}
