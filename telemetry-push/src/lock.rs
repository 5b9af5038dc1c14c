//! A file lock that is waited for no longer than a bound, and that the kernel releases whenever its holder dies.

use crate::error::{Context, Error};
use crate::made;
use std::fs::{File, TryLockError};
use std::io;
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
        let file = made::open(path)?;
        if try_lock(&file, path)? {
            return Ok(Self { _file: file });
        }
        if bound.is_zero() {
            return Err(Error::Busy { path: path.to_owned(), waited: bound });
        }
        Self::wait(file, path, bound)
    }

    /// Takes the lock if nobody holds it.
    pub(crate) fn at_once(path: &Path) -> Result<Option<Self>, Error> {
        let file = made::open(path)?;
        Ok(try_lock(&file, path)?.then_some(Self { _file: file }))
    }

    fn wait(file: File, path: &Path, bound: Duration) -> Result<Self, Error> {
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

/// Locks a file unless another process holds it. Says whether it is locked now.
pub(crate) fn try_lock(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Unsupported => {
            Err(Error::NoLocks { path: path.to_owned(), source })
        }
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
