//! Building all fuzz targets in one go, instrumented down to the last dependency.

use std::path::PathBuf;

use super::{committed, root};
use crate::cargo_tool;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::repository::Repository;

/// One optimised build with overflow checks, in a target folder of its own since everything is instrumented; returns the folder of the
/// programs.
///
/// The stable toolchain is told to take the flags of instrumentation, which need no nightly one as long as no sanitizer is asked for: this
/// is safe code, in which a panic or a check that fails is what there is to find.
pub(crate) fn build(repository: &Repository) -> Outcome<PathBuf> {
    let (fuzz, target) = (committed(repository), root(repository)?.join("target"));
    let mut command = repository.cargo(["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"]);
    process::run(&mut command)?;
    let host = host(repository)?;
    let mut command = process::with_cargos_environment(cargo_tool::FUZZ.provide(repository)?);
    command.args(["fuzz", "build", "--sanitizer", "none", "--codegen-units", "16", "--target", &host]);
    command.arg("--fuzz-dir").arg(fuzz).arg("--target-dir").arg(&target);
    process::run(command.env("RUSTC_BOOTSTRAP", "1").current_dir(repository.root()))?;
    Ok(target.join(host).join("release"))
}

/// What this machine is, as the compiler calls it.
fn host(repository: &Repository) -> Outcome<String> {
    let said = process::capture(&mut repository.cargo(["--version", "--verbose"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("cargo does not say what this machine is"))
}
