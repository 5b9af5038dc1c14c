//! The npm packages that tests run: published types and validators of the files that we generate.
//!
//! They are pinned, with their hashes, by a lockfile beside the tests, and installed from it into a folder of the target folder.
//! Where that is not possible, the tests that need them report themselves as skipped.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Outcome, While as _};
use crate::node::{self, Node};
use crate::process;
use crate::programs::Found;
use crate::repository::Repository;
use crate::terminal;

/// Where the lockfile is, from the root of the repository.
const SOURCE: &str = "telemetry-cli/tests/real/npm";

/// What npm reads; the lockfile comes first.
const FILES: [&str; 3] = ["package-lock.json", "package.json", ".npmrc"];

/// A copy of the lockfile under a name that no package has, written last: its presence says that the installation is whole,
/// and its contents of which packages. Tests are told where it is.
const STAMP: &str = "telemetry-npm-packages";

/// Finds Node.js and the packages, fetching what is missing where that is possible.
pub(crate) fn provide(repository: &Repository) -> Vec<Found> {
    let node = said(node::provide(repository));
    let packages = node.as_ref().and_then(|node| said(packages(repository, node)));
    vec![
        Found { variable: node::VARIABLE, name: "node", path: node.map(|node| node.program) },
        Found { variable: "TELEMETRY_TEST_NPM_PACKAGES", name: "npm packages", path: packages },
    ]
}

/// What cannot be had is no failure yet: the tests that need it say so by name.
fn said<T>(outcome: Outcome<T>) -> Option<T> {
    outcome.map_err(|failure| terminal::say(format_args!("npm packages cannot be had: {failure}"))).ok()
}

/// The stamp of an installation that the lockfile describes.
fn packages(repository: &Repository, node: &Node) -> Outcome<PathBuf> {
    let (source, own) = (repository.root().join(SOURCE), repository.target()?.join("npm"));
    if !is_current(&source, &own) {
        terminal::say(format_args!("Installing the npm packages of {SOURCE} into {} …", own.display()));
        // A registry fails now and then.
        install(&source, &own, node).or_else(|_| install(&source, &own, node))?;
    }
    Ok(own.join(STAMP))
}

fn is_current(source: &Path, own: &Path) -> bool {
    let wanted = fs::read(source.join(FILES[0])).ok();
    wanted.is_some() && wanted == fs::read(own.join(STAMP)).ok()
}

/// Installs beside the folder and moves it there as a whole.
fn install(source: &Path, own: &Path, node: &Node) -> Outcome {
    let target = own.parent().unwrap_or(own);
    let fresh = tempfile::tempdir_in(target).while_doing("cannot create a temporary folder")?;
    for file in FILES {
        copy(&source.join(file), &fresh.path().join(file))?;
    }
    let mut npm = node.npm();
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    process::run(npm.current_dir(fresh.path()))?;
    copy(&source.join(FILES[0]), &fresh.path().join(STAMP))?;
    let _ = fs::remove_dir_all(own);
    fs::rename(fresh.path(), own).while_doing(format_args!("cannot create {}", own.display()))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(drop).while_doing(format_args!("cannot copy {}", from.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn source() -> PathBuf {
        Repository::open().unwrap().root().join(SOURCE)
    }

    #[test]
    fn every_package_is_pinned_by_hash_and_names_no_registry() {
        let text = fs::read_to_string(source().join(FILES[0])).unwrap();
        let lockfile: Value = serde_json::from_str(&text).unwrap();
        let packages = lockfile["packages"].as_object().unwrap();
        assert!(packages.len() > 1);
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().unwrap().starts_with("sha512-"), "{name}");
            assert!(package.get("resolved").is_none(), "{name} names the registry of one machine");
        }
    }

    #[test]
    fn the_lockfile_is_that_of_the_manifest() {
        let read = |file: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(source().join(file)).unwrap()).unwrap()
        };
        assert_eq!(
            read("package-lock.json")["packages"][""]["dependencies"],
            read("package.json")["dependencies"]
        );
    }

    #[test]
    fn an_installation_without_its_stamp_or_of_other_packages_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (source, own) = (source(), folder.path());
        copy(&source.join("package.json"), &own.join("package.json")).unwrap();
        assert!(!is_current(&source, own));
        fs::write(own.join(STAMP), "{}").unwrap();
        assert!(!is_current(&source, own));
        copy(&source.join(FILES[0]), &own.join(STAMP)).unwrap();
        assert!(is_current(&source, own));
        assert!(!is_current(own.join("nowhere").as_path(), own));
    }
}
