//! Finding the configuration file and reading its text, of a bounded length. What is in it is for others.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::sources::FILE_VARIABLE;
use super::yaml::Position;
use super::{ConfigError, Origin, Sources, guard};

/// The name of the file, wherever it is looked for.
const NAME: &str = "sase.yml";

/// A longer file is not read: a configuration has a few kilobytes, and a stranger may have written this one.
const LONGEST: usize = 1 << 20;

/// A file that was found, with its text.
pub(super) struct FoundFile {
    /// The file as it was opened.
    pub(super) path: PathBuf,
    /// The file as a person in the current folder would name it.
    pub(super) shown: PathBuf,
    pub(super) text: String,
    /// Whether the user named it or keeps it in their own folder, rather than it just being where the program runs.
    pub(super) trusted: bool,
}

impl FoundFile {
    /// The folder that relative paths in the file start from.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    pub(super) fn at(&self, Position { line, column }: Position) -> Origin {
        Origin::File { path: self.shown.clone(), line, column }
    }
}

/// The file that holds the configuration, if there is one.
pub(super) fn find(sources: &Sources) -> Result<Option<FoundFile>, ConfigError> {
    if let Some(file) = &sources.file {
        return named(sources, file, "--config").map(Some);
    }
    if let Some(file) = sources.variable(FILE_VARIABLE) {
        return named(sources, Path::new(file), FILE_VARIABLE).map(Some);
    }
    match beside_the_program(sources)? {
        Some(file) => Ok(Some(file)),
        None => of_the_user(sources),
    }
}

/// The user's own file, which a found file may shadow.
pub(super) fn of_the_user(sources: &Sources) -> Result<Option<FoundFile>, ConfigError> {
    users_path(sources).map_or(Ok(None), |path| found(path.clone(), path, true))
}

fn users_path(sources: &Sources) -> Option<PathBuf> {
    Some(sources.user_config_dir.as_ref()?.join("sase").join(NAME))
}

fn beside_the_program(sources: &Sources) -> Result<Option<FoundFile>, ConfigError> {
    let path = sources.current_dir.join(NAME);
    // Whoever works in their own configuration folder, or links to the file in it, finds what they wrote themselves.
    let own = users_path(sources).is_some_and(|users| same_file(&users, &path));
    found(path, PathBuf::from(NAME), own)
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

fn named(sources: &Sources, file: &Path, named_by: &'static str) -> Result<FoundFile, ConfigError> {
    let path = sources.current_dir.join(file);
    let bytes = read_start(&path).map_err(|source| ConfigError::NamedFile {
        path: file.to_owned(),
        named_by,
        source,
    })?;
    checked(path, file.to_owned(), bytes, true)
}

fn found(path: PathBuf, shown: PathBuf, trusted: bool) -> Result<Option<FoundFile>, ConfigError> {
    match fs::metadata(&path) {
        Ok(about) if about.is_file() => {}
        // Opening a pipe would wait for whoever writes to it.
        Ok(_) => {
            return Err(ConfigError::NotAConfiguration {
                path: shown,
                problem: "found where a configuration file belongs, but it is not a file",
            });
        }
        Err(error) if is_absent(&error) => return Ok(None),
        Err(source) => return Err(ConfigError::FoundFile { path: shown, source }),
    }
    match read_start(&path) {
        Ok(bytes) => checked(path, shown, bytes, trusted).map(Some),
        Err(source) => Err(ConfigError::FoundFile { path: shown, source }),
    }
}

/// To ask about a file takes a permission on its folders only. Without it, as for a service that kept the HOME of
/// root, there is no file for this user.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied)
}

fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn checked(path: PathBuf, shown: PathBuf, bytes: Vec<u8>, trusted: bool) -> Result<FoundFile, ConfigError> {
    if bytes.len() > LONGEST {
        let problem = "longer than 1 MiB, which no configuration is";
        return Err(ConfigError::NotAConfiguration { path: shown, problem });
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| not_utf8(shown.clone(), error.as_bytes(), error.utf8_error()))?;
    match guard::objection(&text) {
        None => Ok(FoundFile { path, shown, text, trusted }),
        Some(problem) => Err(ConfigError::NotAConfiguration { path: shown, problem }),
    }
}

fn not_utf8(path: PathBuf, bytes: &[u8], cause: std::str::Utf8Error) -> ConfigError {
    let before = String::from_utf8_lossy(&bytes[..cause.valid_up_to()]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ConfigError::Yaml {
        at: Origin::File { path, line, column },
        message: "the file is not UTF-8 text".to_owned(),
        cause: Box::new(cause),
    }
}
