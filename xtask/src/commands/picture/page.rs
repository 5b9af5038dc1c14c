//! The page in a browser, while alerts fire.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Options, demo};
use crate::failure::{Failure, Outcome, While as _};
use crate::repository::Repository;
use crate::{npm, process, programs, terminal};

/// The script that looks at a page, from the root of the repository; tests use it as well.
const LOOK: &str = "telemetry-cli/tests/real/page/look.mjs";

/// The largest picture that a README should make people load, in bytes.
const LARGEST: u64 = 400_000;

/// What the page is asked for: charts of the time for which the demonstration has run.
const SPAN: &str = "?range=5m";

/// Starts a demonstration, waits until alerts fire, and takes the picture of its page.
pub(super) fn take_of_a_demonstration(
    repository: &Repository,
    options: &Options,
    telemetry: &Path,
) -> Outcome {
    demo::while_alerts_fire(telemetry, |places| {
        take(repository, options, &format!("{}{SPAN}", places["page"]))
    })
}

/// Opens a page in a browser and keeps what stands in its window in `docs/page.png`.
pub(super) fn take(repository: &Repository, options: &Options, url: &str) -> Outcome {
    let found = programs::provide(&repository.target()?).into_iter().chain(npm::provide(repository));
    let found: Vec<_> = found.collect();
    let place = |name: &str| -> Outcome<PathBuf> {
        let path = found.iter().find(|found| found.name == name).and_then(|found| found.path.clone());
        path.ok_or_else(|| Failure::new(format!("the picture needs {name}, which cannot be had here")))
    };
    let (chromium, node, packages) = (place("chromium")?, place("node")?, place("npm packages")?);
    let workshop = tempfile::tempdir().while_doing("cannot create a folder for the browser")?;
    let modules = packages.with_file_name("node_modules");
    symlink(modules, workshop.path().join("node_modules")).while_doing("cannot link the npm packages")?;
    let script = workshop.path().join("look.mjs");
    fs::copy(repository.root().join(LOOK), &script).while_doing(format_args!("cannot copy {LOOK}"))?;
    let file = repository.root().join("docs/page.png");
    let wanted = serde_json::json!({
        "width": options.window.0, "height": options.window.1, "dark": options.dark, "whole": false, "screenshot": file,
    });
    process::capture(Command::new(node).arg(script).arg(chromium).arg(url).arg(wanted.to_string()))?;
    let length = fs::metadata(&file).while_doing(format_args!("cannot read {}", file.display()))?.len();
    if length > LARGEST {
        return Err(Failure::new(format!("{} has {length} bytes, more than {LARGEST}", file.display())));
    }
    terminal::say(format_args!("Look at {}", file.display()));
    Ok(())
}
