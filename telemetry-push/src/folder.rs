//! A folder in which processes leave files for each other, as whoever clears it up sees it.
//!
//! Others may write in there, so nothing is believed of an entry but what the system says of it: no link is followed, nothing but a
//! plain file is read, and of that no more than a bound.

use crate::error::{Context, Error};
use crate::fault;
use crate::lock::try_lock;
use crate::made::BESIDE;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The most that is read of a file of a ledger: 256 MiB. The largest that are known stay far below it.
pub(crate) const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A folder that was entered.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    fd: OwnedFd,
}

/// What stands under a name.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A plain file.
    File(File),
    /// Nothing that this process may look at: it is gone by now, or somebody else's who is just making it.
    Nothing,
    /// A folder, a link, a pipe or the like.
    Odd,
}

impl Folder {
    /// Enters a folder; `None` where there is none.
    pub(crate) fn enter(path: &Path) -> Result<Option<Self>, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { path: path.to_owned(), fd })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(io::Error::from(error)).context("enter", path),
        }
    }

    /// The names of the files that processes leave, those that are being written among them.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let entries = Dir::read_from(self.fd.as_fd()).map_err(io::Error::from).context("read", &self.path)?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io::Error::from).context("read", &self.path)?;
            let ours = |name: &&str| name.ends_with(".prom") || is_beside(name);
            names.extend(entry.file_name().to_str().ok().filter(ours).map(str::to_owned));
        }
        Ok(names)
    }

    /// Opens an entry to read, without waiting for anything.
    pub(crate) fn open(&self, name: &str) -> Result<Entry, Error> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::ACCESS | Errno::PERM) => return Ok(Entry::Nothing),
            Err(Errno::LOOP | Errno::NXIO) => return Ok(Entry::Odd),
            Err(error) => return Err(io::Error::from(error)).context("open", &self.path.join(name)),
        };
        let plain = file.metadata().context("look at", &self.path.join(name))?.is_file();
        Ok(if plain { Entry::File(file) } else { Entry::Odd })
    }

    /// The file of a process that lives; one that a dead process left with its lock is removed.
    pub(crate) fn of_the_living(&self, name: &str) -> Result<Option<File>, Error> {
        loop {
            let Entry::File(file) = self.open(name)? else { return Ok(None) };
            if !try_lock(&file, &self.path.join(name))? {
                return Ok(Some(file));
            }
            // Its process is dead, or has just put another file in its place; and that one is locked already.
            if self.still_has(&file, name) {
                let _swept_later = self.remove(name);
                return Ok(None);
            }
        }
    }

    fn still_has(&self, file: &File, name: &str) -> bool {
        let (Ok(there), Ok(file)) = (statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW), file.metadata())
        else {
            return false;
        };
        (there.st_dev, there.st_ino) == (file.dev(), file.ino())
    }

    /// Removes a file; it is well where there is none.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fault::step()?;
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves an entry elsewhere, whatever it is.
    pub(crate) fn move_away(&self, name: &str, to: &Path) -> Result<(), Error> {
        let moved = fault::step().and_then(|()| Ok(renameat(&self.fd, name, CWD, to)?));
        moved.context("set aside", &self.path.join(name))
    }
}

/// Whether the name is of a file that is being written, or was when its process died.
pub(crate) fn is_beside(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == BESIDE)
}

/// Reads a file, unless it is longer than any of ours.
pub(crate) fn read_bounded(file: &File) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_BYTES).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Entry, Folder};
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_is_followed_and_nothing_but_a_plain_file_is_opened() {
        let root = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (root.path().join("living"), root.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("passwd.prom"), "").unwrap();
        symlink(&elsewhere, &folder).unwrap();
        assert!(Folder::enter(&folder).is_err());
        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        symlink(elsewhere.join("passwd.prom"), folder.join("link.prom")).unwrap();
        fs::create_dir(folder.join("folder.prom")).unwrap();
        let pipe = folder.join("pipe.prom");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        fs::write(folder.join("other"), "").unwrap();
        let folder = Folder::enter(&folder).unwrap().unwrap();
        let mut names = folder.names().unwrap();
        names.sort();
        assert_eq!(names, ["folder.prom", "link.prom", "pipe.prom"]);
        for name in names {
            assert!(matches!(folder.open(&name).unwrap(), Entry::Odd), "{name}");
            assert!(folder.of_the_living(&name).unwrap().is_none());
        }
        assert!(elsewhere.join("passwd.prom").exists());
    }
}
