//! The folder while it is being written, beside its place and so on the same file system, and moving it there.
//!
//! Everything is on the disk before the folder gets its name. Whoever looks sees the former folder or the new one, whole.

use super::claim::{REPLACED, UNFINISHED};
use super::manifest::{self, Manifest};
use super::target::Target;
use super::{Kind, NewFile};
use crate::failure::Failure;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::cell::Cell;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The servers in the containers are other users than the one who exports, and have to read the files whatever that one's umask is.
const READABLE: u32 = 0o644;
const ENTERABLE: u32 = 0o755;
const SECRET: u32 = 0o600;

/// A folder that is not in its place yet; it is removed if it never gets there.
#[derive(Debug)]
pub(super) struct Staging<'a> {
    target: &'a Target,
    path: PathBuf,
    installed: Cell<bool>,
}

impl<'a> Staging<'a> {
    /// Makes the empty folder.
    pub(super) fn begin(target: &'a Target) -> Result<Self, Failure> {
        let path = target.neighbour(UNFINISHED);
        match DirBuilder::new().mode(ENTERABLE).create(&path) {
            Ok(()) => Ok(Self { target, path, installed: Cell::new(false) }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let message = format!(
                    "{} is there: another export is writing it, or has left it behind",
                    path.display()
                );
                Err(Failure::new(message).advice("If none is running, remove it and try again."))
            }
            Err(error) => {
                let message = format!("cannot make a folder in {}", target.parent().display());
                Err(Failure::new(message).because(error).advice("Name a folder elsewhere with -o."))
            }
        }
    }

