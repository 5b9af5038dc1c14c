//! The file that is to be written: what is there now, and replacing it at one moment.

use crate::failure::Failure;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use telemetry_core::config::{Config, ConfigError, Sources, has_section, load};
use tempfile::NamedTempFile;

/// What a new file may have; the user's umask takes from it.
const NEW_FILE: u32 = 0o666;

/// What is there before.
#[derive(Debug)]
pub(super) enum Before {
    Nothing,
    /// A file of other programs, with its text.
    WithoutSection(String),
    /// A file with the section.
    WithSection,
    /// A file of which nobody can say whether it has one.
    Unreadable(ConfigError),
}

/// A file that is to be written.
#[derive(Debug)]
pub(super) struct Target {
    /// Where the text goes: behind any link.
    path: PathBuf,
    before: Before,
}

impl Target {
    /// Looks at what is there.
    pub(super) fn look(path: &Path) -> Result<Self, Failure> {
        let failure = |error| Failure::new(format!("cannot read {}", path.display())).because(error);
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), before: Before::Nothing });
            }
            Err(error) => return Err(failure(error)),
        };
        if !real.is_file() {
            return Err(Failure::new(format!("{} is not a file", path.display())).advice("Name another one."));
        }
        let before = match has_section(&real) {
            Ok(true) => Before::WithSection,
            Ok(false) => Before::WithoutSection(fs::read_to_string(&real).map_err(failure)?),
            Err(error) => Before::Unreadable(error),
        };
        Ok(Self { path: real, before })
    }

    pub(super) const fn before(&self) -> &Before {
        &self.before
    }

    /// Writes a file that is not there yet. If it is by now, it is left as it is.
    pub(super) fn create(&self, text: &str) -> Result<(), Failure> {
        let folder = self.folder();
        fs::create_dir_all(folder).map_err(|error| self.failure(error))?;
        let new = self.written(text, Permissions::from_mode(NEW_FILE))?;
        new.persist_noclobber(&self.path).map_err(|error| self.failure(error.error))?;
        self.settle()
    }

    /// Puts a text in the place of the file's, at one moment.
    pub(super) fn replace(&self, text: &str) -> Result<(), Failure> {
        let permissions = fs::metadata(&self.path).map_err(|error| self.failure(error))?.permissions();
        let new = self.written(text, permissions.clone())?;
        // The umask may have taken from them.
        new.as_file().set_permissions(permissions).map_err(|error| self.failure(error))?;
        new.persist(&self.path).map_err(|error| self.failure(error.error))?;
        self.settle()
    }

    /// Gives the file a second name beside it, under which it stays when it is replaced.
    pub(super) fn keep(&self) -> Result<PathBuf, Failure> {
        let name = |number: usize| {
            let mut name = self.path.clone().into_os_string();
            name.push(if number == 0 { ".bak".to_owned() } else { format!(".bak{number}") });
            PathBuf::from(name)
        };
        for number in 0.. {
            match fs::hard_link(&self.path, name(number)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(self.failure(error)),
                Ok(()) => return Ok(name(number)),
            }
        }
        Err(self.failure(ErrorKind::AlreadyExists.into()))
    }

    /// The text in a file beside the place, on the disk, and read as a configuration.
    fn written(&self, text: &str, permissions: Permissions) -> Result<NamedTempFile, Failure> {
        let mut builder = tempfile::Builder::new();
        let made =
            builder.prefix(".sase-").suffix(".yml").permissions(permissions).tempfile_in(self.folder());
        // The name of that file, which the error tells too, says nothing to anybody.
        let mut new = made.map_err(|error| self.failure(error.kind().into()))?;
        let wrote = new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all());
        wrote.map_err(|error| self.failure(error))?;
        match means(new.path()) {
            Ok(config) if config == Config::default() => Ok(new),
            Ok(_) => Err(self.refused()),
            Err(error) => Err(self.refused().because(error)),
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Brings the new name to the disk as well.
    fn settle(&self) -> Result<(), Failure> {
        File::open(self.folder()).and_then(|folder| folder.sync_all()).map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::new(format!("cannot write {}", self.path.display())).because(error)
    }

    /// A file in one pair of brackets, or of several documents, has no end to which a section could be added.
    fn refused(&self) -> Failure {
        let message = format!(
            "{} was left as it is: with the section at its end it would not be readable",
            self.path.display()
        );
        Failure::new(message)
            .advice("`telemetry config init --print` prints the section, to be put where it belongs.")
    }
}

/// What the file means by itself.
fn means(path: &Path) -> Result<Config, ConfigError> {
    load(&Sources { file: Some(path.to_owned()), ..Sources::default() }).map(|loaded| loaded.config)
}
