//! Python and the official client of Prometheus for it, which tests let push to our gateway.
//!
//! Python is that of the system. Where there is none, or the client cannot be had, the tests that need them report themselves as
//! skipped.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Outcome, While as _};
use crate::pip;
use crate::process;
use crate::programs::Found;
use crate::repository::Repository;
use crate::terminal;

/// What pip installs, with the version and the hash of its file; a path from the root of the repository.
const REQUIREMENTS: &str = "xtask/prometheus-client.txt";

/// A copy of the requirements under a name that no package has, written last: its presence says that the installation is whole, and
/// its contents of what. Tests are told where it is, and find the client beside it.
const STAMP: &str = "telemetry-python-packages";

/// Finds Python and the client, fetching what is missing where that is possible.
pub(crate) fn provide(repository: &Repository) -> Vec<Found> {
    let python = process::in_path("python3");
    let packages = python.as_ref().and_then(|_| said(packages(repository)));
    vec![
        Found { variable: "TELEMETRY_TEST_PYTHON", name: "python3", path: python },
        Found { variable: "TELEMETRY_TEST_PYTHON_PACKAGES", name: "python packages", path: packages },
    ]
}

/// What cannot be had is no failure yet: the tests that need it say so by name.
fn said<T>(outcome: Outcome<T>) -> Option<T> {
    outcome
        .map_err(|failure| terminal::say(format_args!("the client for Python cannot be had: {failure}")))
        .ok()
}

/// The stamp of an installation of what is required.
fn packages(repository: &Repository) -> Outcome<PathBuf> {
    let (wanted, own) = (repository.root().join(REQUIREMENTS), repository.target()?.join("tools/python"));
    if !is_current(&wanted, &own) {
        terminal::say(format_args!("Installing what {REQUIREMENTS} names into {} …", own.display()));
        install(repository, &wanted, &own)?;
    }
    Ok(own.join(STAMP))
}

fn is_current(wanted: &Path, own: &Path) -> bool {
    let wanted = fs::read(wanted).ok();
    wanted.is_some() && wanted == fs::read(own.join(STAMP)).ok()
}

/// Installs beside the folder and moves it there as a whole.
fn install(repository: &Repository, wanted: &Path, own: &Path) -> Outcome {
    let tools = own.parent().unwrap_or(own);
    fs::create_dir_all(tools).while_doing("cannot create the folder of tools")?;
    let fresh = tempfile::tempdir_in(tools).while_doing("cannot create a temporary folder")?;
    pip::install(repository, REQUIREMENTS, fresh.path())?;
    fs::copy(wanted, fresh.path().join(STAMP)).while_doing("cannot note what was installed")?;
    let _ = fs::remove_dir_all(own);
    fs::rename(fresh.path(), own).while_doing(format_args!("cannot create {}", own.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_pinned_by_version_and_hash() {
        let text = fs::read_to_string(Repository::open().unwrap().root().join(REQUIREMENTS)).unwrap();
        let packages: Vec<_> = text.lines().filter(|line| line.contains("==")).collect();
        assert_eq!(packages.len(), 1, "nothing that it depends on is installed");
        assert!(packages[0].starts_with("prometheus_client==") && text.contains("--hash=sha256:"), "{text}");
    }

    #[test]
    fn an_installation_without_its_stamp_or_of_something_else_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (wanted, own) = (folder.path().join("wanted"), folder.path().join("own"));
        fs::create_dir(&own).unwrap();
        assert!(!is_current(&wanted, &own));
        fs::write(&wanted, "a==1").unwrap();
        assert!(!is_current(&wanted, &own));
        fs::write(own.join(STAMP), "a==2").unwrap();
        assert!(!is_current(&wanted, &own));
        fs::copy(&wanted, own.join(STAMP)).unwrap();
        assert!(is_current(&wanted, &own));
    }
}
