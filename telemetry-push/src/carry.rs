//! One process's road into the ledger: what was counted since the last merge goes there, and only that.

use crate::change::Change;
use crate::error::Error;
use crate::ledger::{LOCK_BOUND, Ledger, Merged};
use crate::presence::Presence;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::registry::Handed;

/// Carries what a registry counts into a ledger.
///
/// As long as it lives, the process counts as alive, and its live gauges are part of the sum. What was merged is noted with the registry,
/// so that several carries of one registry, at once or one after the other, never merge the same count twice; the live gauges are
/// shown by the first of them.
///
/// In a process that was forked off, a carry of the parent only fails, and a new one carries what is counted from then on.
#[derive(Debug)]
pub struct Carry {
    ledger: Ledger,
    registry: Registry,
    /// To tell this carry from the others of the registry.
    id: u64,
    process: u32,
    presence: Option<Presence>,
    last: Option<Merged>,
}

impl Carry {
    /// A road from this registry into this ledger. Nothing is merged yet.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        // In a process that was forked off, what its parent counted is told apart at the first look.
        registry.handed(|_| ());
        Self { ledger, registry, id, process: std::process::id(), presence: None, last: None }
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Merges what was counted since the last merge, waiting for others for no longer than [`LOCK_BOUND`].
    ///
    /// When this returns [`Merged::durable`], all of it is in the ledger, once, and survives the death of the process and a power cut.
    /// Where others hold the ledger for too long, it waits beside the ledger for whoever merges next. When this fails, nothing was
    /// added, and the next merge carries it. Where nothing was counted since the last merge, nothing is read or written.
    ///
    /// # Errors
    /// [`Error::Io`] where the ledger cannot be read or written, [`Error::Newer`] where a newer version wrote it, [`Error::Forked`] in a
    /// process that was forked off after this carry was made, and [`Error::Busy`] where others hold its lock and the counts could not be left waiting either.
    pub fn merge(&mut self) -> Result<Merged, Error> {
        self.merge_within(LOCK_BOUND)
    }

    /// Merges as [`merge`](Self::merge) does, and waits for others for no longer than `bound`. The disk itself is waited for as long as
    /// it takes.
    ///
    /// # Errors
    /// Those of [`merge`](Self::merge).
    pub fn merge_within(&mut self, bound: Duration) -> Result<Merged, Error> {
        if self.process != std::process::id() {
            return Err(Error::Forked);
        }
        let registry = self.registry.clone();
        registry.handed(|handed| self.merge_rest(handed, bound))
    }

    fn merge_rest(&mut self, handed: &mut Handed, bound: Duration) -> Result<Merged, Error> {
        let now = self.registry.snapshot();
        let change = Change::between(&handed.before, &handed.inherited, &now);
        let shown = *handed.live_shown_by.get_or_insert(self.id) == self.id;
        let shows = |presence: &Presence| presence.shows(&change.live);
        let still = !shown || self.presence.as_ref().map_or(change.live.is_empty(), shows);
        if let Some(last) =
            self.last.as_ref().filter(|last| last.durable && change.counted.is_empty() && still)
        {
            return Ok(last.clone());
        }
        if shown {
            self.ledger.show(&change.live, &mut self.presence)?;
        }
        let merged = self.ledger.merge(&change.counted, bound)?;
        handed.before = now;
        self.last = Some(Merged { notes: Vec::new(), ..merged.clone() });
        Ok(merged)
    }
}

#[cfg(test)]
impl Carry {
    /// Ends as a process does that is killed: what it had open is closed, and nothing else happens.
    pub(crate) fn die(mut self) {
        self.process = 0;
        if let Some(presence) = self.presence.take() {
            presence.die();
        }
    }
}

impl Drop for Carry {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            let id = self.id;
            self.registry.handed(|handed| {
                handed.live_shown_by.take_if(|shown_by| *shown_by == id);
            });
        }
    }
}
