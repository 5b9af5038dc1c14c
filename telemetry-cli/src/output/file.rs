//! Where a file that was asked for goes: there whole or not at all, or on standard output.

use super::print_bytes;
use crate::failure::{Failure, warn};
use crate::tables::harmless;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What a new file may have; the user's umask takes from it.
const NEW_FILE: u32 = 0o666;

/// Where a result goes that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Stdout,
    /// Where it is, behind any link, and what the user calls it.
    File {
        path: PathBuf,
        named: PathBuf,
    },
}

impl Target {
    /// The target of this name, of which `-` is standard output. Whether anything can go there is known before anybody is asked for what
    /// goes there.
    ///
    /// # Errors
    /// A folder is wrong usage; a place in a folder that is not there is a failure.
    pub(crate) fn of(named: &Path) -> Result<Self, Failure> {
        if named == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let path = match named.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => named.to_owned(),
            Err(error) => return Err(cannot_write(named).because(error)),
        };
        if path.is_dir() {
            let what = format!("{} is a folder", harmless(&named.to_string_lossy()));
            return Err(Failure::usage(what).advice("name a file in it"));
        }
        there_is(folder(&path), named)?;
        Ok(Self::File { path, named: named.to_owned() })
    }

    /// Writes it whole, in the place of a file that is there, or leaves everything as it was. A link is followed; into what is no file,
    /// such as a pipe, it is written as into any other.
    ///
    /// # Errors
    /// What keeps it from being written.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let Self::File { path, named } = self else { return print_bytes(bytes) };
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                let other = OpenOptions::new().write(true).open(path);
                let written = other.and_then(|mut other| other.write_all(bytes));
                written.map_err(|error| cannot_write(named).because(error))
            }
            _ => replace(path, bytes).map_err(|error| cannot_write(named).because(plain(&error))),
        }
    }

    /// Says where it is, and how it is. That is no result, so that nobody hears it who wants only results.
    pub(crate) fn tell(&self, how: &str) {
        if let Self::File { named, .. } = self {
            warn(&format!("wrote {}, {how}", harmless(&named.to_string_lossy())));
        }
    }
}

/// Writes a file whole where there is none; `false` says that there is one, which stays as it was.
///
/// # Errors
/// What keeps it from being written.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    there_is(folder(path), path)?;
    let new = beside(path, bytes).map_err(|error| cannot_write(path).because(plain(&error)))?;
    match new.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot_write(path).because(error.error)),
    }
}

/// Puts bytes in the place of a file's, at one moment, with everything on the disk.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes)?.persist(path).map_err(|error| error.error)?;
    File::open(folder(path)).and_then(|folder| folder.sync_all())
}

/// A file beside its place, to be moved there, with the permissions of what is there.
fn beside(place: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let before = fs::metadata(place).ok().map(|before| before.permissions());
    let permissions = before.clone().unwrap_or_else(|| Permissions::from_mode(NEW_FILE));
    let mut new =
        tempfile::Builder::new().prefix(".telemetry-").permissions(permissions).tempfile_in(folder(place))?;
    new.write_all(bytes)?;
    if let Some(before) = before {
        // The umask may have taken from them.
        new.as_file().set_permissions(before)?;
    }
    new.as_file().sync_all()?;
    Ok(new)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn there_is(folder: &Path, named: &Path) -> Result<(), Failure> {
    match folder.is_dir() {
        true => Ok(()),
        false => {
            let (named, folder) = (named.to_string_lossy(), folder.to_string_lossy());
            let what = format!("cannot write {}: there is no folder {}", harmless(&named), harmless(&folder));
            Err(Failure::new(what))
        }
    }
}

fn cannot_write(path: &Path) -> Failure {
    Failure::new(format!("cannot write {}", harmless(&path.to_string_lossy())))
}

/// The error without the name of the file beside, which means nothing to anybody.
fn plain(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_behind_a_link_and_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("page.html"), folder.path().join("link.html"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Target::of(&link).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o666);
        assert!(!create(&file, b"newer").unwrap() && fs::read(&file).unwrap() == b"new");
        assert!(create(&folder.path().join("other.html"), b"x").unwrap());
        assert!(
            link.is_symlink() && fs::read_dir(folder.path()).unwrap().count() == 3,
            "something is left over"
        );
    }

    #[test]
    fn where_nothing_can_go_is_known_before_anybody_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Target::of(folder.path()).unwrap_err().is_usage());
        let missing = folder.path().join("missing/page.html");
        for failure in [Target::of(&missing).unwrap_err(), create(&missing, b"x").unwrap_err()] {
            assert!(!failure.is_usage() && failure.line().ends_with("missing"), "{}", failure.line());
        }
        fs::write(folder.path().join("file"), "").unwrap();
        let below = Target::of(&folder.path().join("file/page.html")).unwrap_err();
        assert!(below.line().starts_with("cannot write "), "{}", below.line());
    }

    #[test]
    fn what_is_no_file_is_written_into_and_never_replaced() {
        let full = Target::of(Path::new("/dev/full")).unwrap();
        assert!(full.write(b"x").unwrap_err().line().contains("No space left on device"));
        Target::of(Path::new("/dev/null")).unwrap().write(b"x").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        assert_eq!(Target::of(Path::new("-")).unwrap(), Target::Stdout);
    }
}
