//! Agents: how their runs end, how long they take, and whether they get anywhere.

use super::{Beyond, HOLD, Indicator, Limits, Measure, Runbook, Unit};
use crate::promql::{Window, counter, gauge, histogram};
use telemetry_core::catalog::{AGENT, AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS};

pub(super) static INDICATORS: [Indicator; 4] = [
    Indicator {
        alert: "AgentRunsFailing",
        subsystem: &AGENT,
        title: "Share of runs that failed",
        measure: Measure::Share { part: counter(&AGENT_RUNS).failing(), whole: counter(&AGENT_RUNS) },
        over: Window::minutes(30),
        by: &[],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Agent runs fail",
        description: "{value} of the agent runs that ended in the last {window} failed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Of all agent runs that ended in the window, too many ended with an error. Runs that were killed count as runs and not as failures.",
            causes: &[],
            look_at: &[],
        },
    },
    Indicator {
        alert: "AgentRunsSlow",
        subsystem: &AGENT,
        title: "95th percentile of run duration",
        measure: Measure::P95(histogram(&AGENT_RUN_DURATION)),
        over: Window::minutes(30),
        by: &[],
        unit: Unit::Seconds,
        limits: Limits::P95Latency,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Agent runs take long",
        description: "One in twenty agent runs that ended in the last {window} took {value} or longer; the limit is {limit}.",
        runbook: Runbook {
            meaning: "The slowest twentieth of the runs takes longer than it should. The figure is interpolated inside a bucket of the histogram.",
            causes: &[],
            look_at: &[],
        },
    },
    Indicator {
        alert: "AgentRunsKilled",
        subsystem: &AGENT,
        title: "Share of runs that were killed",
        measure: Measure::Share {
            part: counter(&AGENT_RUNS).only("status", &["killed"]),
            whole: counter(&AGENT_RUNS),
        },
        over: Window::minutes(30),
        by: &[],
        unit: Unit::Share,
        limits: Limits::Both(0.10, 0.25),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Agent runs are killed",
        description: "{value} of the agent runs that ended in the last {window} were killed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Of all agent runs that ended in the window, too many were ended from outside: by a person, a time limit, a shutdown or the kernel.",
            causes: &[],
            look_at: &[],
        },
    },
    Indicator {
        alert: "AgentsStalled",
        subsystem: &AGENT,
        title: "Agents active while no run finished",
        measure: Measure::Stalled { active: gauge(&AGENT_ACTIVE), progress: counter(&AGENT_RUNS) },
        over: Window::hours(1),
        by: &[],
        unit: Unit::Count,
        limits: Limits::Warning(0.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "Agents are active, and no run finishes",
        description: "{value} agents have been active for the last {window}, and no run finished.",
        runbook: Runbook {
            meaning: "Agents have been active for the whole window, and in all that time not one run ended, well or badly.",
            causes: &[],
            look_at: &[],
        },
    },
];
