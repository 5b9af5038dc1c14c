//! The axe, the long-lived orchestrator daemon, and its workers, the lumberjacks.

use super::{CycleType, buckets};
use crate::catalog;

catalog! {
    /// The orchestrator daemon and its workers.
    pub AXE = "Axe Orchestrator", "axe";

    /// Total axe cycles
    counter AXE_CYCLES = "sase_axe_cycles_total", AxeCycles { cycle_type: CycleType };
    /// Cycle duration
    histogram(buckets::STEP) AXE_CYCLE_DURATION = "sase_axe_cycle_duration_seconds",
        AxeCycleDuration { cycle_type: CycleType };
    /// Active lumberjacks
    gauge(Live) AXE_LUMBERJACKS_ACTIVE = "sase_axe_lumberjacks_active", AxeLumberjacksActive;
    /// Lumberjack restarts
    counter AXE_LUMBERJACK_RESTARTS = "sase_axe_lumberjack_restarts_total", AxeLumberjackRestarts;
    /// Axe errors
    counter AXE_ERRORS = "sase_axe_errors_total", AxeErrors<'a> { error_type: &'a str };
}
