//! A workspace that one process acquires and another releases: a lease in the ledger, which lasts until somebody releases it.

use super::label::Label;
use super::{Happened, Place, UNKNOWN};
use clap::{Args, Subcommand};
use serde::Deserialize;
use telemetry_push::in_sentences;
use telemetry_push::{Acquired, Error, Release, Totals};

/// A workspace that was acquired or released, however many processes come and go meanwhile
#[derive(Debug, Clone, PartialEq, Subcommand, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum WorkspaceEvent {
    Acquire(AcquireEvent),
    Release(ReleaseEvent),
}

/// A workspace was acquired, and is held until it is released by its id
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record workspace acquire --id ws-7 --project site")]
pub(crate) struct AcquireEvent {
    /// What it is known by; no two that are held have the same
    #[arg(long)]
    id: Label,
    /// The project that it is for [default: unknown]
    #[arg(long, value_name = "X")]
    project: Option<Label>,
}

/// A workspace was released, whoever acquired it
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record workspace release --id ws-7
  telemetry record workspace release --id ws-8 --failed")]
pub(crate) struct ReleaseEvent {
    /// What it was acquired as
    #[arg(long)]
    id: Label,
    /// The project that it must be of, where that is to be checked
    #[arg(long, value_name = "X")]
    project: Option<Label>,
    /// Releasing it failed: it is held no longer, and no release is counted
    #[arg(long)]
    #[serde(default)]
    failed: bool,
}

impl Happened for WorkspaceEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        match self {
            Self::Acquire(acquire) => acquire.record(place),
            Self::Release(release) => release.record(place),
        }
    }
}

impl AcquireEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let project = self.project.as_deref().unwrap_or(UNKNOWN);
        match place.ledger.acquire_workspace(&self.id, project).map_err(|error| sentence(&error))? {
            Acquired::Now => Ok(()),
            Acquired::Before(lease) => Err(format!(
                "the workspace {:?} is held already, for the project {:?}",
                self.id, lease.project
            )),
            _ => Err("the ledger gave an unknown answer".to_owned()),
        }
    }
}

impl ReleaseEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        self.check_project(place)?;
        let release = if self.failed { Release::Failed } else { Release::Done };
        match place.ledger.release_workspace(&self.id, release).map_err(|error| sentence(&error))? {
            Some(_) => Ok(()),
            None => Err(format!("no workspace {:?} is held", self.id)),
        }
    }

    /// Whether the workspace is of the project that was named. One that changes hands meanwhile is released all the same.
    fn check_project(&self, place: &Place<'_>) -> Result<(), String> {
        let Some(project) = &self.project else { return Ok(()) };
        let totals = place.ledger.totals(&mut Vec::new()).map_err(|error| sentence(&error))?;
        let mut leases = totals.iter().flat_map(Totals::leases);
        match leases.find(|(id, lease)| **id == *self.id && *lease.project != **project) {
            Some((id, lease)) => {
                Err(format!("the workspace {id:?} is held for another project: {:?}", lease.project))
            }
            None => Ok(()),
        }
    }
}

fn sentence(error: &Error) -> String {
    in_sentences(error).join(": ")
}
