//! One process's road into the ledger: it remembers what was merged, and merges the rest.

use crate::change::Change;
use crate::error::Error;
use crate::ledger::{Ledger, Merged};
use crate::presence::Presence;
use telemetry_core::{Registry, Snapshot};

/// Carries what a registry counts into a ledger.
///
/// As long as it lives, the process counts as alive, and its live gauges are part of the sum.
#[derive(Debug)]
pub struct Carry {
    ledger: Ledger,
    registry: Registry,
    merged: Snapshot,
    presence: Option<Presence>,
}

impl Carry {
    /// A road from this registry into this ledger. Nothing is merged yet.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry) -> Self {
        Self { ledger, registry, merged: Snapshot::default(), presence: None }
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Merges what was counted since the last merge. When this returns, all of it is durable in the ledger and counted once; when it
    /// fails, nothing of it was added, and the next merge carries it.
    ///
    /// # Errors
    /// [`Error::Io`] where the ledger cannot be read or written, [`Error::Busy`] where others hold its lock for longer than
    /// [`LOCK_BOUND`](crate::ledger::LOCK_BOUND).
    pub fn merge(&mut self) -> Result<Merged, Error> {
        let now = self.registry.snapshot();
        let merged = self.ledger.merge(&Change::between(&self.merged, &now), &mut self.presence)?;
        self.merged = now;
        Ok(merged)
    }
}
