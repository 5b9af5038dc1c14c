//! A folder that is removed after the test, and programs that see nothing of this machine but that folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Where our binary is, if it is not to be the one that was built with the tests: figures are those of an optimised build.
const BINARY: &str = "TELEMETRY_TEST_BINARY";

/// A temporary folder that serves a program as its home.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// Creates an empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("telemetry-test-").tempdir().unwrap() }
    }

    /// The folder itself, which is also where programs run.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Our binary, keeping its counts in this folder and sending them nowhere.
    pub(crate) fn telemetry(&self) -> Command {
        let binary = std::env::var(BINARY).ok();
        let mut command = self.command(binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_telemetry")));
        // The default ledger of root is the machine's, and the default gateway might be one that really runs here.
        command.env("SASE_TELEMETRY_LEDGER_PATH", self.path().join("ledger"));
        command.env("SASE_TELEMETRY_CARRIER", "serve");
        command
    }

    /// The file of the ledger in this folder, of which there is one.
    pub(crate) fn ledger_file(&self) -> PathBuf {
        let only = |folder: &Path| std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        only(&only(&self.path().join("ledger"))).join("ledger.prom")
    }

    /// Our binary, keeping its counts in this folder and pushing them to a gateway.
    pub(crate) fn telemetry_pushing_to(&self, url: &str) -> Command {
        let mut command = self.telemetry();
        command.env("SASE_TELEMETRY_CARRIER", "push").env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", url);
        command
    }

    /// Any program, at home in this folder. Of the environment it has nothing but `PATH`: no configuration, no colours
    /// asked for or refused, no credentials.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for variable in [
            "HOME",
            "TMPDIR",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
        ] {
            command.env(variable, self.path());
        }
        command
    }
}

#[test]
fn a_program_is_at_home_in_the_folder_and_inherits_nothing_else() {
    let scratch = Scratch::new();
    let output = scratch.command("env").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let home = scratch.path().display().to_string();
    let foreign: Vec<_> =
        printed.lines().filter(|line| !line.starts_with("PATH=") && !line.ends_with(&home)).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(printed.lines().any(|line| line.starts_with("HOME=")));
}

#[test]
fn our_binary_keeps_to_its_folder() {
    let scratch = Scratch::new();
    let command = scratch.telemetry_pushing_to("http://127.0.0.1:1");
    let ours =
        |name: &str| command.get_envs().find(|(key, _)| *key == name).and_then(|(_, value)| value).unwrap();
    assert!(Path::new(ours("SASE_TELEMETRY_LEDGER_PATH")).starts_with(scratch.path()));
    assert_eq!(ours("SASE_TELEMETRY_CARRIER"), "push");
    assert_eq!(ours("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL"), "http://127.0.0.1:1");
    assert!(Path::new(command.get_program()).is_file());
}
