//! What a registry has already handed over to those that carry its counts out of the process.
//!
//! It stands with the registry and not with a carrier, so that two carriers of one registry, or one that follows another, never hand
//! over the same count twice. A process that was forked off begins anew: what its parent counted is its parent's to hand over.

use super::Registry;
use crate::by_process::ByProcess;
use crate::snapshot::Snapshot;
use std::sync::{Mutex, PoisonError};

/// What was handed over of a registry, for carriers such as `telemetry-push`.
#[derive(Debug, Default)]
pub struct Handed {
    /// The readings up to which everything was handed over.
    pub before: Snapshot,
    /// The readings that a forked process inherited from its parent, and that are not its own; empty in any other process.
    pub inherited: Snapshot,
    /// Which carrier shows the live gauges of this registry; the number is the carrier's own.
    pub live_shown_by: Option<u64>,
}

/// The state of one process, and of the processes that were forked off it.
pub(super) type HandedByProcess = ByProcess<Mutex<Handed>>;

/// What a forked process begins with.
fn inherited(registry: &Registry) -> Mutex<Handed> {
    let inherited = registry.snapshot();
    Mutex::new(Handed { before: inherited.clone(), inherited, live_shown_by: None })
}

impl Registry {
    /// What was handed over of this registry in this process, for carriers: whoever makes counts durable elsewhere notes here what they
    /// have taken, under a lock that they hold meanwhile.
    ///
    /// In a process that was forked off without starting a program, everything that was counted until this is first called there counts
    /// as the parent's.
    pub fn handed<T>(&self, work: impl FnOnce(&mut Handed) -> T) -> T {
        let handed = self.handed_by_process().get(|| inherited(self));
        work(&mut handed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Handed, HandedByProcess, inherited};
    use crate::Registry;
    use crate::catalog::AXE_LUMBERJACK_RESTARTS;
    use crate::config::Config;
    use std::sync::Mutex;

    #[test]
    fn every_carrier_of_a_registry_sees_what_the_others_took() {
        let registry = Registry::new(&Config::default());
        AXE_LUMBERJACK_RESTARTS.in_registry(&registry).add(2);
        registry.handed(|handed| handed.before = registry.snapshot());
        let name = AXE_LUMBERJACK_RESTARTS.def().name;
        assert_eq!(registry.clone().handed(|handed| handed.before.value(name, &[])), Some(2.0));
    }

    #[test]
    fn a_forked_process_begins_with_what_its_parent_counted() {
        let registry = Registry::new(&Config::default());
        AXE_LUMBERJACK_RESTARTS.in_registry(&registry).add(2);
        // As it looks in a child: made by another process.
        let parents = HandedByProcess::of(u32::MAX, Mutex::new(Handed::default()));
        let handed = parents.get(|| inherited(&registry)).lock().unwrap();
        assert_eq!(handed.before, registry.snapshot());
        assert_eq!(handed.inherited, registry.snapshot());
    }
}
