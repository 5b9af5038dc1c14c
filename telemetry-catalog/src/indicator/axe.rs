//! The axe: errors, durations and restarts, and whether it still goes round.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge, histogram};
use telemetry_core::catalog::{
    AGENT_ACTIVE, AXE, AXE_CYCLE_DURATION, AXE_CYCLES, AXE_ERRORS, AXE_LUMBERJACK_RESTARTS,
    AXE_LUMBERJACKS_ACTIVE, HOOK_DURATION,
};

pub(super) static INDICATORS: [Indicator; 5] = [
    Indicator {
        alert: "AxeCycleErrors",
        subsystem: &AXE,
        title: "Cycle errors",
        measure: Measure::Count(counter(&AXE_ERRORS)),
        over: Window::minutes(5),
        by: &[],
        unit: Unit::Count,
        limits: Limits::Both(1.0, 5.0),
        beyond: Beyond::AtLeast,
        hold: Window::ZERO,
        summary: "The axe runs into errors",
        description: "The number of errors that the axe ran into in the last {window} is {value}; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Cycles of the axe run into errors. Each error may have left work of that cycle undone.",
            causes: &[
                "Something that every cycle needs is missing or broken: space on the disk, a permission, a file, a repository.",
                "A service that the axe calls does not answer.",
                "A new version of the axe has a defect.",
            ],
            look_at: &[
                ask(
                    "Find out which errors they are, and on which host.",
                    Query::counted(counter(&AXE_ERRORS), &["instance", "error_type"]),
                ),
                ask(
                    "Find out whether cycles still run.",
                    Query::increase(counter(&AXE_CYCLES), &["instance", "cycle_type"]),
                ),
                act(
                    "Run `telemetry snapshot -S exposition -s axe` on that host, which shows the totals since the axe began.",
                ),
                act("Read the log of the axe at the times of the errors."),
            ],
        },
    },
    Indicator {
        alert: "AxeLumberjackRestarts",
        subsystem: &AXE,
        title: "Lumberjack restarts",
        measure: Measure::Count(counter(&AXE_LUMBERJACK_RESTARTS)),
        over: Window::minutes(5),
        by: &[],
        unit: Unit::Count,
        limits: Limits::Both(1.0, 3.0),
        beyond: Beyond::AtLeast,
        hold: Window::ZERO,
        summary: "Lumberjacks are restarted",
        description: "The number of lumberjack restarts in the last {window} is {value}; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Workers of the axe ended although nobody ended them, and were started again. What they were doing is to be done again.",
            causes: &[
                "A lumberjack crashes over one piece of work, and crashes again each time that it takes it up.",
                "The host has too little memory, and the kernel kills lumberjacks.",
                "Lumberjacks hang, and the axe replaces them.",
            ],
            look_at: &[
                ask("Find the host.", Query::counted(counter(&AXE_LUMBERJACK_RESTARTS), &["instance"])),
                ask(
                    "Find out how many lumberjacks are active there now.",
                    Query::total(gauge(&AXE_LUMBERJACKS_ACTIVE), &["instance"]),
                ),
                ask(
                    "Find out whether the axe ran into errors at the same time.",
                    Query::counted(counter(&AXE_ERRORS), &["instance", "error_type"]),
                ),
                act(
                    "On that host, `journalctl -k --grep='Out of memory'` tells whether the kernel killed processes. If it did not, the log of the axe says how the lumberjacks ended.",
                ),
            ],
        },
    },
    Indicator {
        alert: "AxeCyclesSlow",
        subsystem: &AXE,
        title: "95th percentile of cycle duration",
        measure: Measure::P95(histogram(&AXE_CYCLE_DURATION)),
        over: Window::minutes(5),
        by: &[],
        unit: Unit::Seconds,
        limits: Limits::Both(60.0, 300.0),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Axe cycles take long",
        description: "One in twenty axe cycles that ended in the last {window} took {value} or longer; the limit is {limit}.",
        runbook: Runbook {
            meaning: "The slowest twentieth of the cycles takes so long that work waits for the axe.",
            causes: &[
                "There is more to do in each cycle than usual.",
                "A cycle waits for something slow: a hook, a repository, a disk, a language model.",
                "The host is overloaded.",
            ],
            look_at: &[
                ask(
                    "Find the kind of cycle that takes long, and its host.",
                    Query::p95(histogram(&AXE_CYCLE_DURATION), &["instance", "cycle_type"]),
                ),
                ask(
                    "Find out whether hooks take long.",
                    Query::p95(histogram(&HOOK_DURATION), &["hook_type"]),
                ),
                ask(
                    "Find out how many agents are active on each host.",
                    Query::total(gauge(&AGENT_ACTIVE), &["instance"]),
                ),
                act("Look at the load of that host, such as with `top` and `iostat`."),
            ],
        },
    },
    Indicator {
        alert: "AxeStalled",
        subsystem: &AXE,
        title: "Axe up while no cycle ran",
        measure: Measure::Idle(counter(&AXE_CYCLES)),
        over: Window::minutes(10),
        by: &["job", "instance"],
        unit: Unit::State,
        limits: Limits::Critical(0.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "The axe at {instance} is up, and no cycle runs",
        description: "The axe at {instance} was up for the last {window} and finished no cycle (state {value}).",
        runbook: Runbook {
            meaning: "The daemon answers scrapes, and has not finished a cycle for the whole window: it hangs, or it waits for something that does not come. An exposition of `telemetry serve` is not meant.",
            causes: &[
                "A cycle waits without a time limit for something that does not answer, such as a repository or a lock.",
                "The daemon has a deadlock, or its scheduler has ended while its server goes on.",
                "The program at this address records with this library and is no axe, but is scraped under the job of the axe.",
            ],
            look_at: &[
                ask(
                    "Find out whether any other axe still finishes cycles. If none does, look for what they share.",
                    Query::increase(counter(&AXE_CYCLES), &["job", "instance", "cycle_type"]),
                ),
                act(
                    "Ask the program who it is, with `curl http://INSTANCE/info` and the label `instance` of the alert in place of INSTANCE. If it is no axe, scrape it under a job of its own.",
                ),
                act(
                    "Find out where it hangs before anything is restarted, such as with `gdb -p PID -batch -ex 'thread apply all bt'`.",
                ),
                act(
                    "Restart the axe, and see that cycles are counted again with `telemetry snapshot -S exposition -s axe`.",
                ),
            ],
        },
    },
    Indicator {
        alert: "AxeLumberjacksGone",
        subsystem: &AXE,
        title: "Lumberjacks gone while cycles run",
        measure: Measure::Gone { gauge: gauge(&AXE_LUMBERJACKS_ACTIVE), progress: counter(&AXE_CYCLES) },
        over: Window::minutes(5),
        by: &["job", "instance"],
        unit: Unit::State,
        limits: Limits::Critical(0.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "No lumberjack of {instance} is active, though cycles run",
        description: "{instance} had lumberjacks within a day, now it has none, and its cycles ran in the last {window} (state {value}).",
        runbook: Runbook {
            meaning: "An axe goes round, and none of its workers is alive to do what the cycles hand out. The alert is silent where there was no lumberjack within a day.",
            causes: &[
                "All lumberjacks ended, and the axe cannot start new ones.",
                "Somebody set their number to 0 or stopped them on purpose.",
            ],
            look_at: &[
                ask(
                    "Find out where lumberjacks are active.",
                    Query::total(gauge(&AXE_LUMBERJACKS_ACTIVE), &["instance"]),
                ),
                ask(
                    "Find out whether the axe tried to start them again.",
                    Query::counted(counter(&AXE_LUMBERJACK_RESTARTS), &["instance"]),
                ),
                ask(
                    "Find out which errors the axe ran into.",
                    Query::counted(counter(&AXE_ERRORS), &["instance", "error_type"]),
                ),
                act("Read the log of the axe for why it starts none. If nothing is wrong there, restart it."),
            ],
        },
    },
];
