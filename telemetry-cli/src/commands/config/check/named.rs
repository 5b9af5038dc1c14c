//! The files that settings name: whether they are there, can be read and are kept from strangers. What is in them is not read.

use super::finding::{Finding, Severity};
use rustix::fs::{Access, access};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use telemetry_core::config::{Loaded, NamedFile, Setting, settings};

/// The permission of everybody to read.
const EVERYBODY: u32 = 0o004;

/// What is to be said of the files that a configuration names. `missing` is how bad it is where one cannot be read.
pub(super) fn findings(loaded: &Loaded, missing: Severity) -> Vec<Finding> {
    settings().filter_map(|setting| finding(setting, loaded, missing)).collect()
}

fn finding(setting: &Setting, loaded: &Loaded, missing: Severity) -> Option<Finding> {
    let (kind, file) = (setting.names_file()?, setting.value_in(&loaded.config)?);
    let (severity, problem) = match objection(Path::new(&file), kind) {
        Ok(None) => return None,
        Ok(Some(exposed)) => (Severity::Warning, exposed.to_owned()),
        Err(error) => (missing, format!("cannot be read: {error}")),
    };
    let message = format!("telemetry.{}: the file {file} {problem}", setting.key());
    Some(Finding::at(severity, loaded.origin(setting.key()), message))
}

fn objection(file: &Path, kind: NamedFile) -> io::Result<Option<&'static str>> {
    let about = fs::metadata(file)?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    access(file, Access::READ_OK)?;
    let exposed = kind == NamedFile::Secret && about.permissions().mode() & EVERYBODY != 0;
    Ok(exposed.then_some("can be read by everybody on this machine: chmod 600 keeps it to its owner"))
}
