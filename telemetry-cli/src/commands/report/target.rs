//! Where the page goes: a file that is there whole or not at all, or standard output.

use crate::failure::Failure;
use crate::output::print;
use std::fs::{File, Permissions, metadata};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What a new file may have; the user's umask takes from it.
const NEW_FILE: u32 = 0o666;

/// Where a page goes.
#[derive(Debug)]
pub(super) enum Target {
    Stdout,
    /// A file: where it is, behind any link, and what the user calls it.
    File {
        path: PathBuf,
        named: PathBuf,
    },
}

impl Target {
    /// Looks whether a page can go there, before anybody is asked for what stands on it.
    pub(super) fn of(named: &Path) -> Result<Self, Failure> {
        if named == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let path = match named.canonicalize() {
            Ok(path) if path.is_file() => path,
            Ok(_) => {
                return Err(
                    Failure::new(format!("{} is not a file", named.display())).advice("Name another one.")
                );
            }
            Err(error) if error.kind() == ErrorKind::NotFound => named.to_owned(),
            Err(error) => return Err(cannot_write(named, error)),
        };
        let is_folder = metadata(folder(&path)).map_err(|error| cannot_write(named, error))?.is_dir();
        match is_folder {
            true => Ok(Self::File { path, named: named.to_owned() }),
            false => Err(cannot_write(named, ErrorKind::NotADirectory.into())),
        }
    }

    /// Writes the page, and says where it is; nothing for standard output.
    pub(super) fn write(&self, page: &str) -> Result<Option<String>, Failure> {
        match self {
            Self::Stdout => print(page).map(|_written| None),
            Self::File { path, named } => {
                replace(path, page).map_err(|error| cannot_write(named, error))?;
                Ok(Some(named.display().to_string()))
            }
        }
    }
}

/// Puts a text in the place of the file's, at one moment.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let before = metadata(path).ok().map(|before| before.permissions());
    let permissions = before.clone().unwrap_or_else(|| Permissions::from_mode(NEW_FILE));
    let mut builder = tempfile::Builder::new();
    let mut new: NamedTempFile =
        builder.prefix(".report-").suffix(".html").permissions(permissions).tempfile_in(folder(path))?;
    new.write_all(text.as_bytes())?;
    if let Some(before) = before {
        // The umask may have taken from them.
        new.as_file().set_permissions(before)?;
    }
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    File::open(folder(path)).and_then(|folder| folder.sync_all())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot_write(path: &Path, error: io::Error) -> Failure {
    Failure::new(format!("cannot write {}", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_page_replaces_the_file_behind_a_link_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("page.html"), folder.path().join("link.html"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let said = Target::of(&link).unwrap().write("new").unwrap();
        assert_eq!(said.as_deref(), link.to_str());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink() && fs::read_dir(folder.path()).unwrap().count() == 2);
    }

    #[test]
    fn where_no_page_can_go_is_known_before_anybody_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Target::of(folder.path()).unwrap_err().line().contains("is not a file"));
        let nowhere = folder.path().join("missing/page.html");
        assert!(Target::of(&nowhere).unwrap_err().line().starts_with("cannot write "));
    }
}
