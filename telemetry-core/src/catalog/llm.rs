//! Calls of language models: outcome, duration, retries and tokens.

use super::{RetryOutcome, RunStatus, buckets};
use crate::catalog;

catalog! {
    /// The providers of language models, as the agents see them.
    pub LLM = "LLM Provider", "llm";

    /// Total LLM invocations
    counter LLM_INVOCATIONS = "sase_llm_invocations_total", LlmInvocations<'a> { provider: &'a str, status: RunStatus };
    /// Invocation duration
    histogram(buckets::INVOCATION) LLM_INVOCATION_DURATION = "sase_llm_invocation_duration_seconds",
        LlmInvocationDuration<'a> { provider: &'a str };
    /// LLM errors
    counter LLM_ERRORS = "sase_llm_errors_total", LlmErrors<'a> { provider: &'a str, error_type: &'a str };
    /// LLM retries
    counter LLM_RETRIES = "sase_llm_retries_total", LlmRetries<'a> { provider: &'a str };
    /// Cross-process retries
    counter LLM_RETRY_SPAWNS = "sase_llm_retry_spawns_total", LlmRetrySpawns { outcome: RetryOutcome };
    /// Input tokens consumed
    counter LLM_INPUT_TOKENS = "sase_llm_input_tokens_total", LlmInputTokens<'a> { provider: &'a str };
    /// Output tokens generated
    counter LLM_OUTPUT_TOKENS = "sase_llm_output_tokens_total", LlmOutputTokens<'a> { provider: &'a str };
    /// Cache-read tokens
    counter LLM_CACHE_READ_TOKENS = "sase_llm_cache_read_tokens_total", LlmCacheReadTokens<'a> { provider: &'a str };
}
