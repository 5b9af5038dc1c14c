//! What a registry has already handed over to those that carry its counts out of the process.
//!
//! It stands with the registry and not with a carrier, so that two carriers of one registry, or one that follows another, never hand
//! over the same count twice. A process that was forked off begins anew: what its parent counted is its parent's to hand over.

use super::Registry;
use crate::snapshot::Snapshot;
use std::process;
use std::sync::{Mutex, OnceLock, PoisonError};

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

/// The state of one process, and of the processes that were forked off it: a lock that another thread held at the fork would never be
/// released in the child, so the child uses one of its own.
#[derive(Debug)]
pub(super) struct HandedByProcess {
    process: u32,
    handed: Mutex<Handed>,
    forked: OnceLock<Box<HandedByProcess>>,
}

impl HandedByProcess {
    pub(super) fn new(handed: Handed) -> Self {
        Self { process: process::id(), handed: Mutex::new(handed), forked: OnceLock::new() }
    }

    fn of_this_process(&self, registry: &Registry) -> &Mutex<Handed> {
        if self.process == process::id() {
            return &self.handed;
        }
        let inherit = || {
            let inherited = registry.snapshot();
            Box::new(Self::new(Handed { before: inherited.clone(), inherited, live_shown_by: None }))
        };
        self.forked.get_or_init(inherit).of_this_process(registry)
    }
}

impl Registry {
    /// What was handed over of this registry in this process, for carriers: whoever makes counts durable elsewhere notes here what they
    /// have taken, under a lock that they hold meanwhile.
    ///
    /// In a process that was forked off without starting a program, everything that was counted until this is first called there counts
    /// as the parent's.
    pub fn handed<T>(&self, work: impl FnOnce(&mut Handed) -> T) -> T {
        let handed = self.handed_by_process().of_this_process(self);
        work(&mut handed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Handed, HandedByProcess};
    use crate::Registry;
    use crate::catalog::AXE_LUMBERJACK_RESTARTS;
    use crate::config::Config;
    use std::sync::{Mutex, OnceLock};

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
        // As it looks in a child: made by another process, at whose fork a thread held the lock.
        let parents = HandedByProcess {
            process: u32::MAX,
            handed: Mutex::new(Handed::default()),
            forked: OnceLock::new(),
        };
        let _held = parents.handed.lock().unwrap();
        let handed = parents.of_this_process(&registry).lock().unwrap();
        assert_eq!(handed.before, registry.snapshot());
        assert_eq!(handed.inherited, registry.snapshot());
    }
}
