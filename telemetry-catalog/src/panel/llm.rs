//! What is shown of the providers of language models.

use super::view::{Together, Topic, View};
use telemetry_core::catalog::{
    LLM_CACHE_READ_TOKENS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES, LLM_RETRY_SPAWNS,
};

/// Both ways that tokens go, each as one line.
pub(super) const TOKENS: Together = Together {
    id: "llm-tokens-rate",
    title: "LLM tokens per second",
    views: &[
        View::of(LLM_INPUT_TOKENS.def()).by(&[]).called("input tokens").per_second(),
        View::of(LLM_OUTPUT_TOKENS.def()).by(&[]).called("output tokens").per_second(),
    ],
};

pub(super) static TOPICS: [Topic; 4] = [
    Topic {
        title: "Calls",
        together: &[],
        views: &[
            View::of(LLM_INVOCATIONS.def()).by(&["provider"]),
            View::of(LLM_INVOCATIONS.def()).by(&["status"]),
        ],
    },
    Topic {
        title: "Tokens",
        together: &[TOKENS],
        views: &[
            View::of(LLM_INPUT_TOKENS.def()).called("input tokens").per_second(),
            View::of(LLM_OUTPUT_TOKENS.def()).called("output tokens").per_second(),
            View::of(LLM_CACHE_READ_TOKENS.def()).per_second(),
        ],
    },
    Topic {
        title: "Errors and retries",
        together: &[],
        views: &[View::of(LLM_ERRORS.def()), View::of(LLM_RETRIES.def()), View::of(LLM_RETRY_SPAWNS.def())],
    },
    Topic { title: "Duration of calls", together: &[], views: &[View::of(LLM_INVOCATION_DURATION.def())] },
];
