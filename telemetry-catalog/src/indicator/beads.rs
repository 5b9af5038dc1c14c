//! Beads: whether the tracked work moves.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge};
use telemetry_core::catalog::{AGENT_RUNS, BEAD_ACTIVE, BEAD_OPERATIONS, BEAD_STATUS_TRANSITIONS, BEADS};

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
    description: "Throughout the last {window}, {value} or more beads were active, and none changed its status.",
    runbook: Runbook {
        meaning: "There is tracked work, and for the whole window none of it has moved.",
        causes: &[
            "No agents run, so that nobody works on it.",
            "All of it waits for people, as over a weekend.",
            "Whatever moves the beads does not record it, or what it records does not arrive; `PushGroupStale` may then fire too.",
        ],
        look_at: &[
            ask(
                "Find the projects whose beads are active.",
                Query::total(gauge(&BEAD_ACTIVE), &["instance", "project", "status"]),
            ),
            ask(
                "Find out whether agents ran at all.",
                Query::increase(counter(&AGENT_RUNS), &["instance", "status"]),
            ),
            ask(
                "Find out what else was done to beads.",
                Query::increase(counter(&BEAD_OPERATIONS), &["instance", "operation"]),
            ),
            act(
                "Run `telemetry snapshot -S ledger -s beads` on the host that works on them. If it shows changes that Prometheus does not have, bring them there with `telemetry push`.",
            ),
        ],
    },
}];
