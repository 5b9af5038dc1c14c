//! A call of a language model, and a retry of one in another process.

use super::known::Known;
use super::label::Label;
use super::number::{Count, Seconds, count};
use super::{Happened, Place, UNKNOWN};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::{LLM_RETRY_SPAWNS, LlmRetrySpawns, RetryOutcome, RunStatus};
use telemetry_core::guard::LlmInvocation;

/// A call of a language model: how it ended, how long it took, its tokens and retries
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record llm --provider claude --status ok --input-tokens 900 --output-tokens 210
  telemetry record llm --provider claude --status error --error-type rate_limit --retries 2")]
pub(crate) struct LlmEvent {
    /// The provider, such as claude
    #[arg(long, value_name = "P")]
    provider: Label,
    /// How it ended
    #[arg(long)]
    status: Known<RunStatus>,
    /// How long it took, if that is known
    #[arg(long)]
    seconds: Option<Seconds>,
    /// Tokens that were sent
    #[arg(long, value_name = "N")]
    input_tokens: Option<Count>,
    /// Tokens that were generated
    #[arg(long, value_name = "N")]
    output_tokens: Option<Count>,
    /// Tokens that were read from the provider's cache
    #[arg(long, value_name = "N")]
    cache_read_tokens: Option<Count>,
    /// Further attempts after the first
    #[arg(long, value_name = "N")]
    retries: Option<Count>,
    /// The type of the error, such as rate_limit, where it failed [default: unknown]
    #[arg(long, value_name = "TYPE")]
    error_type: Option<Label>,
}

impl Happened for LlmEvent {
    fn check(&self) -> Result<(), String> {
        match self {
            Self { status: Known(RunStatus::Error), .. } | Self { error_type: None, .. } => Ok(()),
            _ => Err("an error type is for a call with the status error".to_owned()),
        }
    }

    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let mut call = LlmInvocation::begin_in(place.registry, &self.provider);
        call.input_tokens(count(self.input_tokens));
        call.output_tokens(count(self.output_tokens));
        call.cache_read_tokens(count(self.cache_read_tokens));
        call.retries(count(self.retries));
        match self.seconds {
            Some(Seconds(lasted)) => call.lasted(lasted),
            None => call.lasted_unknown(),
        }
        match self.status.0 {
            RunStatus::Ok => call.ok(),
            RunStatus::Error => call.error(self.error_type.as_deref().unwrap_or(UNKNOWN)),
            RunStatus::Killed => call.killed(),
            RunStatus::Other => call.other(),
        }
        Ok(())
    }
}

/// A retry in another process, when it has ended
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record retry-spawn --outcome ok")]
pub(crate) struct RetrySpawnEvent {
    /// How it ended
    #[arg(long)]
    outcome: Known<RetryOutcome>,
}

impl Happened for RetrySpawnEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let spawns = LLM_RETRY_SPAWNS.in_registry(place.registry);
        for outcome in RetryOutcome::ALL {
            spawns.touch(|| LlmRetrySpawns { outcome: *outcome });
        }
        spawns.with(|| LlmRetrySpawns { outcome: self.outcome.0 }).inc();
        Ok(())
    }
}
