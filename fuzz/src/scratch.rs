//! Folders in memory, since thousands of files are written in a second, and inputs of several parts.

use std::env;
use std::path::Path;
use tempfile::TempDir;

/// Where files are in memory on Linux.
const MEMORY: &str = "/dev/shm";

/// What separates the parts of an input; no text that is read here has a meaning for it.
const SEPARATOR: u8 = 0x1e;

/// An empty folder, in memory where the system has such folders and below the current folder where that one is; it is removed when this is
/// dropped.
///
/// # Panics
/// When no folder can be made: then nothing can be tried.
#[must_use]
pub fn folder() -> TempDir {
    let memory = Path::new(MEMORY);
    let here = env::current_dir().ok().filter(|here| here.starts_with(memory));
    let made = match here {
        Some(here) => tempfile::tempdir_in(here),
        None if memory.is_dir() => tempfile::tempdir_in(memory),
        None => tempfile::tempdir(),
    };
    made.expect("a folder for files")
}

/// The path of a folder from the current one, where it is below that. What syncs all folders above one then stays in memory, and no input has
/// to wait for a disk.
#[must_use]
pub fn from_here(folder: &TempDir) -> &Path {
    let here = env::current_dir().ok();
    here.and_then(|here| folder.path().strip_prefix(here).ok()).unwrap_or(folder.path())
}

/// The parts of an input, of which there are at most so many.
pub fn records(data: &[u8], most: usize) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == SEPARATOR).take(most)
}
