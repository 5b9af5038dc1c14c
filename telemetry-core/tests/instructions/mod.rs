//! What a program does in instructions, which do not depend on the machine.
//!
//! They are counted by the program that `TELEMETRY_TEST_VALGRIND` names or the path finds, which `cargo xtask test` provides; without it a test
//! is skipped, and where `CI` is set it fails.

#[path = "../skip/mod.rs"]
mod skip;

use std::env;
use std::fmt::Debug;
use std::path::PathBuf;
use std::process::{Command, Output};

/// An example of this package that does what its arguments say, and the program that counts.
pub(crate) struct Counted {
    valgrind: PathBuf,
    example: PathBuf,
}

impl Counted {
    /// Builds the example as a program is built that is given to users. Where nothing can count, this test is skipped.
    pub(crate) fn build(example: &str, test: &str) -> Option<Self> {
        Self::build_with(&[], example, test)
    }

    /// The same with these flags, in the place of the one that was built without them.
    pub(crate) fn build_with(flags: &[&str], example: &str, test: &str) -> Option<Self> {
        let Some(valgrind) = valgrind() else {
            skip::skip(test, "needs valgrind");
            return None;
        };
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        let profile = ["build", "--release", "--locked"];
        succeed(build.args(profile).args(flags).args(["--package", "telemetry-core", "--example", example]));
        let test = env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        Some(Self { valgrind, example: target.join("release/examples").join(example) })
    }

    /// The instructions of the whole program with these arguments.
    pub(crate) fn instructions(&self, arguments: &[&str]) -> f64 {
        let mut run = Command::new(&self.valgrind);
        run.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
        let output = succeed(run.arg(&self.example).args(arguments));
        let report = String::from_utf8(output.stderr).unwrap();
        let total =
            report.lines().find_map(|line| line.split_once("I   refs:").or(line.split_once("I refs:")));
        total.unwrap().1.trim().replace(',', "").parse().unwrap()
    }
}

/// Says what each work takes, and fails with all that take more than they may.
pub(crate) fn hold<W: Copy + Debug>(limits: &[(W, f64)], taken: impl Fn(W) -> f64) {
    let excess: Vec<_> = limits
        .iter()
        .map(|(work, limit)| (*work, *limit, taken(*work)))
        .inspect(|(work, limit, taken)| println!("{work:?}: {taken:.1} of {limit}"))
        .filter(|(_, limit, taken)| taken > limit)
        .collect();
    assert!(excess.is_empty(), "work, allowed, taken: {excess:?}");
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn valgrind() -> Option<PathBuf> {
    let told = env::var_os("TELEMETRY_TEST_VALGRIND").filter(|path| !path.is_empty()).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    told.or_else(|| env::split_paths(&path).map(|folder| folder.join("valgrind")).find(|file| file.is_file()))
}
