//! A ledger looked at for a person who wants to know whether it works: nothing of its totals is changed, set aside or begun anew.

use super::{Ledger, made};
use crate::error::{Context, Error};
use crate::fault;
use crate::lock::Lock;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What the ledger's folder and its files are like now.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examination {
    /// How long the lock was waited for, or why it was not had.
    pub lock: Result<Duration, Error>,
    /// How long it took to write a small file beside the ledger, durable as the ledger itself is, and to remove it, or why that failed;
    /// `None` where it was not tried for want of the lock.
    pub write: Option<Result<Duration, Error>>,
    /// What stands in the ledger's file.
    pub content: Result<Content, Error>,
    /// How many bytes whoever merges may still write there; `None` where the system does not say.
    pub free_bytes: Option<u64>,
    /// Files that could not be read once and were kept for somebody to look at.
    pub set_aside: Vec<PathBuf>,
}

/// What stands in a ledger's file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Nothing was ever merged.
    Nothing,
    /// Totals that can be read.
    Totals {
        /// The length of the file in bytes.
        bytes: u64,
        /// The number of series.
        series: usize,
        /// When the file was last replaced, by the clock of then.
        changed: Option<SystemTime>,
    },
    /// What is no ledger, with the reason. Whoever merges next sets it aside and begins anew.
    Damaged(String),
}

impl Ledger {
    /// Looks at the ledger without changing its totals: whether its lock can be had within `bound`, whether its folder can be written,
    /// and what stands in its file. Its folder is made if there is none, as any merge does; nothing else of it is durable.
    #[must_use]
    pub fn examine(&self, bound: Duration) -> Examination {
        let begun = Instant::now();
        let lock =
            made::create_folder(&self.place.folder).and_then(|()| Lock::acquire(&self.lock_file(), bound));
        let waited = begun.elapsed();
        let write = lock.is_ok().then(|| self.try_to_write());
        Examination {
            content: self.content(),
            lock: lock.map(|_held_until_here| waited),
            write,
            free_bytes: rustix::fs::statvfs(&self.place.folder).ok().map(|of| of.f_bavail * of.f_frsize),
            set_aside: self.set_aside_files(),
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

    fn content(&self) -> Result<Content, Error> {
        let file = self.file();
        if !file.try_exists().context("look for", &file)? {
            return Ok(Content::Nothing);
        }
        let opened = self.load(None)?;
        if let Some(why) = opened.damaged {
            return Ok(Content::Damaged(why.to_string()));
        }
        let metadata = file.metadata().context("look at", &file)?;
        let series = opened.totals.families().iter().map(|family| family.metrics.len()).sum();
        Ok(Content::Totals { bytes: metadata.len(), series, changed: metadata.modified().ok() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(examined.content.unwrap(), Content::Nothing);
        assert!(examined.free_bytes.is_some() && examined.set_aside.is_empty());
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
    fn what_is_damaged_is_named_and_left_where_it_is() {
        let (_folder, ledger) = ledger();
        ledger.acquire_workspace("w", "site").unwrap();
        let Content::Totals { series, .. } = ledger.examine(BOUND).content.unwrap() else { panic!() };
        assert!(series >= 3, "{series}");
        let written = fs::read_to_string(ledger.file()).unwrap();
        let half = &written[..written.len() / 2];
        fs::write(ledger.file(), half).unwrap();
        assert!(matches!(ledger.examine(BOUND).content, Ok(Content::Damaged(_))));
        assert_eq!(fs::read_to_string(ledger.file()).unwrap(), half);
        ledger.acquire_workspace("w", "site").unwrap();
        assert_eq!(ledger.examine(BOUND).set_aside.len(), 1);
    }
}
