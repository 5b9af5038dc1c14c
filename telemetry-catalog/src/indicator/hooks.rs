//! Hooks, mentors and workflows: what fails, what is tried again and what is left behind.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, histogram};
use telemetry_core::catalog::{
    AGENT_RUNS, HOOK_DURATION, HOOK_EXECUTIONS, HOOK_RETRIES, HOOKS, LLM_ERRORS, MENTOR_EXECUTIONS,
    WORKFLOW_DURATION, WORKFLOW_EXECUTIONS, ZOMBIE_DETECTIONS,
};

pub(super) static INDICATORS: [Indicator; 5] = [
    Indicator {
        alert: "HookRetries",
        subsystem: &HOOKS,
        title: "Hook retries per execution",
        measure: Measure::Share { part: counter(&HOOK_RETRIES), whole: counter(&HOOK_EXECUTIONS) },
        over: Window::minutes(5),
        by: &["hook_type"],
        unit: Unit::Share,
        limits: Limits::RetryRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Hooks of the type {hook_type} are tried again",
        description: "Retries came to {value} of the hooks of the type {hook_type} in the last {window}; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Hooks of one type have to be tried again too often, which costs time and hides that they fail.",
            causes: &[
                "The hook needs something that is not always there, such as a service, a network or a lock.",
                "The hook takes longer than its time limit.",
                "Hooks that run at the same time disturb each other.",
            ],
            look_at: &[
                ask(
                    "Find the host on which hooks are tried again.",
                    Query::increase(counter(&HOOK_RETRIES), &["hook_type", "instance"]),
                ),
                ask(
                    "Find out how the hooks end.",
                    Query::increase(counter(&HOOK_EXECUTIONS), &["hook_type", "status"]),
                ),
                ask(
                    "Compare how long they take with their time limit.",
                    Query::p95(histogram(&HOOK_DURATION), &["hook_type"]),
                ),
                act("Run the hook by hand on that host, several times, and then several of them at once."),
            ],
        },
    },
    Indicator {
        alert: "HooksFailing",
        subsystem: &HOOKS,
        title: "Share of hooks that failed",
        measure: Measure::Share {
            part: counter(&HOOK_EXECUTIONS).failing(),
            whole: counter(&HOOK_EXECUTIONS),
        },
        over: Window::minutes(5),
        by: &["hook_type"],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Hooks of the type {hook_type} fail",
        description: "{value} of the hooks of the type {hook_type} in the last {window} failed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Hooks of one type fail too often. A hook that was killed counts as a hook, and not as a failure.",
            causes: &[
                "The hook checks what agents produce, and what they produce is wrong.",
                "The hook itself is broken, by a change to it or to a program that it needs.",
                "One host lacks what the hook needs.",
            ],
            look_at: &[
                ask(
                    "Find out how hooks of this type end.",
                    Query::increase(counter(&HOOK_EXECUTIONS), &["hook_type", "status"]),
                ),
                ask(
                    "Find out whether they fail on one host only.",
                    Query::increase(counter(&HOOK_EXECUTIONS).failing(), &["hook_type", "instance"]),
                ),
                act(
                    "Run the hook by hand on that host, once in a workspace where it failed and once in a clean one. If it fails in both, it is the hook that is broken.",
                ),
            ],
        },
    },
    Indicator {
        alert: "WorkflowsFailing",
        subsystem: &HOOKS,
        title: "Share of workflows that failed",
        measure: Measure::Share {
            part: counter(&WORKFLOW_EXECUTIONS).failing(),
            whole: counter(&WORKFLOW_EXECUTIONS),
        },
        over: Window::minutes(30),
        by: &["workflow"],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "The workflow {workflow} fails",
        description: "{value} of the executions of the workflow {workflow} in the last {window} failed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "A workflow ends with an error too often. An execution that was killed counts as an execution, and not as a failure.",
            causes: &[
                "Agents that the workflow starts fail; `AgentRunsFailing` then fires too.",
                "A hook or an operation of version control that belongs to the workflow fails; `HooksFailing` or `VcsOperationsFailing` then fires too.",
                "The definition of the workflow was changed.",
            ],
            look_at: &[
                ask(
                    "Find the host on which it fails.",
                    Query::increase(counter(&WORKFLOW_EXECUTIONS).failing(), &["workflow", "instance"]),
                ),
                ask(
                    "Find out whether agents of the same workflow fail.",
                    Query::increase(counter(&AGENT_RUNS).failing(), &["workflow", "llm_provider"]),
                ),
                ask(
                    "Find out how long it takes: a workflow that fails after a moment stumbles over its beginning.",
                    Query::p95(histogram(&WORKFLOW_DURATION), &["workflow"]),
                ),
                act(
                    "Run the workflow by hand on a host where it fails, and compare its definition with the last one that worked.",
                ),
            ],
        },
    },
    Indicator {
        alert: "MentorsFailing",
        subsystem: &HOOKS,
        title: "Share of mentor executions that failed",
        measure: Measure::Share {
            part: counter(&MENTOR_EXECUTIONS).failing(),
            whole: counter(&MENTOR_EXECUTIONS),
        },
        over: Window::minutes(30),
        by: &[],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Mentors fail",
        description: "{value} of the mentor executions in the last {window} failed; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Mentors, the agents that review the work of others, end with an error too often, so that work goes on without a review.",
            causes: &[
                "The provider of their language model refuses calls; `LlmErrors` then fires too.",
                "What they are to review is larger than their model takes.",
                "Their prompt or their configuration was changed.",
            ],
            look_at: &[
                ask(
                    "Find the host on which they fail.",
                    Query::increase(counter(&MENTOR_EXECUTIONS).failing(), &["instance"]),
                ),
                ask(
                    "Find out whether calls of a language model run into errors there.",
                    Query::increase(counter(&LLM_ERRORS), &["instance", "provider", "error_type"]),
                ),
                act("Run one mentor by hand on a change over which it failed."),
            ],
        },
    },
    Indicator {
        alert: "ZombieProcesses",
        subsystem: &HOOKS,
        title: "Zombie processes detected",
        measure: Measure::Count(counter(&ZOMBIE_DETECTIONS)),
        over: Window::minutes(5),
        by: &[],
        unit: Unit::Count,
        limits: Limits::Warning(1.0),
        beyond: Beyond::AtLeast,
        hold: Window::ZERO,
        summary: "Zombie processes were detected",
        description: "The number of zombie processes that were detected in the last {window} is {value}.",
        runbook: Runbook {
            meaning: "Processes have ended and nobody waited for them. Each of them keeps a process id until its parent waits for it or ends.",
            causes: &[
                "A program starts processes and never waits for them.",
                "The parent hangs.",
                "In a container the first process is a program that does not wait for what it inherits.",
            ],
            look_at: &[
                ask("Find the host.", Query::counted(counter(&ZOMBIE_DETECTIONS), &["instance"])),
                act(
                    "On that host, `ps -e -o pid,ppid,stat,etime,comm` lists the processes; the state of a zombie begins with Z, and the column PPID names the parent that does not wait.",
                ),
                act(
                    "Restart the parent: its zombies go with it. In a container, start it under an init, such as with `docker run --init`.",
                ),
            ],
        },
    },
];
