//! Building all fuzz targets in one go.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{committed, root};
use crate::failure::{Outcome, While};
use crate::process;
use crate::repository::Repository;

/// One optimised build with overflow checks, in a target folder of its own; returns the folder of the programs.
///
/// `fuzz/instrument` stands between cargo and the compiler. Flags for the whole build would instrument every dependency, which takes
/// longer to compile than all the rest. No sanitizer is needed, and so no nightly toolchain: this is safe code, in which a panic or a
/// check that fails is what there is to find.
pub(crate) fn build(repository: &Repository) -> Outcome<PathBuf> {
    process::run(manifest(repository, &mut repository.cargo(["fmt", "--check"])))?;
    let target = root(repository)?.join("target");
    let instrument = committed(repository).join("instrument");
    forget_what_was_told_otherwise(&target, &instrument)?;
    let mut build = repository.cargo(["build", "--release", "--locked", "--bins", "--target-dir"]);
    build.arg(&target).env("RUSTC_WRAPPER", &instrument);
    process::run(manifest(repository, &mut build))?;
    fs::copy(&instrument, target.join(TOLD)).while_doing("cannot note what the compiler was told")?;
    Ok(target.join("release"))
}

/// What the compiler was told when the target folder was filled.
const TOLD: &str = "instrument";

/// Cargo does not look into what stands between it and the compiler, and would keep what is there.
fn forget_what_was_told_otherwise(target: &Path, instrument: &Path) -> Outcome<()> {
    let now = fs::read(instrument).while_doing("cannot read what the compiler is told")?;
    if target.exists() && fs::read(target.join(TOLD)).ok() != Some(now) {
        fs::remove_dir_all(target).while_doing("cannot remove the old fuzz targets")?;
    }
    Ok(())
}

/// The command, told that it is about the fuzz targets.
fn manifest<'c>(repository: &Repository, cargo: &'c mut Command) -> &'c mut Command {
    cargo.arg("--manifest-path").arg(committed(repository).join("Cargo.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler is told of a package's crate, as the shell would print it.
    fn told(package: &str, name: &str) -> String {
        let wrapper = committed(&Repository::open().unwrap()).join("instrument");
        let mut compiler = Command::new(wrapper);
        compiler.args(["echo", "--crate-name", name]);
        process::capture(compiler.env("CARGO_PKG_NAME", package).env("CARGO_CRATE_NAME", name)).unwrap()
    }

    #[test]
    fn what_is_tried_is_instrumented_and_nothing_else() {
        let manifest = committed(&Repository::open().unwrap()).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let tried =
            manifest.lines().filter_map(|line| line.split_once(" = { path = \"../")).map(|(name, _)| name);
        let tried: Vec<_> = tried.chain(["telemetry-fuzz"]).collect();
        assert_eq!(tried.len(), 5, "{tried:?}");
        for package in tried {
            assert!(
                told(package, &package.replace('-', "_")).contains("-Cpasses=sancov-module"),
                "{package}"
            );
            assert_eq!(told(package, "build_script_build"), "--crate-name build_script_build\n");
        }
        assert_eq!(told("tokio", "tokio"), "--crate-name tokio\n");
    }
}
