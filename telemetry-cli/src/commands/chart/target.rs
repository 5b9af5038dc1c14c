//! The file that is written, its format, and writing it whole.

use crate::failure::Failure;
use crate::output::print_bytes;
use clap::ValueEnum;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What a picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Pixels
    Png,
    /// Shapes and text
    Svg,
}

/// Where a picture goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// `None` is standard output.
    file: Option<PathBuf>,
    pub(super) format: Format,
}

impl Target {
    /// The target that a path names. A terminal shows no PNG.
    pub(super) fn new(output: &Path, format: Option<Format>) -> Result<Self, Failure> {
        if output.as_os_str() == "-" {
            let format = format.unwrap_or(Format::Svg);
            if format == Format::Png && io::stdout().is_terminal() {
                return Err(Failure::usage("a terminal shows no PNG; -o FILE.png writes a file"));
            }
            return Ok(Self { file: None, format });
        }
        let told = by_ending(output);
        match (told, format) {
            (Some(told), Some(format)) if told != format => {
                let what = format!("the ending of {} says another format than --format", output.display());
                Err(Failure::usage(what))
            }
            (Some(format), _) | (None, Some(format)) => Ok(Self { file: Some(output.to_owned()), format }),
            (None, None) => {
                let what = format!("the ending of {} says no format that there is", output.display());
                Err(Failure::usage(what).advice("a file ends in .png or .svg"))
            }
        }
    }

    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Writes the picture.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.file {
            Some(file) => replace(file, bytes),
            None => print_bytes(bytes),
        }
    }
}

fn by_ending(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Format::value_variants().iter().find(|format| Format::ending(**format) == ending).copied()
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

/// Writes a file whole, in the place of one that is there, or leaves everything as it was. A link is followed; into what is no file, such
/// as a pipe, it is written as into any other.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("cannot write {}", path.display())).because(error);
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&place) {
        Ok(there) if there.is_dir() => Err(Failure::usage(format!("{} is a folder", path.display()))),
        Ok(there) if !there.is_file() => {
            let mut other = OpenOptions::new().write(true).open(&place).map_err(failed)?;
            other.write_all(bytes).map_err(failed)
        }
        _ => {
            let file = beside(&place, bytes)?;
            file.persist(&place).map(drop).map_err(|error| failed(error.error))
        }
    }
}

/// Writes a file whole where there is none; `false` says that there is one, which stays as it was.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    match beside(path, bytes)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Failure::new(format!("cannot write {}", path.display())).because(error.error)),
    }
}

/// A file beside its place, to be moved there, with everything on the disk.
fn beside(place: &Path, bytes: &[u8]) -> Result<NamedTempFile, Failure> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let what = format!("cannot write {}: there is no folder {}", place.display(), folder.display());
        return Err(Failure::new(what));
    }
    // The mode of any new file, from which the user's mask takes its part.
    let mode = fs::metadata(place).map_or(Permissions::from_mode(0o666), |there| there.permissions());
    let new = tempfile::Builder::new().prefix(".telemetry-").permissions(mode).tempfile_in(folder);
    let written = new.and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    written.map_err(|error| Failure::new(format!("cannot write {}", place.display())).because(plain(&error)))
}

/// The error without the name of the file beside, which means nothing to anybody.
fn plain(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format_in_whatever_case() {
        let format = |path: &str, format| Target::new(Path::new(path), format).map(|target| target.format);
        assert_eq!(format("a.PNG", None).unwrap(), Format::Png);
        assert_eq!(format("b.c/d.svg", None).unwrap(), Format::Svg);
        assert_eq!(format("-", None).unwrap(), Format::Svg);
        assert_eq!(format("noending", Some(Format::Png)).unwrap(), Format::Png);
        for (path, told) in [("a.pdf", None), ("png", None), (".svg", None), ("a.png", Some(Format::Svg))] {
            assert!(format(path, told).unwrap_err().is_usage(), "{path}");
        }
    }

    #[test]
    fn a_file_is_replaced_whole_or_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.svg");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(replace(&folder.path().join("missing/a.svg"), b"x").unwrap_err().line().ends_with("missing"));
        assert!(!create(&path, b"newer").unwrap() && fs::read(&path).unwrap() == b"new");
        assert!(replace(folder.path(), b"x").unwrap_err().is_usage());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "something is left over");
    }
}
