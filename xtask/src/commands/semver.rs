//! `cargo xtask semver`: whether the libraries still offer what their last release offered, or say by their version that they do not.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome, While as _};
use crate::interface::{Interface, may_break};
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// With what is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A revision of git: the newest tag v… unless it is named
    #[arg(long, value_name = "REVISION")]
    baseline: Option<String>,
}

/// Compares, and says so where there is nothing to compare with.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let not = check(repository, options.baseline.as_deref())?;
    terminal::say(not.unwrap_or_else(|| "The libraries offer what they must.".to_owned()));
    Ok(())
}

/// Fails where a library lacks what it had at the baseline while its version says nothing of that; hands back why nothing was compared,
/// if so. Needs no registry beyond what a build needs.
pub(crate) fn check(repository: &Repository, baseline: Option<&str>) -> Outcome<Option<String>> {
    let Some(baseline) = baseline.map(str::to_owned).or_else(|| released(repository)) else {
        return Ok(Some("nothing has been released: there is no tag v… to compare with".to_owned()));
    };
    let target = repository.target()?.join("semver");
    let earlier = unpacked(repository, &baseline, &target.join("baseline"))?;
    let earlier_libraries = earlier.libraries();
    let mut lacking = Vec::new();
    for (library, version) in repository.libraries() {
        let Some((_, before)) = earlier_libraries.iter().find(|(name, _)| *name == library) else { continue };
        if may_break(before, &version)? {
            continue;
        }
        let before = Interface::of(&earlier, &library, &target)?;
        let lacks = Interface::of(repository, &library, &target)?.lacks(before);
        lacking.extend(
            lacks.map(|items| {
                format!("{library} {version} has no longer what it had at {baseline}:\n{items}")
            }),
        );
    }
    if lacking.is_empty() { Ok(None) } else { Err(broken(&lacking)) }
}

fn broken(lacking: &[String]) -> Failure {
    Failure::new(lacking.join("\n")).mended_by(
        "keep what is gone, or raise the version (of 0.x the x) in Cargo.toml and say so in CHANGELOG.md",
    )
}

/// The newest tag of a release on the way to what is checked out.
fn released(repository: &Repository) -> Option<String> {
    let mut git = git(repository);
    let tag = process::capture(git.args(["describe", "--tags", "--match", "v[0-9]*", "--abbrev=0"])).ok()?;
    Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty())
}

/// The files of a revision, in a folder of their own that is always the same, so that what was built of them is not built again.
fn unpacked(repository: &Repository, revision: &str, folder: &Path) -> Outcome<Repository> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).while_doing(format_args!("cannot make {}", folder.display()))?;
    let archive = folder.with_extension("tar");
    process::run(git(repository).args(["archive", "--format=tar", "--output"]).arg(&archive).arg(revision))?;
    process::run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder))?;
    Repository::at(folder.to_owned())
}

fn git(repository: &Repository) -> Command {
    let mut git = Command::new("git");
    git.current_dir(repository.root());
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_is_gone_and_what_to_do() {
        let text =
            broken(&["telemetry-core 0.1.0 has no longer what it had at v0.1.0:\n  - pub fn a()".to_owned()]);
        assert!(
            text.to_string().contains("pub fn a()") && text.to_string().contains("raise the version"),
            "{text}"
        );
    }
}
