//! What happened to a bead, a tracked work item.

use super::known::Known;
use super::label::Label;
use super::number::Count;
use super::{Happened, Place, UNKNOWN};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::{BEAD_OPERATIONS, BeadOperation, BeadOperations};
use telemetry_core::guard::{BeadChange, BeadTransition};

/// An operation on a bead, and the status that it went to
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record bead --operation read
  telemetry record bead --operation update --from open --to doing
  telemetry record bead --operation close --from doing --to done \\
    --project site --active-from 4 --active-to 17")]
pub(crate) struct BeadEvent {
    /// What was done to it
    #[arg(long)]
    operation: Known<BeadOperation>,
    /// The status that it left
    #[arg(long, value_name = "STATUS", requires = "to")]
    from: Option<Label>,
    /// The status that it took
    #[arg(long, value_name = "STATUS", requires = "from")]
    to: Option<Label>,
    /// The project that it belongs to, for the beads that are active
    #[arg(long, value_name = "X", requires = "active_from")]
    project: Option<Label>,
    /// How many beads of the project have the old status now
    #[arg(long, value_name = "N", requires_all = ["from", "active_to", "project"])]
    active_from: Option<Count>,
    /// How many beads of the project have the new status now
    #[arg(long, value_name = "N", requires = "active_from")]
    active_to: Option<Count>,
}

impl Happened for BeadEvent {
    fn check(&self) -> Result<(), String> {
        if self.from.is_some() != self.to.is_some() {
            return Err("from and to belong together".to_owned());
        }
        match (&self.project, self.active_from, self.active_to, &self.from) {
            (None, None, None, _) | (Some(_), None, None, _) | (Some(_), Some(_), Some(_), Some(_)) => Ok(()),
            _ => Err("the numbers of active beads belong together, with from, to and the project".to_owned()),
        }
    }

    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        let (Some(from_status), Some(to_status)) = (&self.from, &self.to) else {
            let operations = BEAD_OPERATIONS.in_registry(place.registry);
            operations.with(|| BeadOperations { operation: self.operation.0 }).inc();
            return Ok(());
        };
        let project = self.project.as_deref().unwrap_or(UNKNOWN);
        let change = BeadChange { operation: self.operation.0, project, from_status, to_status };
        let transition = BeadTransition::begin_in(place.registry, change);
        match (self.active_from, self.active_to) {
            (Some(Count(from)), Some(Count(to))) => transition.done_leaving(from, to),
            _ => transition.done(),
        }
        Ok(())
    }
}
