//! Files and folders as a ledger makes them: replaced whole, synced, and open to whoever may use the folder that they stand in.
//!
//! Users with different ids share a ledger where its folder is writable for all of them, say with mode 2770 and a common group. What
//! is made in there is then writable for them too, whatever the umask; and what root makes in another user's folder belongs to that
//! user. A folder with the sticky bit, such as `/tmp`, is not shared in that sense: everybody keeps to what is their own.

use crate::error::{Context, Error};
use crate::fault;
use rustix::fs::{Gid, Mode, Uid, fchmod, fchown};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The permission bits with which others than the owner may write.
const SHARED: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// The permission bits with which everybody may read.
const READABLE: u32 = 0o444;

/// The extension of a file that is not in its place yet.
pub(crate) const BESIDE: &str = "new";

/// How often a file is written that is cleared up each time, within microseconds.
const ATTEMPTS: usize = 10;

/// Opens a file to read and write, made if it is not there.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened.context("open", path),
    }
    match fault::step().and_then(|()| options.clone().create_new(true).open(path)) {
        Ok(file) => {
            open_to_sharers(&file, path)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            options.open(path).context("open", path)
        }
        Err(error) => Err(error).context("create", path),
    }
}

/// Writes a file and syncs it. What stood there before is emptied first, so this is for files that are put into place afterwards.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let file = write(path, bytes)?;
    fault::step().and_then(|()| file.sync_all()).context("sync", path)
}

/// Writes a file, as new.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<File, Error> {
    // Another user's leftover may be removed where it may not be written.
    match fault::step().and_then(|()| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).context("remove", path),
        _ => {}
    }
    fault::step().context("create", path)?;
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path);
    let mut file = file.context("create", path)?;
    open_to_sharers(&file, path)?;
    fault::write_all(&mut file, bytes).context("write", path)?;
    Ok(file)
}

/// Writes a file beside, locks it, and puts it in its place, so that it is whole and locked from the first moment that it is seen.
///
/// Whoever clears up takes an unlocked file beside for the leftover of a dead process. Where that happened to this one before it was
/// locked, it is written once more.
pub(crate) fn put_locked(path: &Path, bytes: &[u8]) -> Result<File, Error> {
    let new = path.with_extension(BESIDE);
    for _ in 0..ATTEMPTS {
        match put_once(&new, path, bytes) {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => {}
            Err(error) => {
                let _nothing_is_left = fs::remove_file(&new);
                return Err(error);
            }
        }
    }
    Err(io::ErrorKind::NotFound.into()).context("put in place", &new)
}

/// `None` where the file beside was cleared up.
fn put_once(new: &Path, path: &Path, bytes: &[u8]) -> Result<Option<File>, Error> {
    let file = write(new, bytes)?;
    fault::step().and_then(|()| file.lock()).context("lock", new)?;
    match fault::step().and_then(|()| fs::rename(new, path)) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("put in place", new),
    }
}

/// Whether a path still leads to this file.
pub(crate) fn is_still_there(file: &File, path: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    let there = path.metadata().ok().map(identity);
    there.is_some() && there == file.metadata().ok().map(identity)
}

/// Syncs the entries of a folder.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    fault::step().and_then(|()| File::open(folder)?.sync_all()).context("sync", folder)
}

/// Syncs the entries of every folder above one. Those that may not be read were made by somebody else, and long ago.
pub(crate) fn sync_folders_above(folder: &Path) {
    for above in folder.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
        let _made_by_others = sync_folder(above);
    }
}

/// Makes a folder with those above it, and syncs each into the one that holds it.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return fs::create_dir_all(folder).context("create", folder);
    };
    create_folder(parent)?;
    match fault::step().and_then(|()| fs::create_dir(folder)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).context("create", folder),
        Ok(()) => {
            open_to_sharers(&File::open(folder).context("open", folder)?, folder)?;
            sync_folder(parent)
        }
    }
}

/// Gives what was just made to those who share the folder that it stands in.
fn open_to_sharers(made: &File, path: &Path) -> Result<(), Error> {
    let Some(folder) = path.parent().and_then(|folder| folder.metadata().ok()) else { return Ok(()) };
    let now = made.metadata().context("look at", path)?;
    if rustix::process::geteuid().is_root() && now.uid() != folder.uid() {
        let (uid, gid) = (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid()));
        fchown(made.as_fd(), Some(uid), Some(gid)).map_err(io::Error::from).context("hand over", path)?;
    }
    match shared_mode(&folder, &now) {
        Some(mode) => {
            fchmod(made.as_fd(), Mode::from_raw_mode(mode)).map_err(io::Error::from).context("share", path)
        }
        None => Ok(()),
    }
}

/// Lets everybody read a file that was just made, whatever the umask: who may enter its folder decides that folder.
pub(crate) fn open_to_readers(made: &File, path: &Path) -> Result<(), Error> {
    let mode = made.metadata().context("look at", path)?.mode() & 0o7777;
    if mode & READABLE == READABLE {
        return Ok(());
    }
    let mode = Mode::from_raw_mode(mode | READABLE);
    fault::step().and_then(|()| Ok(fchmod(made.as_fd(), mode)?)).context("share", path)
}

/// The mode that something needs so that those who may write in its folder may write it too; `None` where it has it.
fn shared_mode(folder: &Metadata, made: &Metadata) -> Option<u32> {
    let sharing = if folder.mode() & STICKY == 0 { folder.mode() & SHARED } else { 0 };
    // Who may write may also read, and enter a folder.
    let wanted =
        sharing | sharing << 1 | if made.is_dir() { sharing >> 1 | folder.mode() & 0o2000 } else { 0 };
    let mode = made.mode() & 0o7777;
    (mode | wanted != mode).then_some(mode | wanted)
}