    /// Writes one file, unless something was taken over in its place; says whether it did.
    pub(super) fn write(&self, file: &NewFile, manifest: &mut Manifest) -> Result<bool, Failure> {
        let path = self.path.join(&file.path);
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(false);
        }
        let mode = if file.kind == Kind::Secret { SECRET } else { READABLE };
        let written = self.make_folders(&path).and_then(|()| write(&path, &file.contents, mode));
        written.map_err(|error| self.failure(&file.path, error))?;
        if file.kind != Kind::Secret {
            manifest.note(&file.path, file.contents.as_bytes());
        }
        Ok(true)
    }

    pub(super) fn write_manifest(&self, manifest: &Manifest) -> Result<(), Failure> {
        write(&self.path.join(manifest::NAME), &manifest.text(), READABLE)
            .map_err(|error| self.failure(manifest::NAME, error))
    }

    /// Takes over something of the former folder: a folder by an empty one like it, anything else by another name for the same.
    pub(super) fn take_over(&self, from: &Path, to: &Path, is_folder: bool) -> Result<(), Failure> {
        let new = self.path.join(to);
        let taken = self.make_folders(&new).and_then(|()| match is_folder {
            true => make_alike(from, &new),
            false => link_or_copy(from, &new),
        });
        taken.map_err(|error| Failure::new(format!("cannot keep {}", from.display())).because(error))
    }

    /// Makes the folders of a file that are missing.
    fn make_folders(&self, file: &Path) -> io::Result<()> {
        let below = file.ancestors().skip(1).take_while(|folder| *folder != self.path);
        let missing: Vec<_> = below.filter(|folder| !folder.is_dir()).collect();
        missing.into_iter().rev().try_for_each(|folder| {
            fs::create_dir(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(ENTERABLE))
        })
    }

    /// Moves the folder to its place, in exchange for the former one if there is one. What remains of that is said, and is no failure.
    pub(super) fn install(self, former: Option<&Path>) -> Result<Option<String>, Failure> {
        let settled = match former {
            Some(former) => make_mode_and_owner_alike(former, &self.path),
            None => fs::set_permissions(&self.path, Permissions::from_mode(ENTERABLE)),
        };
        settled.and_then(|()| sync_folders(&self.path)).map_err(|error| self.failure("", error))?;
        let place = self.target.path();
        let removed = match former {
            None => self.appear(&place).map(|()| None),
            Some(_) => self.exchange(&place),
        };
        let removed = removed.map_err(|error| {
            Failure::new(format!("cannot move the new folder to {}", place.display())).because(error)
        })?;
        self.installed.set(true);
        // The names are exchanged; that they would not survive a power cut is not worth a failure.
        let _ = File::open(self.target.parent()).and_then(|parent| parent.sync_all());
        Ok(removed.and_then(|old| remove(&old)))
    }

    /// Takes a place that nobody has, even if somebody took it a moment ago.
    fn appear(&self, place: &Path) -> io::Result<()> {
        match renameat_with(CWD, &self.path, CWD, place, RenameFlags::NOREPLACE) {
            Err(error) if is_unsupported(error) && fs::symlink_metadata(place).is_err() => {
                fs::rename(&self.path, place)
            }
            result => Ok(result?),
        }
    }

    /// Takes the place of the former folder and returns where that one is now.
    fn exchange(&self, place: &Path) -> io::Result<Option<PathBuf>> {
        match renameat_with(CWD, &self.path, CWD, place, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Some(self.path.clone())),
            Err(error) if is_unsupported(error) => self.exchange_in_steps(place),
            Err(error) => Err(error.into()),
        }
    }

    /// The same where two names cannot change places at once. A death between the steps is mended by the next export.
    fn exchange_in_steps(&self, place: &Path) -> io::Result<Option<PathBuf>> {
        let aside = self.target.neighbour(REPLACED);
        fs::rename(place, &aside)?;
        match fs::rename(&self.path, place) {
            Ok(()) => Ok(Some(aside)),
            Err(error) => fs::rename(&aside, place).and(Err(error)),
        }
    }

    fn failure(&self, file: &str, error: io::Error) -> Failure {
        let place = self.target.path().join(file);
        Failure::new(format!("cannot write {}", place.display())).because(error)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if !self.installed.get() {
            // The next export removes what cannot be removed now.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn write(path: &Path, contents: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(contents.as_bytes())?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

fn make_alike(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    make_mode_and_owner_alike(from, to)
}

/// Only root may give a folder away; for anybody else it stays theirs.
fn make_mode_and_owner_alike(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(from)?;
    let _ = std::os::unix::fs::chown(to, Some(found.uid()), Some(found.gid()));
    fs::set_permissions(to, found.permissions())
}

/// A second name where the file system gives one, else a copy.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    match fs::hard_link(from, to) {
        Err(_) if kind.is_file() => fs::copy(from, to).and_then(|_| File::open(to)?.sync_all()),
        linked => linked,
    }
}

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    match File::open(folder) {
        // One that was taken over may be closed to whoever exports.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        folder => folder?.sync_all(),
    }
}

fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::NOTSUP)
}

/// Removes the former folder; says what could not be removed.
fn remove(old: &Path) -> Option<String> {
    let error = fs::remove_dir_all(old).err()?;
    Some(format!("the former folder is left at {}: {error}", old.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_names_cannot_change_places_the_steps_do_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(&folder.path().join("stack")).unwrap();
        fs::create_dir(target.path()).unwrap();
        fs::write(target.path().join("old"), "").unwrap();
        let staging = Staging::begin(&target).unwrap();
        let aside = staging.exchange_in_steps(&target.path()).unwrap().unwrap();
        assert!(aside.join("old").is_file() && !target.path().join("old").exists());
        fs::remove_dir_all(&aside).unwrap();
        // The new folder is gone: the former one is put back.
        assert!(staging.exchange_in_steps(&target.path()).is_err());
        assert!(target.path().is_dir() && !aside.exists());
    }

    #[test]
    fn a_place_that_was_taken_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(&folder.path().join("stack")).unwrap();
        let staging = Staging::begin(&target).unwrap();
        fs::create_dir(target.path()).unwrap();
        assert!(staging.install(None).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the unfinished folder is still there");
    }
}
