//! A ledger tried for a person who wants to know whether it works: nothing of its totals is changed, set aside or begun anew.

use super::{Ledger, Look, made};
use crate::error::{Context, Error};
use crate::fault;
use crate::lock::Lock;
use std::fs;
use std::time::{Duration, Instant};

/// What came of trying the ledger, and what there is of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examination {
    /// How long the lock was waited for, or why it was not had.
    pub lock: Result<Duration, Error>,
    /// How long it took to write a small file beside the ledger, durable as the ledger itself is, and to remove it, or why that failed;
    /// `None` where it was not tried for want of the lock.
    pub write: Option<Result<Duration, Error>>,
    /// How many bytes whoever merges may still write there; `None` where the system does not say.
    pub free_bytes: Option<u64>,
    /// The ledger as it stands there.
    pub look: Look,
}

impl Ledger {
    /// Tries the ledger without changing its totals: whether its lock can be had within `bound` and its folder can be written, with a
    /// [look](Self::look) at what there is. Its folder is made if there is none, as any merge does; nothing else of it is durable.
    #[must_use]
    pub fn examine(&self, bound: Duration) -> Examination {
        let begun = Instant::now();
        let lock =
            made::create_folder(&self.place.folder).and_then(|()| Lock::acquire(&self.lock_file(), bound));
        let waited = begun.elapsed();
        let write = lock.is_ok().then(|| self.try_to_write());
        Examination {
            look: self.look(),
            lock: lock.map(|_held_until_here| waited),
            write,
            free_bytes: rustix::fs::statvfs(&self.place.folder).ok().map(|of| of.f_bavail * of.f_frsize),
        }
    }

    /// A name of its own under the lock, so that what a death leaves is overwritten by the next.
    fn try_to_write(&self) -> Result<Duration, Error> {
        let (path, begun) = (self.file_named("examined.new"), Instant::now());
        let written = made::write_synced(&path, b"# telemetry: may be removed\n");
        let removed = fault::step().and_then(|()| fs::remove_file(&path)).context("remove", &path);
        written?;
        removed?;
        made::sync_folder(&self.place.folder)?;
        Ok(begun.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Unreadable;
    use crate::place::Place;
    use telemetry_core::config::Config;

    const BOUND: Duration = Duration::from_millis(50);

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(Place::below(folder.path(), "job", "instance"), &Config::default());
        (folder, ledger)
    }

    #[test]
    fn one_that_was_never_written_works_and_stays_empty() {
        let (_folder, ledger) = ledger();
        let examined = ledger.examine(BOUND);
        assert!(examined.lock.is_ok() && examined.write.unwrap().is_ok());
        assert!(examined.look.totals.unwrap().is_none() && examined.free_bytes.is_some());
        let left: Vec<_> =
            fs::read_dir(&ledger.place.folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["ledger.lock"]);
    }

    #[test]
    fn a_lock_that_is_held_is_not_waited_for_longer_than_its_bound() {
        let (_folder, ledger) = ledger();
        made::create_folder(&ledger.place.folder).unwrap();
        let _held = Lock::acquire(&ledger.lock_file(), BOUND).unwrap();
        let examined = ledger.examine(BOUND);
        assert!(matches!(examined.lock, Err(Error::Busy { .. })), "{examined:?}");
        assert!(examined.write.is_none());
    }

    #[test]
    fn what_stands_there_stays_as_it_is_also_where_it_is_damaged() {
        let (_folder, ledger) = ledger();
        ledger.acquire_workspace("w", "site").unwrap();
        let whole = fs::read(ledger.file()).unwrap();
        assert!(ledger.examine(BOUND).look.totals.unwrap().unwrap().series() >= 3);
        assert_eq!(fs::read(ledger.file()).unwrap(), whole);
        let half = &whole[..whole.len() / 2];
        fs::write(ledger.file(), half).unwrap();
        assert!(matches!(ledger.examine(BOUND).look.totals, Err(Unreadable::Damaged(_))));
        assert_eq!(fs::read(ledger.file()).unwrap(), half);
    }
}
