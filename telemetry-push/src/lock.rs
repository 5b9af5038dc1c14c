//! A file lock that is waited for no longer than a bound, and that the kernel releases whenever its holder dies.

use crate::error::{Context, Error};
use crate::made;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Holds a lock file until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Waits for the lock, up to the bound.
    ///
    /// Waiting happens in the kernel's queue, so that a release wakes the next one at once. It is done by a thread, since nothing could
    /// call back one that is in that queue; all who wait for one lock in a process share that thread, and it releases what nobody
    /// wants any more.
    pub(crate) fn acquire(path: &Path, bound: Duration) -> Result<Self, Error> {
        if let Some(lock) = Self::at_once(path)? {
            return Ok(lock);
        }
        let busy = || Error::Busy { path: path.to_owned(), waited: bound };
        if bound.is_zero() {
            return Err(busy());
        }
        let locked = wait_in_line(path)?.recv_timeout(bound).map_err(|_| busy())?;
        Ok(Self { file: locked.context("lock", path)? })
    }

    /// Takes the lock if nobody holds it. One whose file was removed or replaced meanwhile would keep nobody out.
    pub(crate) fn at_once(path: &Path) -> Result<Option<Self>, Error> {
        loop {
            let file = made::open(path)?;
            if !try_lock(&file, path)? {
                return Ok(None);
            }
            if made::is_still_there(&file, path) {
                return Ok(Some(Self { file }));
            }
        }
    }

    /// Whether its file still stands there. Otherwise it keeps nobody out any more.
    pub(crate) fn is_still_at(&self, path: &Path) -> bool {
        made::is_still_there(&self.file, path)
    }
}

/// Those who wait in this process, by the process and the lock: a process that was forked off has none of the threads.
static LINES: Mutex<BTreeMap<(u32, PathBuf), Vec<Waiting>>> = Mutex::new(BTreeMap::new());

/// Takes the locked file, or what went wrong.
type Waiting = SyncSender<io::Result<File>>;

/// Joins those who wait for a lock; the first of them starts the thread.
fn wait_in_line(path: &Path) -> Result<Receiver<io::Result<File>>, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let line = (process::id(), path.to_owned());
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = lines.entry(line.clone()).or_default();
    waiting.push(sender);
    if waiting.len() == 1 {
        let thread = thread::Builder::new().name("telemetry-lock".to_owned());
        let started = thread.spawn({
            let line = line.clone();
            move || serve(&line)
        });
        if let Err(error) = started {
            lines.remove(&line);
            return Err(error).context("wait for", path);
        }
    }
    Ok(receiver)
}

/// Gets the lock for one after the other, until nobody waits any more.
fn serve(line: &(u32, PathBuf)) {
    loop {
        let mut locked = lock_in_place(&line.1);
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = lines.entry(line.clone()).or_default();
        // Who has left does not take it, and who is still there waits in the order in which they came.
        while !waiting.is_empty() {
            match waiting.remove(0).send(locked) {
                Ok(()) => {
                    locked = Err(io::ErrorKind::Other.into());
                    break;
                }
                Err(SendError(unwanted)) => locked = unwanted,
            }
        }
        drop(locked);
        if waiting.is_empty() {
            lines.remove(line);
            return;
        }
    }
}

/// Waits in the kernel's queue. A lock whose file was removed or replaced meanwhile would keep nobody out.
fn lock_in_place(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        file.lock()?;
        if made::is_still_there(&file, path) {
            return Ok(file);
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

    /// How many threads of this process wait for locks, where the system tells.
    #[cfg(target_os = "linux")]
    fn threads() -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
        let names = tasks.filter_map(|task| name(task.ok()?).ok());
        names.filter(|name| name.trim() == "telemetry-lock").count()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn all_who_wait_share_a_thread_and_each_gets_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::acquire(&path, Duration::ZERO).unwrap();
        for _ in 0..20 {
            assert!(Lock::acquire(&path, Duration::from_millis(1)).is_err());
        }
        assert_eq!(threads(), 1);
        std::thread::scope(|scope| {
            let wait = || Lock::acquire(&path, Duration::from_secs(60)).map(drop);
            let waiting: Vec<_> = (0..8).map(|_| scope.spawn(wait)).collect();
            drop(held);
            waiting.into_iter().for_each(|waiting| waiting.join().unwrap().unwrap());
        });
    }

    #[test]
    fn a_lock_whose_file_was_replaced_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let old = Lock::acquire(&path, Duration::ZERO).unwrap();
        std::fs::remove_file(&path).unwrap();
        let new = Lock::acquire(&path, Duration::ZERO).unwrap();
        drop(old);
        assert!(Lock::acquire(&path, Duration::ZERO).is_err());
        drop(new);
    }

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
