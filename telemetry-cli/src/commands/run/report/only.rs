//! That a file is followed by one run alone: each event in it is one event, however many runs were told to look there.
//!
//! The lock stands in the folder of the ledger and not in the report, which the command may replace, or make when the run has long
//! begun. It ends with its holder, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Holds the lock of a report until it is dropped.
#[derive(Debug)]
pub(super) struct Only {
    _locked: File,
    path: PathBuf,
}

impl Only {
    /// Claims the report for this run; `None` where another run has it.
    ///
    /// # Errors
    /// Where the system gives no lock in this folder.
    pub(super) fn claim(report: &Path, folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(name(report));
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            match file.try_lock() {
                Ok(()) if is_still_there(&file, &path) => return Ok(Some(Self { _locked: file, path })),
                // Its holder has just removed it: a lock on it would keep nobody out.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// Removed while it is held, so that nobody has locked the same file by then.
impl Drop for Only {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_file(&self.path);
    }
}

/// The name of the lock, the same by whichever way the report was named.
fn name(report: &Path) -> String {
    let folder = report.parent().and_then(|folder| folder.canonicalize().ok());
    let below_folder = || folder.zip(report.file_name()).map(|(folder, name)| folder.join(name));
    let place = report.canonicalize().ok().or_else(below_folder);
    let mut hasher = DefaultHasher::new();
    place.as_deref().unwrap_or(report).hash(&mut hasher);
    format!("report-{:016x}.lock", hasher.finish())
}

fn is_still_there(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (ours, theirs) = (file.metadata().map(identity), std::fs::metadata(path).map(identity));
    matches!((ours, theirs), (Ok(ours), Ok(theirs)) if ours == theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_one_run_at_a_time_however_it_is_named() {
        let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (report, other) = (folder.path().join("r"), folder.path().join("s"));
        let roundabout = folder.path().join(".").join("r");
        let claim = |report: &Path| Only::claim(report, ledger.path()).unwrap();
        let held = claim(&report).unwrap();
        std::fs::write(&report, "{}").unwrap();
        assert!(claim(&roundabout).is_none());
        std::fs::rename(&report, folder.path().join("old")).unwrap();
        assert!(claim(&report).is_none(), "it was replaced meanwhile");
        assert!(claim(&other).is_some());
        drop(held);
        assert!(claim(&roundabout).is_some());
        assert_eq!(std::fs::read_dir(ledger.path()).unwrap().count(), 0, "nothing is left");
    }
}
