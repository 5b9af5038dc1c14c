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
    keep_what_was_told_so(&target, &instrument)?;
    let mut build = repository.cargo(["build", "--release", "--locked", "--bins", "--target-dir"]);
    build.arg(&target).env("RUSTC_WRAPPER", &instrument);
    process::run(manifest(repository, &mut build))?;
    Ok(target.join("release"))
}

/// What the compiler was told of whatever is in the target folder.
const TOLD: &str = "instrument";

/// Empties the target folder where the compiler was told something else: Cargo does not look into what stands between them, and would keep
/// what is there.
///
/// What it is told is noted before anything is built, so that a build which fails is gone on with.
fn keep_what_was_told_so(target: &Path, instrument: &Path) -> Outcome<()> {
    let now = fs::read(instrument).while_doing("cannot read what the compiler is told")?;
    let told = target.join(TOLD);
    if fs::read(&told).ok().as_ref() == Some(&now) {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(target).while_doing("cannot remove the old fuzz targets")?;
    }
    fs::create_dir_all(target).while_doing("cannot make a folder for the fuzz targets")?;
    fs::write(told, now).while_doing("cannot note what the compiler is told")
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
    fn what_was_built_is_kept_while_the_compiler_is_told_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (target, instrument) = (folder.path().join("target"), folder.path().join("wrapper"));
        let built = target.join("release");
        let is_kept_when_told = |told: &str| {
            fs::write(&instrument, told).unwrap();
            keep_what_was_told_so(&target, &instrument).unwrap();
            let is_kept = built.exists();
            // As a build leaves it that has failed.
            fs::create_dir_all(&built).unwrap();
            is_kept
        };
        assert_eq!(
            ["one", "one", "other", "other", "one"].map(is_kept_when_told),
            [false, true, false, true, false]
        );
        fs::remove_file(target.join(TOLD)).unwrap();
        assert!(!is_kept_when_told("one"), "nobody knows what it was");
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
