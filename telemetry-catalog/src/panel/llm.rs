//! What is shown of the providers of language models.

use super::view::{Topic, View};
use telemetry_core::catalog::{
    LLM_CACHE_READ_TOKENS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES, LLM_RETRY_SPAWNS,
};

pub(super) static TOPICS: [Topic; 4] = [
    Topic {
        title: "Calls",
        views: &[
            View::of(LLM_INVOCATIONS.def()).by(&["provider"]),
            View::of(LLM_INVOCATIONS.def()).by(&["status"]),
        ],
    },
    Topic {
        title: "Tokens",
        views: &[
            View::of(LLM_INPUT_TOKENS.def()).called("input tokens").per_second(),
            View::of(LLM_OUTPUT_TOKENS.def()).called("output tokens").per_second(),
            View::of(LLM_CACHE_READ_TOKENS.def()).per_second(),
        ],
    },
    Topic {
        title: "Errors and retries",
        views: &[View::of(LLM_ERRORS.def()), View::of(LLM_RETRIES.def()), View::of(LLM_RETRY_SPAWNS.def())],
    },
    Topic { title: "Duration of calls", views: &[View::of(LLM_INVOCATION_DURATION.def())] },
];
