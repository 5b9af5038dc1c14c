//! Reading a file that others may be writing: whole, or not at all.

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How often a file is read that is written to each time.
const ATTEMPTS: usize = 3;

/// The bytes of a plain file; `None` where there are more than `most`.
///
/// # Errors
/// Why it is not read, as the end of a sentence.
pub(super) fn read_whole(path: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    for _ in 0..ATTEMPTS {
        let file = open(path)?;
        let before = file.metadata().map_err(unreadable)?;
        if !before.is_file() {
            return Err("it is no plain file".to_owned());
        }
        let mut bytes = Vec::new();
        (&file).take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > most {
            return Ok(None);
        }
        let after = file.metadata().map_err(unreadable)?;
        if state(&before) == state(&after) && after.len() == bytes.len() as u64 {
            return ended(bytes).map(Some);
        }
    }
    Err("it is being written; write it beside and rename it".to_owned())
}

/// Without waiting for anything, should it be a pipe, and without following a link.
fn open(path: &Path) -> Result<File, String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(fd) => Ok(File::from(fd)),
        Err(Errno::LOOP) => Err("it is a link, and none is followed".to_owned()),
        Err(Errno::NXIO) => Err("it is no plain file".to_owned()),
        Err(error) => Err(unreadable(error.into())),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is mapped")]
fn unreadable(error: io::Error) -> String {
    format!("it cannot be read: {error}")
}

/// What changes whenever somebody writes.
fn state(metadata: &Metadata) -> (u64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

/// A last line that does not end is one that somebody has not written to its end.
fn ended(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if bytes.last().is_none_or(|&last| last == b'\n') {
        Ok(bytes)
    } else {
        Err("its last line does not end, so that it may be half written".to_owned())
    }
}
