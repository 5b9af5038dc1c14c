//! An execution of a hook, and what a hook may find.

use super::known::Known;
use super::label::Label;
use super::number::{Count, Seconds, count};
use super::{Happened, Place};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::{HookStatus, ZOMBIE_DETECTIONS};
use telemetry_core::guard::HookExecution;

/// An execution of a hook: how it ended, how long it took and its retries
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record hook --type pre-commit --status passed --seconds 1.5
  telemetry record hook --type lint --status failed --retries 2")]
pub(crate) struct HookEvent {
    /// At which point it ran, such as pre-commit
    #[arg(long, value_name = "TYPE")]
    r#type: Label,
    /// How it ended
    #[arg(long)]
    status: Known<HookStatus>,
    /// How long it took, if that is known
    #[arg(long)]
    seconds: Option<Seconds>,
    /// Further attempts after the first
    #[arg(long, value_name = "N")]
    retries: Option<Count>,
}

impl Happened for HookEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let mut hook = HookExecution::begin_in(place.registry, &self.r#type);
        hook.retries(count(self.retries));
        match self.seconds {
            Some(Seconds(lasted)) => hook.lasted(lasted),
            None => hook.lasted_unknown(),
        }
        match self.status.0 {
            HookStatus::Passed => hook.passed(),
            HookStatus::Failed => hook.failed(),
            HookStatus::Killed => hook.killed(),
            HookStatus::Other => hook.other(),
        }
        Ok(())
    }
}

/// A zombie process that was found
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record zombie")]
pub(crate) struct ZombieEvent {}

impl Happened for ZombieEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        ZOMBIE_DETECTIONS.in_registry(place.registry).inc();
        Ok(())
    }
}
