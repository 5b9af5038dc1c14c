//! The page in a browser, while alerts fire.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Options;
use crate::failure::{Failure, Outcome, While as _};
use crate::repository::Repository;
use crate::{npm, process, programs, terminal};

/// The script that looks at a page, from the root of the repository; tests use it as well.
const LOOK: &str = "telemetry-cli/tests/real/page/look.mjs";

/// The largest picture that a README should make people load, in bytes.
const LARGEST: u64 = 400_000;

/// What the demonstration is started with: the same plan each time.
const DEMO: [&str; 9] = ["demo", "--duration", "2m", "--seed", "7", "--gateway-port", "0", "--api-port", "0"];

/// How many alerts fire in the picture, at least.
const FIRING: usize = 6;

/// A demonstration that runs until it is dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // One that has ended is not there to be killed; its parts and its folder go with it.
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Starts a demonstration, waits until alerts fire, and takes the picture of its page.
pub(super) fn take_of_a_demonstration(
    repository: &Repository,
    options: &Options,
    telemetry: &Path,
) -> Outcome {
    terminal::title("Running the demonstration until alerts fire");
    let mut command = Command::new(telemetry);
    command.args(DEMO).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut demo = Demo(command.spawn().while_doing("cannot start the demonstration")?);
    let printed = demo.0.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines);
    let (mut page, mut fired) = (None, 0);
    for line in printed.map_while(Result::ok) {
        terminal::say(&line);
        if let Some(url) = line.strip_prefix("page ") {
            page = Some(url.trim().to_owned());
        }
        fired += usize::from(line.contains(" fires: "));
        if let (Some(url), true) = (&page, fired >= FIRING) {
            return take(repository, options, url);
        }
    }
    Err(Failure::new("the demonstration ended before alerts fired"))
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
