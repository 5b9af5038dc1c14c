//! Whether what users get works without this repository: the installed command, and the packaged crates.

use std::process::Command;

use crate::embedded;
use crate::failure::{Failure, Outcome, While as _};
use crate::process;
use crate::repository::Repository;

/// Installs the command as users do, and has it write the monitoring stack into an empty folder.
///
/// It is built like everything else here, unoptimised, so that all of its dependencies are built already.
pub(super) fn install(repository: &Repository) -> Outcome {
    let root = repository.target()?.join("installed");
    let mut cargo =
        repository.cargo(["install", "--path", "telemetry-cli", "--locked", "--debug", "--force"]);
    process::run(cargo.args(["--no-track", "--root"]).arg(&root))?;
    let empty = tempfile::tempdir().while_doing("cannot make an empty folder")?;
    let mut exporting = Command::new(root.join("bin/telemetry"));
    // Of the environment it has nothing: no configuration, and no way to the sources.
    exporting.arg("export-config").env_clear().env("HOME", empty.path()).current_dir(empty.path());
    process::run(&mut exporting)?;
    let compose = empty.path().join("sase-monitoring/docker-compose.yml");
    compose.is_file().then_some(()).ok_or_else(|| Failure::new("export-config wrote no docker-compose.yml"))
}

/// Packages every crate as for the registry, and looks for what the packages would lack.
///
/// They are not built from their packages: that builds every dependency anew for each of them, for minutes, and the one thing that it
/// would find is looked for here.
pub(super) fn package(repository: &Repository) -> Outcome {
    embedded::check(repository.root(), &repository.packages())?;
    // What is not committed yet is packaged too: whoever runs this wants to know before the commit.
    let arguments = ["package", "--workspace", "--no-verify", "--allow-dirty", "--quiet"];
    process::run(&mut repository.cargo(arguments))
}
