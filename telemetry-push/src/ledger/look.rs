//! A ledger as it stands there: read without its lock, without waiting and without writing, so that looking at it never delays anybody
//! and never changes what is looked at.

use super::Ledger;
use crate::error::Error;
use crate::folder::is_beside;
use crate::totals::Totals;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the names of files begin with that could not be read and were kept.
pub(super) const SET_ASIDE: &str = "ledger.set-aside-";

/// What there is of a ledger, as of one moment.
///
/// It holds what was merged: the dead are not swept, so live gauges are those of the last merge, and what waits is counted but not added.
#[derive(Debug)]
pub struct Look {
    /// Its length in bytes and when it was last replaced; `None` where there is no file.
    pub file: Option<(u64, SystemTime)>,
    /// What it holds; `None` where there is no file.
    pub totals: Result<Option<Totals>, Unreadable>,
    /// How many changes wait for whoever merges next.
    pub waiting: usize,
    /// The files that could not be read and were kept, by name.
    pub set_aside: Vec<PathBuf>,
    /// Whether this user may write where the ledger is, or is to be made; else why not.
    pub writable: io::Result<()>,
}

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Its file is no ledger. Whoever merges next sets it aside, and counting begins anew.
    #[error("it is not a ledger: {0}")]
    Damaged(String),
    /// It cannot be read by this user or by this version. Nothing is done to it.
    #[error(transparent)]
    Closed(#[from] Error),
}

impl Ledger {
    /// Looks at the ledger without its lock. Nothing is waited for, made or changed.
    #[must_use]
    pub fn look(&self) -> Look {
        let about = fs::metadata(self.file()).ok();
        let file = about.and_then(|about| Some((about.len(), about.modified().ok()?)));
        Look {
            file,
            totals: self.totals_as_they_stand(),
            waiting: self.waiting_names().len(),
            set_aside: self.set_aside_files(),
            writable: may_write(&self.place().folder),
        }
    }

    fn totals_as_they_stand(&self) -> Result<Option<Totals>, Unreadable> {
        let opened = self.load(None)?;
        match opened.damaged {
            Some(why) => Err(Unreadable::Damaged(why.to_string())),
            // A ledger that was never replaced is the one that is made where there is none.
            None => Ok(Some(opened.totals).filter(|totals| totals.generation > 0)),
        }
    }

    pub(super) fn set_aside_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.place().folder) else { return Vec::new() };
        let ours = |name: &str| name.starts_with(SET_ASIDE) && !is_beside(name);
        let names = entries.flatten().map(|entry| entry.path());
        let mut names: Vec<_> =
            names.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(ours)).collect();
        names.sort();
        names
    }
}

/// Whether files can be made in a folder, or the folder itself where it is not there yet.
fn may_write(folder: &Path) -> io::Result<()> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let access = Access::WRITE_OK | Access::EXEC_OK;
    accessat(CWD, there, access, AtFlags::EACCESS).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LOCK_BOUND;
    use crate::lock::Lock;
    use crate::{Carry, Place};
    use std::time::{Duration, Instant};
    use telemetry_core::Registry;
    use telemetry_core::catalog::{AGENT_RUNS, AgentRuns, LLM_RETRIES, LlmRetries, RunStatus};
    use telemetry_core::config::Config;

    fn ledger(root: &Path) -> Ledger {
        Ledger::at(Place::below(root, "job", "instance"), &Config::default())
    }

    #[test]
    fn looking_makes_nothing_and_says_that_there_is_nothing() {
        let root = tempfile::tempdir().unwrap();
        let look = ledger(root.path()).look();
        assert!(look.file.is_none() && look.totals.unwrap().is_none() && look.writable.is_ok());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_held_lock_is_not_waited_for_and_what_waits_is_counted() {
        let root = tempfile::tempdir().unwrap();
        let ledger = ledger(root.path());
        let registry = Registry::new(&Config::default());
        AGENT_RUNS
            .in_registry(&registry)
            .with(|| AgentRuns { llm_provider: "claude", status: RunStatus::Ok, workflow: "" })
            .inc();
        let mut carry = Carry::new(ledger.clone(), registry.clone());
        carry.merge().unwrap();
        let _lock = Lock::at_once(&ledger.lock_file()).unwrap().unwrap();
        LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
        assert!(!carry.merge_within(Duration::from_millis(1)).unwrap().durable);
        let begun = Instant::now();
        let look = ledger.look();
        assert!(begun.elapsed() < LOCK_BOUND, "it waited for the lock");
        assert_eq!((look.waiting, look.file.unwrap().0 > 0), (1, true));
        let totals = look.totals.unwrap().unwrap();
        assert_eq!((totals.generation, totals.families().len()), (1, 1));
        assert_eq!(ledger.waiting_names().len(), 1, "what waits still does");
    }

    #[test]
    fn what_is_no_ledger_is_told_and_stays_where_it_is() {
        let root = tempfile::tempdir().unwrap();
        let ledger = ledger(root.path());
        fs::create_dir_all(&ledger.place().folder).unwrap();
        fs::write(ledger.file(), "half a li").unwrap();
        fs::write(ledger.new_aside(), "an earlier one").unwrap();
        let look = ledger.look();
        assert!(matches!(look.totals, Err(Unreadable::Damaged(_))), "{look:?}");
        assert_eq!(look.set_aside.len(), 1);
        assert_eq!(fs::read_to_string(ledger.file()).unwrap(), "half a li");
        fs::write(ledger.file(), "# telemetry: ledger format=7 id=x generation=1\n").unwrap();
        assert!(matches!(ledger.look().totals, Err(Unreadable::Closed(Error::Newer { .. }))));
    }

    #[test]
    fn numbers_that_nothing_counts_up_to_are_taken_as_they_are() {
        let root = tempfile::tempdir().unwrap();
        let ledger = ledger(root.path());
        fs::create_dir_all(&ledger.place().folder).unwrap();
        let (most, mut notes) = (u64::MAX, Vec::new());
        let head =
            format!("# telemetry: ledger format=1 id=x generation={most} half_hour={most} born={most}\n");
        fs::write(ledger.file(), head + "# TYPE a_total counter\na_total 5\n# telemetry: end\n").unwrap();
        let window = |notes: &mut _| ledger.window(Duration::from_secs(60), SystemTime::now(), notes);
        assert!(window(&mut notes).unwrap().is_some());
        ledger.acquire_workspace("w", "site").unwrap();
        let totals = ledger.look().totals.unwrap().unwrap();
        assert_eq!((totals.generation, totals.leases().count()), (most, 1));
        assert!(totals.exposition().contains("a_total 5\n") && window(&mut notes).unwrap().is_some());
        assert!(notes.is_empty(), "{notes:?}");
    }
}
