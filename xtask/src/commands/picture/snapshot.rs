//! `telemetry snapshot` in a terminal, drawn as it stands there.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::drawing::{Sheet, svg};
use super::window::Window;
use crate::failure::{Outcome, While as _};
use crate::repository::Repository;
use crate::terminal;

/// The size of the terminal, in characters.
const COLUMNS: usize = 84;
const ROWS: usize = 48;

/// The fleet in the picture: a provider, a project, a workflow, and what the agent does.
const FLEET: &[(&str, &str, &str, &str)] = &[
    ("claude", "site", "fix", "sleep 0.4"),
    ("claude", "site", "fix", "sleep 0.3"),
    ("claude", "api", "review", "sleep 0.2"),
    ("claude", "site", "fix", "exit 1"),
    ("codex", "api", "review", "sleep 0.5"),
    ("codex", "api", "review", "kill -9 $$"),
];

/// Runs a small fleet, and draws its snapshot into `docs/snapshot.svg`.
pub(super) fn draw(repository: &Repository, telemetry: &Path) -> Outcome {
    // A short path that looks the same on every machine.
    let folder = tempfile::Builder::new().prefix("fleet-").rand_bytes(3).tempdir_in("/tmp");
    let folder = folder.while_doing("cannot create a folder for the ledger")?;
    for (provider, project, workflow, agent) in FLEET {
        let mut command = with_ledger(telemetry, folder.path());
        command.args(["run", "--provider", provider, "--project", project, "--workflow", workflow]);
        // Some of these agents fail, which is what a picture should show.
        command.args(["--", "sh", "-c", agent]).status().while_doing("cannot run telemetry")?;
    }
    let mut snapshot = with_ledger(telemetry, folder.path());
    snapshot.args(["snapshot", "-S", "ledger"]);
    let window = Window::open(repository, (COLUMNS, ROWS), &snapshot)?;
    window.await_that("the snapshot", |screen| screen.contains("series in"))?;
    let sheet = Sheet { columns: COLUMNS, height: 18.0, label: "The output of telemetry snapshot" };
    let file = repository.root().join("docs/snapshot.svg");
    fs::write(&file, svg(&window.shows()?, sheet))
        .while_doing(format_args!("cannot write {}", file.display()))?;
    terminal::say(format_args!("Look at {}", file.display()));
    Ok(())
}

/// The ledger of somebody on some host. The carrier that leaves counts in the ledger keeps them out of a gateway that may be running.
fn with_ledger(telemetry: &Path, folder: &Path) -> Command {
    let mut command = Command::new(telemetry);
    command.args(["--set", "carrier=serve", "--set"]).arg(format!("ledger_path={}", folder.display()));
    command.args(["--set", "prometheus.instance=alice@build"]);
    command
}
