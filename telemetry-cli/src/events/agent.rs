//! A run of an agent.

use super::known::Known;
use super::label::Label;
use super::number::Seconds;
use super::{Happened, Place, UNKNOWN};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::{KillReason, RunStatus};
use telemetry_core::guard::{Agent, AgentRun};

/// A run of an agent: its spawn, how it ended and how long it took
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record agent --status ok --provider claude --project site --seconds 93.5
  telemetry record agent --status killed --kill-reason timeout")]
pub(crate) struct AgentEvent {
    /// How it ended
    #[arg(long)]
    status: Known<RunStatus>,
    /// Why it was killed, where it was [default: other]
    #[arg(long, value_name = "REASON")]
    kill_reason: Option<Known<KillReason>>,
    /// The provider of its language model [default: unknown]
    #[arg(long, value_name = "P")]
    provider: Option<Label>,
    /// The project that it worked on [default: unknown]
    #[arg(long, value_name = "X")]
    project: Option<Label>,
    /// The workflow that it carried out [default: unknown]
    #[arg(long, value_name = "W")]
    workflow: Option<Label>,
    /// How long it took, if that is known
    #[arg(long)]
    seconds: Option<Seconds>,
}

impl Happened for AgentEvent {
    fn check(&self) -> Result<(), String> {
        match self {
            Self { status: Known(RunStatus::Killed), .. } | Self { kill_reason: None, .. } => Ok(()),
            _ => Err("a kill reason is for a run with the status killed".to_owned()),
        }
    }

    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let [llm_provider, project, workflow] =
            [&self.provider, &self.project, &self.workflow].map(|label| label.as_deref().unwrap_or(UNKNOWN));
        let agent = Agent { llm_provider, project, workflow };
        let mut run = AgentRun::begin_in(place.registry, agent);
        match self.seconds {
            Some(Seconds(lasted)) => run.lasted(lasted),
            None => run.lasted_unknown(),
        }
        match self.status.0 {
            RunStatus::Ok => run.ok(),
            RunStatus::Error => run.error(),
            RunStatus::Killed => run.killed(self.kill_reason.map_or(KillReason::Other, |reason| reason.0)),
            RunStatus::Other => run.other(),
        }
        Ok(())
    }
}
