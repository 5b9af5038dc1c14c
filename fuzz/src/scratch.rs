//! Folders in memory, since thousands of files are written in a second, and inputs of several parts.

use std::path::Path;
use tempfile::TempDir;

/// Where files are in memory on Linux.
const MEMORY: &str = "/dev/shm";

/// What separates the parts of an input; no text that is read here has a meaning for it.
const SEPARATOR: u8 = 0x1e;

/// An empty folder, in memory where the system has such folders; it is removed when this is dropped.
///
/// # Panics
/// When no folder can be made: then nothing can be tried.
#[must_use]
pub fn folder() -> TempDir {
    let memory = Path::new(MEMORY);
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder for files")
}

/// The parts of an input, of which there are at most so many.
pub fn records(data: &[u8], most: usize) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == SEPARATOR).take(most)
}
