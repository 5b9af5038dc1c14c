//! One export at a time beside each other, and what a killed one left behind.
//!
//! The folder above the target is locked: the kernel releases the lock at any death, and there is no lock file to leave behind. Where a
//! file system has no such locks, nothing of another export is touched.

use super::target::Target;
use crate::failure::Failure;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Beside the target: the folder that is being written, or what is left of the former one.
pub(super) const UNFINISHED: &str = ".unfinished";
/// Beside the target: the former folder, while it is being replaced where two names cannot change places.
pub(super) const REPLACED: &str = ".replaced";

/// An export writes some hundred kilobytes. Whoever holds the lock longer is something else.
const PATIENCE: Duration = Duration::from_secs(20);

/// The right to write beside the target, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    _lock: Option<File>,
}

impl Claim {
    /// Waits for the right to write there, and tidies up after an export that was killed.
    pub(super) fn of(target: &Target) -> Result<Self, Failure> {
        let lock = locked(target.parent())?;
        if lock.is_some() {
            tidy(target)?;
        }
        Ok(Self { _lock: lock })
    }
}

fn locked(folder: &Path) -> Result<Option<File>, Failure> {
    let Ok(file) = File::open(folder) else { return Ok(None) };
    let begun = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(Errno::WOULDBLOCK | Errno::INTR) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(Errno::WOULDBLOCK) => {
                let message = format!(
                    "another process has kept {} locked for {} s",
                    folder.display(),
                    PATIENCE.as_secs()
                );
                return Err(Failure::new(message).advice("Try again, or name a folder elsewhere with -o."));
            }
            Err(_) => return Ok(None),
        }
    }
}

/// Puts a former folder back whose replacement never came, and removes what else is left. All of it is ours, or it is left alone.
fn tidy(target: &Target) -> Result<(), Failure> {
    let (unfinished, replaced) = (target.neighbour(UNFINISHED), target.neighbour(REPLACED));
    if is_our_folder(&replaced) && fs::symlink_metadata(target.path()).is_err() {
        fs::rename(&replaced, target.path()).map_err(|error| cannot_tidy(&replaced, error))?;
    }
    for left in [unfinished, replaced] {
        if is_our_folder(&left) {
            fs::remove_dir_all(&left).map_err(|error| cannot_tidy(&left, error))?;
        }
    }
    Ok(())
}

fn is_our_folder(path: &Path) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == ours)
}

fn cannot_tidy(path: &Path, error: std::io::Error) -> Failure {
    let message = format!("cannot tidy up {}, which an earlier export left behind", path.display());
    Failure::new(message).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_export_left_behind_is_removed_and_the_former_folder_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(&folder.path().join("stack")).unwrap();
        let (unfinished, replaced) = (target.neighbour(UNFINISHED), target.neighbour(REPLACED));
        fs::create_dir_all(unfinished.join("half")).unwrap();
        fs::create_dir(&replaced).unwrap();
        fs::write(replaced.join(".env"), "secret").unwrap();
        drop(Claim::of(&target).unwrap());
        assert_eq!(fs::read_to_string(target.path().join(".env")).unwrap(), "secret");
        assert!(!unfinished.exists() && !replaced.exists());
        fs::create_dir(&replaced).unwrap();
        drop(Claim::of(&target).unwrap());
        assert!(!replaced.exists() && target.path().join(".env").exists());
    }

    #[test]
    fn whoever_comes_second_waits() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(&folder.path().join("stack")).unwrap();
        let first = Claim::of(&target).unwrap();
        std::thread::scope(|scope| {
            let (sender, receiver) = std::sync::mpsc::channel();
            let target = &target;
            scope.spawn(move || sender.send(Claim::of(target).is_ok()).unwrap());
            assert!(receiver.recv_timeout(Duration::from_millis(100)).is_err(), "it did not wait");
            drop(first);
            assert!(receiver.recv().unwrap());
        });
    }
}
