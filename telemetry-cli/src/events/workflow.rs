//! An execution of a workflow or of a mentor.

use super::known::Known;
use super::label::Label;
use super::number::Seconds;
use super::{Happened, Place};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::RunStatus;
use telemetry_core::guard::{MentorExecution, WorkflowExecution};

/// An execution of a workflow: how it ended and how long it took
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record workflow --workflow fix --status ok --seconds 340")]
pub(crate) struct WorkflowEvent {
    /// What it is called
    #[arg(long, value_name = "W")]
    workflow: Label,
    /// How it ended
    #[arg(long)]
    status: Known<RunStatus>,
    /// How long it took, if that is known
    #[arg(long)]
    seconds: Option<Seconds>,
}

impl Happened for WorkflowEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let mut execution = WorkflowExecution::begin_in(place.registry, &self.workflow);
        match self.seconds {
            Some(Seconds(lasted)) => execution.lasted(lasted),
            None => execution.lasted_unknown(),
        }
        execution.end(self.status.0);
        Ok(())
    }
}

/// An execution of a mentor, a reviewing agent: how it ended
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record mentor --status ok")]
pub(crate) struct MentorEvent {
    /// How it ended
    #[arg(long)]
    status: Known<RunStatus>,
}

impl Happened for MentorEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        MentorExecution::begin_in(place.registry).end(self.status.0);
        Ok(())
    }
}
