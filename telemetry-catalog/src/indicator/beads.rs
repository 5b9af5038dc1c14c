//! Beads: whether the tracked work moves.

use super::{Beyond, HOLD, Indicator, Limits, Measure, Runbook, Unit};
use crate::promql::{Window, counter, gauge};
use telemetry_core::catalog::{BEAD_ACTIVE, BEAD_STATUS_TRANSITIONS, BEADS};

pub(super) static INDICATORS: [Indicator; 1] = [Indicator {
    alert: "BeadsStalled",
    subsystem: &BEADS,
    title: "Beads active while none changed its status",
    measure: Measure::Stalled { active: gauge(&BEAD_ACTIVE), progress: counter(&BEAD_STATUS_TRANSITIONS) },
    over: Window::days(1),
    by: &[],
    unit: Unit::Count,
    limits: Limits::Warning(0.0),
    beyond: Beyond::Above,
    hold: HOLD,
    summary: "Beads are active, and none changes its status",
    description: "{value} beads have been active for the last {window}, and none changed its status.",
    runbook: Runbook {
        meaning: "There is tracked work, and nothing of it has moved for the whole window.",
        causes: &[],
        look_at: &[],
    },
}];
