//! A small JSON document with a version, which is replaced as a whole: what stands in it was true at some time.
//!
//! One that is damaged, or that another version has written, is set aside, and never a reason not to start.

use crate::upkeep::now;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The longest document that is read, in bytes.
pub(crate) const LONGEST: u64 = 64 * 1024 * 1024;

/// What is known of every document, whoever wrote it.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize)]
struct Written<'a, T> {
    version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// What stands in the document, `None` where there is none; or why that cannot be used.
///
/// # Errors
/// Where there is one that cannot be read.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, version: u32) -> io::Result<Option<Result<T, String>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    Ok(Some(content(&text, version)))
}

fn content<T: DeserializeOwned>(text: &[u8], version: u32) -> Result<T, String> {
    let found: Versioned = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if found.version != version {
        return Err(format!("it has version {}, and {version} is what is known here", found.version));
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// Moves a document away, and returns where to.
///
/// # Errors
/// Where it stays.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = beside(path, &format!(".set-aside-{}", now()));
    fs::rename(path, &aside).map(|()| aside)
}

/// Replaces the document. It is on disk when this returns.
///
/// # Errors
/// Where it is not. The one before is there then.
pub(crate) fn write<T: Serialize>(path: &Path, version: u32, content: &T) -> io::Result<()> {
    replace(path, &text(version, content)?)
}

/// What [`write`] writes.
///
/// # Errors
/// Where the content is none that JSON has.
pub(crate) fn text<T: Serialize>(version: u32, content: &T) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Written { version, content })?)
}

/// Replaces the document by a text that was made before. It is on disk when this returns.
///
/// # Errors
/// Where it is not. The one before is there then.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = beside(path, ".new");
    let mut open = OpenOptions::new();
    let mut file = open.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

/// A file in the same folder with this behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
