//! Building all fuzz targets in one go.

use std::path::PathBuf;
use std::process::Command;

use super::{committed, root};
use crate::failure::Outcome;
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
    let mut build = repository.cargo(["build", "--release", "--locked", "--bins", "--target-dir"]);
    build.arg(&target).env("RUSTC_WRAPPER", committed(repository).join("instrument"));
    process::run(manifest(repository, &mut build))?;
    Ok(target.join("release"))
}

/// The command, told that it is about the fuzz targets.
fn manifest<'c>(repository: &Repository, cargo: &'c mut Command) -> &'c mut Command {
    cargo.arg("--manifest-path").arg(committed(repository).join("Cargo.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
