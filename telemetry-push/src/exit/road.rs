//! The road of a guard's counts: what it asks of the ledger and of the gateway.

use crate::carry::Carry;
use crate::error::Error;
use crate::ledger::{Ledger, Merged};
use crate::pusher::{Pushed, Pusher, Wish};
use std::time::Duration;
use telemetry_core::config::{Address, Config};
use telemetry_core::{Registry, Snapshot};

/// From a registry into the ledger.
#[derive(Debug)]
pub(super) struct IntoLedger {
    carry: Carry,
    registry: Registry,
    /// What the registry held at the last merge, if all of that is durable.
    seen: Option<Snapshot>,
}

impl IntoLedger {
    pub(super) fn new(config: &Config, registry: Registry) -> Result<Self, Error> {
        let carry = Carry::new(Ledger::new(config)?, registry.clone());
        Ok(Self { carry, registry, seen: None })
    }

    pub(super) const fn ledger(&self) -> &Ledger {
        self.carry.ledger()
    }

    /// Whether the registry holds anything that is not durable.
    pub(super) fn has_changed(&self) -> bool {
        self.seen.as_ref() != Some(&self.registry.snapshot())
    }

    /// Merges what was counted since the last merge, after waiting for other processes for no longer than the bound.
    pub(super) fn merge(&mut self, bound: Duration) -> Result<Merged, Error> {
        let now = self.registry.snapshot();
        let merged = self.carry.merge_within(bound)?;
        self.seen = merged.durable.then_some(now);
        Ok(merged)
    }
}

/// From the ledger to the gateway.
#[derive(Debug)]
pub(super) struct ToGateway {
    pusher: Pusher,
    address: Address,
}

impl ToGateway {
    /// Finds out at once whether the address can be used.
    pub(super) fn new(ledger: &Ledger, address: &Address) -> Result<Self, Error> {
        Ok(Self { pusher: Pusher::new(ledger, address)?, address: address.clone() })
    }

    /// Pushes the totals of the ledger within the bound; `notes` gets what a person should know.
    pub(super) fn push(&self, bound: Duration, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        self.pusher.push_within(Wish::Passing, bound, notes)
    }

    /// Whether an error only says that there is no gateway where nobody said that there is one.
    pub(super) const fn is_no_gateway(&self, error: &Error) -> bool {
        match error {
            Error::Push(error) => error.is_refused() && !self.address.configured,
            _ => false,
        }
    }
}
