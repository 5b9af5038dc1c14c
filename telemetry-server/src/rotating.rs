//! What was read from files that may be replaced while the server runs, such as by a tool that renews certificates.

use crate::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How often the files are looked at, at most: often enough for a person who has just replaced one.
const LOOK: Duration = Duration::from_secs(1);

/// What tells one state of a file from another without reading it.
type Stamp = Option<(SystemTime, u64, u64)>;

/// A value made from files, and made anew when one of them has changed.
///
/// What cannot be made anew stays as it was: a file that is being replaced, or replaced before the other one that belongs to it, is
/// tried again until it is right.
pub(crate) struct Rotating<T> {
    files: Vec<PathBuf>,
    make: Box<dyn Fn() -> Result<T, Error> + Send + Sync>,
    on_error: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    stamps: Vec<Stamp>,
    looked: Instant,
}

impl<T> Rotating<T> {
    /// Makes the value for the first time. `on_error` is told when making it anew fails.
    pub(crate) fn new(
        files: Vec<PathBuf>,
        make: impl Fn() -> Result<T, Error> + Send + Sync + 'static,
        on_error: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // Looked at before they are read, so that a change in between is seen as one.
        let stamps = stamps(&files);
        let state = State { value: Arc::new(make()?), stamps, looked: Instant::now() };
        Ok(Self { files, make: Box::new(make), on_error: Box::new(on_error), state: Mutex::new(state) })
    }

    /// The value that the files stand for now, or did up to a second ago.
    pub(crate) fn current(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK {
            self.look(&mut state);
        }
        Arc::clone(&state.value)
    }

    fn look(&self, state: &mut State<T>) {
        state.looked = Instant::now();
        let stamps = stamps(&self.files);
        if stamps == state.stamps {
            return;
        }
        match (self.make)() {
            Ok(value) => {
                state.value = Arc::new(value);
                state.stamps = stamps;
            }
            Err(_) => (self.on_error)(),
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), inode(&metadata)))
    };
    files.iter().map(stamp).collect()
}

/// A file that was renamed into the place of another may have the same length and time.
#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::Rotating;
    use crate::error::Error;
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    fn number(path: &PathBuf) -> Result<u32, Error> {
        let wrong = |_| Error::Incomplete { set: "a", missing: "b" };
        fs::read_to_string(path).unwrap_or_default().trim().parse().map_err(wrong)
    }

    fn becomes(rotating: &Rotating<u32>, number: u32) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while *rotating.current() != number {
            assert!(Instant::now() < deadline, "never {number}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn what_is_replaced_is_read_again_and_what_is_wrong_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        let errors = Arc::new(AtomicU32::new(0));
        let (file, count) = (path.clone(), Arc::clone(&errors));
        let make = move || number(&file);
        let on_error = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        assert!(Rotating::new(vec![path.clone()], make.clone(), on_error.clone()).is_err());
        fs::write(&path, "1").unwrap();
        let rotating = Rotating::new(vec![path.clone()], make, on_error).unwrap();
        assert_eq!(*rotating.current(), 1);
        fs::write(&path, "half a number").unwrap();
        while errors.load(Ordering::Relaxed) == 0 {
            assert_eq!(*rotating.current(), 1);
        }
        let other = folder.path().join("other");
        fs::write(&other, "2").unwrap();
        fs::rename(&other, &path).unwrap();
        becomes(&rotating, 2);
    }
}
