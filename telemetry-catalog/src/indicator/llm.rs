//! Providers of language models: errors, retries, durations and tokens.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge, histogram};
use telemetry_core::catalog::{
    AGENT_ACTIVE, AGENT_SPAWNS, LLM, LLM_ERRORS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS, LLM_OUTPUT_TOKENS,
    LLM_RETRIES, LLM_RETRY_SPAWNS,
};

pub(super) static INDICATORS: [Indicator; 5] = [
    Indicator {
        alert: "LlmErrors",
        subsystem: &LLM,
        title: "Errors per invocation",
        measure: Measure::Share { part: counter(&LLM_ERRORS), whole: counter(&LLM_INVOCATIONS) },
        over: Window::minutes(5),
        by: &["provider"],
        unit: Unit::Share,
        limits: Limits::ErrorRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Calls to {provider} run into errors",
        description: "Errors came to {value} of the calls to {provider} in the last {window}; the limit is {limit}.",
        runbook: Runbook {
            meaning: "A provider answers too many calls with errors. A call that is tried again can run into several errors, so that there can be more errors than calls.",
            causes: &[
                "The provider has an outage or is overloaded.",
                "A quota is used up, or a credential has expired.",
                "Requests have become invalid or too long, after a change of the model or of a prompt.",
                "The network between the hosts and the provider is disturbed.",
            ],
            look_at: &[
                ask(
                    "Find out which errors they are.",
                    Query::increase(counter(&LLM_ERRORS), &["provider", "error_type"]),
                ),
                ask(
                    "Find out whether one host has them, or all. If it is one, look at its network and its credentials.",
                    Query::increase(counter(&LLM_ERRORS), &["instance", "provider"]),
                ),
                act("Read the status page of the provider, and what its console says of quota and limits."),
                act("Until it is over, start fewer runs or let them use another provider."),
            ],
        },
    },
    Indicator {
        alert: "LlmRetries",
        subsystem: &LLM,
        title: "Retries per invocation",
        measure: Measure::Share { part: counter(&LLM_RETRIES), whole: counter(&LLM_INVOCATIONS) },
        over: Window::minutes(5),
        by: &["provider"],
        unit: Unit::Share,
        limits: Limits::RetryRate,
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Calls to {provider} are tried again",
        description: "Retries came to {value} of the calls to {provider} in the last {window}; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Too many calls to a provider have to be tried again. Retries hide errors from the agents, and they cost time and money.",
            causes: &[
                "The provider limits the rate of calls, and the fleet calls too often.",
                "The provider is overloaded, or calls to it run into time limits.",
                "The network between the hosts and the provider is disturbed.",
            ],
            look_at: &[
                ask(
                    "Find out which errors make calls be tried again.",
                    Query::increase(counter(&LLM_ERRORS), &["provider", "error_type"]),
                ),
                ask(
                    "Find out which hosts try again.",
                    Query::increase(counter(&LLM_RETRIES), &["instance", "provider"]),
                ),
                ask(
                    "Find out how many agents share the provider's rate limit.",
                    Query::total(gauge(&AGENT_ACTIVE), &["llm_provider", "instance"]),
                ),
                act(
                    "If it is a rate limit, start fewer agents at a time or ask the provider for a higher limit.",
                ),
            ],
        },
    },
    Indicator {
        alert: "LlmSlow",
        subsystem: &LLM,
        title: "95th percentile of invocation duration",
        measure: Measure::P95(histogram(&LLM_INVOCATION_DURATION)),
        over: Window::minutes(5),
        by: &["provider"],
        unit: Unit::Seconds,
        limits: Limits::Both(60.0, 120.0),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Calls to {provider} take long",
        description: "One in twenty calls to {provider} in the last {window} took {value} or longer; the limit is {limit}.",
        runbook: Runbook {
            meaning: "The slowest twentieth of the calls to a provider takes longer than agents should have to wait.",
            causes: &[
                "The provider is overloaded; `LlmErrors` or `LlmRetries` often follows.",
                "The answers have become longer, or another model is used that takes its time.",
                "A proxy or the network on the way is slow.",
            ],
            look_at: &[
                ask(
                    "Find out whether one host waits long, or all.",
                    Query::p95(histogram(&LLM_INVOCATION_DURATION), &["provider", "instance"]),
                ),
                ask(
                    "Find out how many calls there are.",
                    Query::increase(counter(&LLM_INVOCATIONS), &["provider"]),
                ),
                ask(
                    "Divide the tokens that were written by these calls. If it is more for each call than usual, the answers have become longer.",
                    Query::increase(counter(&LLM_OUTPUT_TOKENS), &["provider"]),
                ),
                act(
                    "Read the status page of the provider. If the model is known to take that long, silence the alert for this provider.",
                ),
            ],
        },
    },
    Indicator {
        alert: "LlmRetrySpawnsFailing",
        subsystem: &LLM,
        title: "Cross-process retries that failed",
        measure: Measure::Count(counter(&LLM_RETRY_SPAWNS).failing()),
        over: Window::minutes(15),
        by: &[],
        unit: Unit::Count,
        limits: Limits::Warning(1.0),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "Retries in another process fail",
        description: "The number of retries in another process that failed in the last {window} is {value}.",
        runbook: Runbook {
            meaning: "Work was handed to another process to be tried again, and it did not succeed there either. It is lost unless somebody starts it again.",
            causes: &[
                "What made the first process fail lasts longer than the retry waited; `LlmErrors` then fires too.",
                "The other process could not be started at all, because a program, a permission or memory is missing.",
            ],
            look_at: &[
                ask(
                    "Find the host on which retries fail.",
                    Query::counted(counter(&LLM_RETRY_SPAWNS).failing(), &["instance"]),
                ),
                ask(
                    "Find out which errors the calls run into there.",
                    Query::counted(counter(&LLM_ERRORS), &["instance", "provider", "error_type"]),
                ),
                act("When the cause is mended, start the work that was lost again."),
            ],
        },
    },
    Indicator {
        alert: "LlmOutputTokensSurge",
        subsystem: &LLM,
        title: "Output tokens against the same hour of the last 7 days",
        measure: Measure::Surge {
            of: counter(&LLM_OUTPUT_TOKENS),
            days: 7,
            known_days: 3.0,
            at_least: 10_000.0,
        },
        over: Window::hours(1),
        by: &[],
        unit: Unit::Times,
        limits: Limits::Warning(3.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "Far more output tokens than usual",
        description: "Within the last {window} models wrote {value} times as many tokens as they did on average at the same time on the last 7 days; the limit is {limit}.",
        runbook: Runbook {
            meaning: "Models write far more than they usually do at this time of the day, which costs accordingly. The alert is silent while fewer than 3 of the last 7 days are known, and while there are fewer than 10,000 tokens within the window.",
            causes: &[
                "Somebody began a large batch of runs.",
                "An agent goes round in a loop and starts the same work over and over.",
                "A change of the model or of a prompt makes the answers longer.",
                "The last days were unusually quiet, as around a holiday.",
            ],
            look_at: &[
                ask(
                    "Find the provider and the host where the tokens are written.",
                    Query::increase(counter(&LLM_OUTPUT_TOKENS), &["provider", "instance"]),
                ),
                ask(
                    "Find the project that starts so many agents.",
                    Query::increase(counter(&AGENT_SPAWNS), &["project", "instance"]),
                ),
                ask(
                    "Find out whether there are more calls, or longer answers.",
                    Query::increase(counter(&LLM_INVOCATIONS), &["provider", "instance"]),
                ),
                act(
                    "If an agent loops, end its run with `kill PID`. If the batch was meant, silence the alert until it is done.",
                ),
            ],
        },
    },
];
