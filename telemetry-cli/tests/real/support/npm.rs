//! The types and validators that others publish as npm packages, run on the files of a test.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{Program, Scratch};

/// What is installed, if it is what this source tree asks for.
const LOCKFILE: &str = include_str!("../npm/package-lock.json");

/// A folder in which scripts and TypeScript modules find the installed packages, removed when dropped.
#[derive(Debug)]
pub(crate) struct Workshop {
    folder: Scratch,
}

impl Workshop {
    /// Makes a folder that holds nothing but the packages. The test has required `Node` and `NpmPackages`.
    pub(crate) fn new() -> Self {
        let stamp = Program::NpmPackages.path();
        let current = fs::read_to_string(&stamp).unwrap() == LOCKFILE;
        assert!(current, "{} is out of date; `cargo xtask test` renews it", stamp.display());
        let folder = Scratch::new();
        let packages = stamp.parent().unwrap().join("node_modules");
        symlink(packages, folder.path().join("node_modules")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// What a script of the folder prints; panics with its own words where it fails.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> String {
        let output = self.node().arg(script).args(arguments).output().unwrap();
        assert!(output.status.success(), "{script}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What the TypeScript compiler has to say of the modules that `include` names, such as `["*.ts"]`; nothing when it is
    /// content. An import of its `paths` stands for a file of this folder.
    pub(crate) fn compile(&self, include: &Value, paths: &Value) -> String {
        // The types of the libraries are checked too: one that is not found would let anything pass.
        let options = json!({
            "strict": true, "noEmit": true, "target": "es2022", "lib": ["es2022"], "types": [],
            "module": "esnext", "moduleResolution": "bundler", "paths": paths,
        });
        let project = json!({ "compilerOptions": options, "include": include });
        self.write("tsconfig.json", &project.to_string());
        let output =
            self.node().args(["node_modules/typescript/bin/tsc", "--pretty", "false"]).output().unwrap();
        let said = said(&output);
        assert_eq!(
            output.status.success(),
            said.is_empty(),
            "the compiler ended with {}: {said}",
            output.status
        );
        said
    }

    fn node(&self) -> Command {
        self.folder.command(&Program::Node.path().display().to_string())
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat().trim().to_owned()
}
