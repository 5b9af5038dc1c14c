//! The folder of the data, which one process has at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file that whoever uses the folder holds locked. Its process id is in it, for people to read.
const LOCK: &str = "lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process uses it.
    #[error("{} is in use by another `telemetry up`{}", path.display(), by(process))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process id that the other one wrote there; empty where it did not.
        process: String,
    },
    /// It cannot be created or written.
    #[error("cannot use the folder {}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn by(process: &str) -> String {
    if process.is_empty() { String::new() } else { format!(" (process {process})") }
}

/// A folder that nobody else uses until this is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Takes a folder, which is created where it is not there, so that only its owner may look into it: what is pushed may name projects
    /// and people. One that is there keeps its mode, since it may have been shared on purpose; whatever is made in it is for its owner
    /// alone even then.
    ///
    /// # Errors
    /// [`FolderError`] when another process has it, or it cannot be written.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let wrap = |source| FolderError::Io { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrap)?;
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = open.open(path.join(LOCK)).map_err(wrap)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::InUse { path: path.to_owned(), process: written(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(wrap(source)),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(wrap)?;
        Ok(Self { path: fs::canonicalize(path).map_err(wrap)?, _lock: lock })
    }

    /// The folder, with no links in its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The number in the file, if it is one.
fn written(lock: &mut File) -> String {
    let mut text = String::new();
    let _empty_then = lock.take(20).read_to_string(&mut text);
    let number = text.trim();
    if number.bytes().all(|byte| byte.is_ascii_digit()) { number.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::{DataFolder, FolderError, LOCK};
    use std::fs::{Permissions, create_dir, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_for_the_owner_alone_and_what_was_there_stays_as_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let (made, found) = (parent.path().join("made"), parent.path().join("found"));
        create_dir(&found).unwrap();
        set_permissions(&found, Permissions::from_mode(0o755)).unwrap();
        for (folder, expected) in [(&made, 0o700), (&found, 0o755)] {
            let _taken = DataFolder::take(folder).unwrap();
            assert_eq!((mode(folder), mode(&folder.join(LOCK))), (expected, 0o600), "{}", folder.display());
        }
    }

    #[test]
    fn a_folder_is_taken_once_and_given_back() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let taken = DataFolder::take(&path).unwrap();
        let refused = DataFolder::take(&path).unwrap_err();
        let FolderError::InUse { process, .. } = &refused else { panic!("{refused}") };
        assert_eq!(*process, std::process::id().to_string());
        drop(taken);
        assert!(DataFolder::take(&path).is_ok());
        std::fs::write(parent.path().join("file"), "").unwrap();
        assert!(matches!(DataFolder::take(&parent.path().join("file")), Err(FolderError::Io { .. })));
    }
}
