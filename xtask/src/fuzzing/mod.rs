//! Fuzzing: which targets there are, and how they are built and run.
//!
//! | module | responsible for |
//! |---|---|
//! | `build` | building all targets at once, and what of them is instrumented |
//! | `seeds` | what each target begins with |
//! | `words` | the dictionary of each target |
//! | `run` | running one for a while, and what came of it |

mod build;
mod run;
mod seeds;
mod words;

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::repository::Repository;

pub(crate) use build::build;
pub(crate) use run::{Found, run};

/// A fuzz target of the folder `fuzz/`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name, which is that of its file.
    pub(crate) name: &'static str,
    /// The dictionaries that it takes words from.
    dictionaries: &'static [&'static str],
    /// The longest input in bytes: more where an input has several parts.
    longest: usize,
}

/// Every target, in the order in which they are run.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "parse", dictionaries: &["exposition"], longest: 512 },
    Target { name: "round_trip", dictionaries: &[], longest: 33 },
    Target { name: "config", dictionaries: &["yaml", "addresses"], longest: 4096 },
    Target { name: "gateway", dictionaries: &["http", "exposition"], longest: 4096 },
    Target { name: "promql", dictionaries: &["promql"], longest: 1024 },
    Target { name: "ledger", dictionaries: &["ledger", "exposition"], longest: 4096 },
];

/// Where the inputs of one target are, and where what it finds goes.
#[derive(Debug)]
pub(crate) struct Folders {
    /// What was found to lead somewhere new, kept from run to run.
    pub(crate) corpus: PathBuf,
    /// What crashes it.
    pub(crate) crashes: PathBuf,
    /// What it begins with, made anew for each run.
    pub(crate) seeds: PathBuf,
    /// What it begins with besides: inputs written by hand, and those that crashed it once.
    pub(crate) committed: PathBuf,
    /// Everything of fuzzing below cargo's target folder.
    pub(crate) root: PathBuf,
}

impl Folders {
    /// The folders of a target. Nothing is made yet.
    pub(crate) fn of(repository: &Repository, target: &Target) -> Outcome<Self> {
        let root = root(repository)?;
        let below = |kind: &str| root.join(kind).join(target.name);
        Ok(Self {
            corpus: below("corpus"),
            crashes: below("crashes"),
            seeds: below("seeds"),
            committed: committed(repository).join("seeds").join(target.name),
            root: root.clone(),
        })
    }
}

/// Everything of fuzzing that is made.
fn root(repository: &Repository) -> Outcome<PathBuf> {
    Ok(repository.target()?.join("fuzz"))
}

/// The folder of the targets.
fn committed(repository: &Repository) -> PathBuf {
    repository.root().join("fuzz")
}

/// The words of a target as one dictionary of libFuzzer.
fn dictionary(repository: &Repository, target: &Target) -> Outcome<String> {
    words::dictionary(
        &committed(repository).join("dictionaries"),
        target.dictionaries,
        target.name == "config",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    #[test]
    fn every_target_has_its_file_and_every_file_is_one() {
        let repository = Repository::open().unwrap();
        let files = fs::read_dir(committed(&repository).join("fuzz_targets")).unwrap();
        let files: BTreeSet<_> = files.map(|file| file.unwrap().path()).collect();
        let stems: BTreeSet<_> =
            files.iter().map(|file| file.file_stem().unwrap().to_str().unwrap()).collect();
        assert_eq!(stems, TARGETS.iter().map(|target| target.name).collect());
    }

    #[test]
    fn dictionaries_and_seeds_are_there() {
        let repository = Repository::open().unwrap();
        for target in TARGETS {
            let words = dictionary(&repository, target).unwrap();
            let sound = |line: &str| line.starts_with('"') && line.ends_with('"') && line.len() > 2;
            assert!(
                words.lines().all(|line| line.is_empty() || line.starts_with('#') || sound(line)),
                "{words}"
            );
            let folder = tempfile::tempdir().unwrap();
            seeds::sow(&repository, target.name, folder.path()).unwrap();
        }
    }

    /// The versions of each package that a lock file has.
    fn versions(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
        for package in lock.split("[[package]]").skip(1) {
            let field = |name: &str| {
                package
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
                    .unwrap_or_default()
            };
            versions.entry(field("name")).or_default().insert(field("version"));
        }
        versions
    }

    #[test]
    fn what_is_fuzzed_stands_on_the_versions_that_users_get() {
        let repository = Repository::open().unwrap();
        let read = |path: &str| fs::read_to_string(repository.root().join(path)).unwrap();
        let (ours, fuzzed) = (read("Cargo.lock"), read("fuzz/Cargo.lock"));
        let ours = versions(&ours);
        for (package, fuzzed) in versions(&fuzzed) {
            let same = ours.get(package).is_none_or(|ours| ours.is_superset(&fuzzed));
            let mend = "copy Cargo.lock to fuzz/ and run `cargo metadata` there";
            assert!(same, "fuzz/Cargo.lock has {package} {fuzzed:?}, Cargo.lock has not: {mend}");
        }
    }
}
