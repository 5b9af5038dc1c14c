//! A file lock that is waited for no longer than a bound, and that the kernel releases whenever its holder dies.

use crate::error::{Context, Error};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Holds a lock file until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock, up to the bound.
    ///
    /// Waiting happens in the kernel's queue, so that a release wakes the next one at once. A thread that waits beyond the bound is
    /// left behind; it releases the lock as soon as it gets it.
    pub(crate) fn acquire(path: &Path, bound: Duration) -> Result<Self, Error> {
        let file = open(path)?;
        if let Some(file) = try_lock(file.try_clone().context("open", path)?, path)? {
            return Ok(Self { _file: file });
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("telemetry-lock".to_owned())
            .spawn(move || {
                let locked = file.lock().map(|()| file);
                let _unwanted = sender.send(locked);
            })
            .context("wait for", path)?;
        match receiver.recv_timeout(bound) {
            Ok(locked) => Ok(Self { _file: locked.context("lock", path)? }),
            Err(_) => Err(Error::Busy { path: path.to_owned(), waited: bound }),
        }
    }
}

/// Opens a lock file, which is made if it is not there and never removed.
fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).context("open", path)
}

/// The file, locked; `None` where another process holds it.
pub(crate) fn try_lock(file: File, path: &Path) -> Result<Option<File>, Error> {
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(source).context("lock", path),
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use crate::error::Error;
    use std::time::Duration;

    #[test]
    fn a_held_lock_is_waited_for_and_no_longer_than_the_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::acquire(&path, Duration::ZERO).unwrap();
        assert!(matches!(Lock::acquire(&path, Duration::from_millis(20)), Err(Error::Busy { .. })));
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Lock::acquire(&path, Duration::from_secs(60))
        });
        drop(held);
        drop(waiting.join().unwrap().unwrap());
        Lock::acquire(&path, Duration::from_secs(60)).unwrap();
    }
}
