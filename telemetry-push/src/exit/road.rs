//! The road of a guard's counts: what it asks of the ledger and of the gateway.

use crate::carry::Carry;
use crate::client::PushClient;
use crate::error::Error;
use crate::ledger::{Ledger, Merged};
use crate::pusher::{Pushed, Pusher, Wish};
use std::time::Duration;
use telemetry_core::config::{Address, Config};
use telemetry_core::{Registry, Snapshot};
use tokio::runtime::Builder;

/// From a registry into the ledger.
#[derive(Debug)]
pub(super) struct IntoLedger {
    carry: Carry,
    registry: Registry,
    /// What the registry held at the last merge.
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

    /// Whether the registry holds anything that was not merged.
    pub(super) fn has_changed(&self) -> bool {
        self.seen.as_ref() != Some(&self.registry.snapshot())
    }

    /// Merges what was counted since the last merge. When this returns without an error, it is durable; nothing is written where
    /// nothing has changed.
    pub(super) fn merge(&mut self) -> Result<Option<Merged>, Error> {
        let now = self.registry.snapshot();
        if self.seen.as_ref() == Some(&now) {
            return Ok(None);
        }
        let merged = self.carry.merge()?;
        self.seen = Some(now);
        Ok(Some(merged))
    }
}

/// From the ledger to the gateway.
#[derive(Debug)]
pub(super) struct ToGateway {
    ledger: Ledger,
    address: Address,
}

impl ToGateway {
    /// Finds out at once whether the address can be used.
    pub(super) fn new(ledger: &Ledger, address: &Address) -> Result<Self, Error> {
        PushClient::new(address, Duration::from_secs(1))?;
        Ok(Self { ledger: ledger.clone(), address: address.clone() })
    }

    /// Pushes the totals of the ledger within the bound; `notes` gets what a person should know.
    pub(super) fn push(&self, bound: Duration, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        let client = PushClient::new(&self.address, bound)?;
        let mut pusher = Pusher::new(&self.ledger, &client, Wish::Passing);
        (pusher.patience, pusher.bound) = (bound, bound);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Watch)?;
        runtime.block_on(pusher.push(notes))
    }

    /// Whether an error only says that there is no gateway where nobody said that there is one.
    pub(super) const fn is_no_gateway(&self, error: &Error) -> bool {
        match error {
            Error::Push(error) => error.is_refused() && !self.address.configured,
            _ => false,
        }
    }
}
