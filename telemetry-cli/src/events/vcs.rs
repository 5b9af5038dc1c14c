//! An operation on a version control system.

use super::known::Known;
use super::label::Label;
use super::{Happened, Place};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::{VcsOperation, VcsStatus};
use telemetry_core::guard::VcsAction;

/// An operation on a version control system: how it ended, and the commit that it made
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record vcs --provider git --operation push --status ok
  telemetry record vcs --provider git --operation commit --status ok --commit-type fix")]
pub(crate) struct VcsEvent {
    /// The system, such as git
    #[arg(long, value_name = "P")]
    provider: Label,
    /// What it was asked to do
    #[arg(long)]
    operation: Known<VcsOperation>,
    /// How that ended
    #[arg(long)]
    status: Known<VcsStatus>,
    /// The type of the commit that it made, such as fix
    #[arg(long, value_name = "TYPE")]
    commit_type: Option<Label>,
}

impl Happened for VcsEvent {
    fn check(&self) -> Result<(), String> {
        match self {
            Self { status: Known(VcsStatus::Ok), .. } | Self { commit_type: None, .. } => Ok(()),
            _ => Err("a commit type is for an operation with the status ok".to_owned()),
        }
    }

    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let action = VcsAction::begin_in(place.registry, &self.provider, self.operation.0);
        match &self.commit_type {
            Some(commit) => action.committed(commit),
            None => action.end(self.status.0),
        }
        Ok(())
    }
}
