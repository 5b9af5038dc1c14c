//! One call of a language model: duration, status, tokens, retries and error type.

use super::clock::{Clock, told_durations};
use super::{Abandoned, Begun, DROPPED, Scope};
use crate::catalog::{
    LLM_CACHE_READ_TOKENS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES, LlmCacheReadTokens, LlmErrors, LlmInputTokens, LlmInvocationDuration,
    LlmInvocations, LlmOutputTokens, LlmRetries, RunStatus,
};
use crate::handle::{BoundCounter, BoundHistogram};
use crate::registry::Registry;

/// One invocation of a language model.
///
/// Tokens and retries are counted as they are told; `sase_llm_invocation_duration_seconds`, `sase_llm_invocations_total` by status
/// and, where it failed, `sase_llm_errors_total` by error type at its end. Dropped without an outcome it counts as an error of
/// the type [`DROPPED`].
///
/// ```
/// use telemetry_core::guard::LlmInvocation;
///
/// let call = LlmInvocation::begin("claude");
/// call.input_tokens(900);
/// call.output_tokens(210);
/// call.ok();
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, the invocation counts as an error"]
pub struct LlmInvocation(Begun<Calling>);

told_durations!(LlmInvocation);

#[derive(Debug)]
struct Calling {
    scope: Scope,
    clock: Clock,
    provider: Box<str>,
    duration: BoundHistogram,
    retries: BoundCounter,
    input: BoundCounter,
    output: BoundCounter,
    cache_read: BoundCounter,
}

impl LlmInvocation {
    /// The call begins.
    pub fn begin(provider: &str) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Calling::begin(scope, provider))))
    }

    /// The call begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, provider: &str) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Calling::begin(scope, provider))))
    }

    /// Counts tokens that were sent.
    pub fn input_tokens(&self, tokens: u64) {
        self.count(|calling| &calling.input, tokens);
    }

    /// Counts tokens that were generated.
    pub fn output_tokens(&self, tokens: u64) {
        self.count(|calling| &calling.output, tokens);
    }

    /// Counts tokens that were read from the provider's cache.
    pub fn cache_read_tokens(&self, tokens: u64) {
        self.count(|calling| &calling.cache_read, tokens);
    }

    /// Counts one more attempt.
    pub fn retry(&self) {
        self.retries(1);
    }

    /// Counts so many more attempts.
    pub fn retries(&self, retries: u64) {
        self.count(|calling| &calling.retries, retries);
    }

    /// The model answered.
    pub fn ok(self) {
        self.end(RunStatus::Ok);
    }

    /// The call failed, with an error of this type, such as `rate_limit` or `timeout`.
    pub fn error(self, error_type: &str) {
        if let Some(calling) = self.0.end() {
            calling.error(error_type);
        }
    }

    /// The call was cut off from this side.
    pub fn killed(self) {
        self.end(RunStatus::Killed);
    }

    /// The call ended in a way that is none of the others.
    pub fn other(self) {
        self.end(RunStatus::Other);
    }

    fn count(&self, counter: impl FnOnce(&Calling) -> &BoundCounter, amount: u64) {
        if let Some(calling) = self.0.get() {
            counter(calling).add(amount);
        }
    }

    fn end(self, status: RunStatus) {
        if let Some(calling) = self.0.end() {
            calling.end(status);
        }
    }
}

impl Calling {
    fn begin(scope: Scope, provider: &str) -> Self {
        for status in RunStatus::ALL {
            scope.touch(&LLM_INVOCATIONS, LlmInvocations { provider, status: *status });
        }
        scope.touch(&LLM_ERRORS, LlmErrors { provider, error_type: DROPPED });
        Self {
            duration: scope.series(&LLM_INVOCATION_DURATION, LlmInvocationDuration { provider }),
            retries: scope.series(&LLM_RETRIES, LlmRetries { provider }),
            input: scope.series(&LLM_INPUT_TOKENS, LlmInputTokens { provider }),
            output: scope.series(&LLM_OUTPUT_TOKENS, LlmOutputTokens { provider }),
            cache_read: scope.series(&LLM_CACHE_READ_TOKENS, LlmCacheReadTokens { provider }),
            provider: provider.into(),
            clock: Clock::start(),
            scope,
        }
    }

    fn error(self, error_type: &str) {
        self.scope.series(&LLM_ERRORS, LlmErrors { provider: &self.provider, error_type }).inc();
        self.end(RunStatus::Error);
    }

    fn end(self, status: RunStatus) {
        self.clock.observe(&self.duration);
        self.scope.series(&LLM_INVOCATIONS, LlmInvocations { provider: &self.provider, status }).inc();
    }
}

impl Abandoned for Calling {
    fn abandoned(self) {
        self.error(DROPPED);
    }
}
