//! Agents: how their runs end, how long they take, and whether they get anywhere.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge, histogram};
use telemetry_core::catalog::{
    AGENT, AGENT_ACTIVE, AGENT_KILLS, AGENT_RUN_DURATION, AGENT_RUNS, LLM_ERRORS, LLM_INVOCATION_DURATION,
    LLM_INVOCATIONS,
};

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
            meaning: "Of all agent runs that ended within the window, too many ended with an error. A run that was killed counts as a run, and not as a failure.",
            causes: &[
                "The provider of the language model refuses calls or answers them with errors; `LlmErrors` then fires too.",
                "A change to a workflow, to a prompt or to a tool makes every run of one kind fail.",
                "One host lacks something that each run needs: space on the disk, a way to the network, a valid credential.",
            ],
            look_at: &[
                ask(
                    "Find the workflow and the provider to which the failed runs belong.",
                    Query::increase(counter(&AGENT_RUNS).failing(), &["llm_provider", "workflow"]),
                ),
                ask(
                    "Find out whether the failures come from one host.",
                    Query::increase(counter(&AGENT_RUNS).failing(), &["instance"]),
                ),
                ask(
                    "Find out whether the providers answer. If they do not, go on at `LlmErrors`.",
                    Query::increase(counter(&LLM_ERRORS), &["provider", "error_type"]),
                ),
                act(
                    "On a host where runs fail, start one of them by hand with `telemetry run --workflow NAME -- COMMAND`, and read what it prints: the output and the exit code are those of the command itself.",
                ),
            ],
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
            meaning: "The slowest twentieth of the agent runs takes longer than it should. The value is estimated inside a bucket of the histogram, so that it can be off by as much as the bucket is wide.",
            causes: &[
                "The provider answers slowly, or only after retries; `LlmSlow` or `LlmRetries` then fires too.",
                "One workflow was given more work, or waits for something such as a lock or a person.",
                "More agents are active on a host than it can carry.",
            ],
            look_at: &[
                ask(
                    "Find the workflow and the provider whose runs take long.",
                    Query::p95(histogram(&AGENT_RUN_DURATION), &["llm_provider", "workflow"]),
                ),
                ask(
                    "Find out whether calls of a language model take long.",
                    Query::p95(histogram(&LLM_INVOCATION_DURATION), &["provider"]),
                ),
                ask(
                    "Find out whether one host has many more active agents than others.",
                    Query::total(gauge(&AGENT_ACTIVE), &["instance", "project"]),
                ),
                act("If the work simply takes so long, raise the thresholds that are named above."),
            ],
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
            meaning: "Of all agent runs that ended within the window, too many were ended from outside: by a person, by a time limit, by a shutdown or by the kernel.",
            causes: &[
                "A time limit is shorter than the runs take.",
                "A host has too little memory for its agents, and the kernel kills them.",
                "A person or a script stops runs, or a host was shut down while agents worked.",
            ],
            look_at: &[
                ask(
                    "Find out why agents were killed, and on which host.",
                    Query::increase(counter(&AGENT_KILLS), &["instance", "reason"]),
                ),
                ask(
                    "Find the workflow whose runs are killed.",
                    Query::increase(
                        counter(&AGENT_RUNS).only("status", &["killed"]),
                        &["llm_provider", "workflow"],
                    ),
                ),
                ask(
                    "Compare how long runs take with the time limits that apply to them.",
                    Query::p95(histogram(&AGENT_RUN_DURATION), &["workflow"]),
                ),
                act(
                    "If memory ran out, `journalctl -k --grep='Out of memory'` on that host tells which processes the kernel chose. Give the host more memory, or fewer agents at a time.",
                ),
            ],
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
        description: "Throughout the last {window}, {value} or more agents were active, and no run finished.",
        runbook: Runbook {
            meaning: "Agents have been active for the whole window, and in all that time not one run ended, well or badly.",
            causes: &[
                "All active agents wait for the same thing, such as a provider that does not answer, a lock or a person.",
                "The runs that are under way take longer than the window.",
                "`telemetry run` itself was killed with `kill -9` and nothing has opened the ledger since, so that the agents that are shown as active are long gone.",
            ],
            look_at: &[
                ask(
                    "Find the hosts and the projects whose agents are active.",
                    Query::total(gauge(&AGENT_ACTIVE), &["instance", "project", "llm_provider"]),
                ),
                act(
                    "Run `telemetry push` on these hosts: it takes dead processes off the ledger and sends what is true now. If the alert then ends, nothing was stalled.",
                ),
                ask(
                    "Find out whether the agents still call their language models.",
                    Query::increase(counter(&LLM_INVOCATIONS), &["instance", "provider", "status"]),
                ),
                act(
                    "On the host, `pgrep -af 'telemetry run'` lists the runs that are under way. End those that hang with `kill PID`; they are then counted as killed.",
                ),
            ],
        },
    },
];
