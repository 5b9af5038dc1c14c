//! Where the folder is to be, and what must not be replaced.

use crate::failure::Failure;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The place of the folder: a name in a folder above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    parent: PathBuf,
    name: OsString,
}

impl Target {
    /// The place that a path names, from the current folder; a slash at its end says nothing.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let usable = |path: &Path| Some(Self { parent: above(path), name: path.file_name()?.to_owned() });
        // A path that ends in dots names a folder by where it leads. What is compared is the last part as it is written, since `Path`
        // passes over a dot at the end.
        let written = path.as_os_str().as_encoded_bytes();
        let dots =
            matches!(written.rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()), Some(b"." | b".."));
        let led = if dots { fs::canonicalize(path) } else { Ok(path.to_owned()) };
        let led =
            led.map_err(|error| Failure::new(format!("cannot find {}", path.display())).because(error))?;
        usable(&led).ok_or_else(|| {
            Failure::usage(format!("no folder to write: {:?} names none", path.display().to_string()))
        })
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The folder above it.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// A hidden neighbour of the folder, on the same file system.
    pub(super) fn neighbour(&self, purpose: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(OsStr::new(purpose));
        self.parent.join(name)
    }

    /// Makes the folders above it that are missing.
    pub(super) fn make_parents(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.parent).map_err(|error| {
            Failure::new(format!("cannot make the folder {}", self.parent.display())).because(error)
        })
    }

    /// The folder that stands there and is to be replaced, if one does.
    pub(super) fn former(&self, force: bool) -> Result<Option<PathBuf>, Failure> {
        let path = self.path();
        let found = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            found => found
                .map_err(|error| Failure::new(format!("cannot look at {}", path.display())).because(error))?,
        };
        let elsewhere = "Name another folder with -o.";
        if !found.is_dir() {
            let what = if found.is_symlink() { "a symbolic link" } else { "no folder" };
            return Err(
                Failure::new(format!("{} is there already and is {what}", path.display())).advice(elsewhere)
            );
        }
        if !force {
            let advice = "Replace it with -f, which keeps .env and every file that is yours, or name another folder with -o.";
            return Err(Failure::new(format!("{} is there already", path.display())).advice(advice));
        }
        if is_lived_in(&path) {
            let message = format!(
                "{} is the current folder, one above it, or your home: it is not replaced",
                path.display()
            );
            return Err(Failure::usage(message).advice(elsewhere));
        }
        Ok(Some(path))
    }
}

/// The folder above a path; that of a mere name is the current one.
fn above(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Whether replacing the folder would pull the ground away from under whoever asked: a shell would go on in the removed one.
fn is_lived_in(path: &Path) -> bool {
    let homes = [std::env::current_dir().ok(), std::env::var_os("HOME").map(PathBuf::from)];
    let Ok(path) = fs::canonicalize(path) else { return false };
    homes
        .into_iter()
        .flatten()
        .filter_map(|home| fs::canonicalize(home).ok())
        .any(|home| home.starts_with(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_name_in_a_folder() {
        for (path, parent, name) in [
            ("sase-monitoring", ".", "sase-monitoring"),
            ("./sase-monitoring/", ".", "sase-monitoring"),
            ("a/b//", "a", "b"),
            ("/a", "/", "a"),
        ] {
            let target = Target::new(Path::new(path)).unwrap();
            assert_eq!((target.parent(), &*target.name), (Path::new(parent), OsStr::new(name)), "{path}");
        }
        let here = std::env::current_dir().unwrap();
        for dots in [".", "src/..", "./"] {
            assert_eq!(Target::new(Path::new(dots)).unwrap().path(), here.canonicalize().unwrap(), "{dots}");
        }
        assert!(Target::new(Path::new("/")).is_err() && Target::new(Path::new("")).is_err());
    }

    #[test]
    fn neighbours_are_hidden_and_beside_it() {
        let target = Target::new(Path::new("a/b")).unwrap();
        assert_eq!(target.neighbour(".unfinished"), Path::new("a/.b.unfinished"));
    }

    #[test]
    fn what_is_lived_in_is_not_replaced() {
        assert!(is_lived_in(Path::new(".")) && is_lived_in(Path::new("/")));
        assert!(!is_lived_in(Path::new("src")));
    }
}
