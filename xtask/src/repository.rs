//! Where things are: the root of the repository, cargo's target folder, and the packages of the workspace.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Failure, Outcome, While as _};
use crate::process;

/// The checked-out workspace, as cargo describes it.
pub(crate) struct Repository {
    root: PathBuf,
    metadata: Value,
}

impl Repository {
    /// Asks cargo about the workspace that this program was built from; needs no network.
    pub(crate) fn open() -> Outcome<Self> {
        Self::at(workspace_root())
    }

    /// Asks cargo about the workspace in another folder; needs no network either.
    pub(crate) fn at(root: PathBuf) -> Outcome<Self> {
        let mut metadata = process::cargo();
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root);
        let text = process::capture(&mut metadata)?;
        let metadata =
            serde_json::from_str(&text).while_doing("cannot read what `cargo metadata` printed")?;
        Ok(Self { root, metadata })
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder, wherever the user has put it.
    pub(crate) fn target(&self) -> Outcome<PathBuf> {
        let folder = self.metadata["target_directory"].as_str().map(PathBuf::from);
        folder.ok_or_else(|| Failure::new("`cargo metadata` names no target folder"))
    }

    /// Each package that has features, with their names without `default`, both in alphabetical order.
    pub(crate) fn features(&self) -> Vec<(String, Vec<String>)> {
        packages_with_features(&self.metadata)
    }

    /// Every package of the workspace; each has a folder of its name.
    pub(crate) fn packages(&self) -> Vec<String> {
        let packages = self.metadata["packages"].as_array().into_iter().flatten();
        packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect()
    }

    /// Every package that others can build upon, with its version.
    pub(crate) fn libraries(&self) -> Vec<(String, String)> {
        let packages = self.metadata["packages"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        packages.filter(|it| is_library(it)).map(|it| (text(&it["name"]), text(&it["version"]))).collect()
    }

    /// Builds the `telemetry` command as users build it, and tells where it is: what is measured, or attacked for its figures.
    pub(crate) fn built_as_users_do(&self) -> Outcome<PathBuf> {
        process::run(&mut self.cargo(["build", "--release", "--package", "telemetry-cli"]))?;
        Ok(self.target()?.join("release/telemetry"))
    }

    /// A cargo command that runs at the root of the repository.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> std::process::Command {
        let mut command = process::cargo();
        command.args(arguments).current_dir(&self.root);
        command
    }
}

/// Cargo tells the running program where its manifest is; a binary started by hand falls back on where it was built.
fn workspace_root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(manifest);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// Whether a package may be published and has something to be built upon.
fn is_library(package: &Value) -> bool {
    let kinds = package["targets"].as_array().into_iter().flatten().filter_map(|it| it["kind"].as_array());
    package["publish"].is_null() && kinds.flatten().any(|kind| kind == "lib")
}

fn packages_with_features(metadata: &Value) -> Vec<(String, Vec<String>)> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut found: Vec<_> = packages.filter_map(named_features).collect();
    found.sort();
    found
}

fn named_features(package: &Value) -> Option<(String, Vec<String>)> {
    let name = package["name"].as_str()?.to_owned();
    let all = package["features"].as_object()?;
    let mut features: Vec<_> = all.keys().filter(|feature| *feature != "default").cloned().collect();
    features.sort();
    (!all.is_empty()).then_some((name, features))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_per_package_and_default_is_not_one_of_them() {
        let metadata = serde_json::json!({"packages": [
            {"name": "b", "features": {"default": ["live"], "live": [], "extra": []}},
            {"name": "a", "features": {"default": []}},
            {"name": "plain", "features": {}},
        ]});
        let expected =
            [("a".to_owned(), vec![]), ("b".to_owned(), vec!["extra".to_owned(), "live".to_owned()])];
        assert_eq!(packages_with_features(&metadata), expected);
    }

    #[test]
    fn this_workspace_is_found() {
        let repository = Repository::open().unwrap();
        assert!(repository.root().join("xtask/Cargo.toml").is_file());
        assert!(repository.target().unwrap().is_absolute());
        let libraries: Vec<_> = repository.libraries().into_iter().map(|(name, _)| name).collect();
        assert!(
            libraries.iter().any(|name| name == "telemetry-core")
                && !libraries.iter().any(|name| name == "xtask")
        );
    }
}
