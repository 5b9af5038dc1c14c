//! Installing what PyPI has prebuilt, pinned by version and hash in a requirements file beside this crate's manifest.

use std::path::Path;
use std::process::Command;

use crate::debian::Depot;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::repository::Repository;

/// The Debian package of pip, and the name of its program.
const PACKAGE: (&str, &str) = ("python3-pip", "pip3");

/// Installs what the requirements file (a path from the root of the repository) names, and nothing that it depends on, into a
/// folder. An interrupted installation may leave a part of it there.
pub(crate) fn install(repository: &Repository, requirements: &str, folder: &Path) -> Outcome {
    let mut pip = provide(repository)?;
    pip.args(["--quiet", "--disable-pip-version-check", "install", "--no-deps", "--upgrade"]);
    pip.args(["--require-hashes", "--only-binary", ":all:", "--requirement", requirements, "--target"]);
    // The target folder is no part of the system, so that pip's warning about being root does not apply.
    pip.env("PIP_ROOT_USER_ACTION", "ignore");
    process::run(pip.arg(folder).current_dir(repository.root()))
}

/// The pip of the Python in `PATH`, else the one that was unpacked before, else Debian's.
fn provide(repository: &Repository) -> Outcome<Command> {
    let of_python = || {
        let mut python = Command::new("python3");
        python.args(["-m", "pip"]);
        python
    };
    if process::succeeds(of_python().arg("--version")) {
        return Ok(of_python());
    }
    let depot = Depot::new(repository.target()?.join("debian"));
    let (package, program) = PACKAGE;
    let own = depot.program(program);
    if !process::succeeds(Command::new(&own).arg("--version")) {
        unpack(&depot, package, program)?;
    }
    Ok(Command::new(own))
}

fn unpack(depot: &Depot, package: &str, program: &str) -> Outcome {
    if !Depot::is_possible() {
        return Err(Failure::new("there is no pip, and none can be unpacked on this system"));
    }
    depot.unpack(package, &[program], true)
}
