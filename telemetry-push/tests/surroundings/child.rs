//! A process that merges somewhere, as somebody.

use crate::scene::is_inside;
use crate::state::{Process, config};
use std::env;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "TELEMETRY_SURROUNDINGS_FOLDER";
const NAME: &str = "TELEMETRY_SURROUNDINGS_NAME";
const MERGES: &str = "TELEMETRY_SURROUNDINGS_MERGES";
const HOST: &str = "TELEMETRY_SURROUNDINGS_HOST";
const INSTANCE: &str = "instance=";

/// Which test to start for it.
pub(crate) const TEST: &str = "child::merges";

/// Has the child merge below this folder, so many times, under this name.
pub(crate) fn to_merge<'c>(
    command: &'c mut Command,
    root: &Path,
    name: &str,
    merges: u32,
) -> &'c mut Command {
    command.env(FOLDER, root).env(NAME, name).env(MERGES, merges.to_string())
}

/// Has the child take this host name first, and the instance that follows from it.
pub(crate) fn of_host<'c>(command: &'c mut Command, host: &str) -> &'c mut Command {
    command.env(HOST, host)
}

/// The instance that the child said it merged for.
pub(crate) fn instance(printed: &str) -> &str {
    printed.lines().find_map(|line| line.strip_prefix(INSTANCE)).unwrap()
}

#[test]
#[ignore = "a process that the tests of this target start"]
fn merges() {
    if !is_inside() {
        return;
    }
    let mut config = config(Path::new(&env::var_os(FOLDER).unwrap()));
    if let Ok(host) = env::var(HOST) {
        rustix::system::sethostname(host.as_bytes()).unwrap();
        config.prometheus.instance = None;
    }
    let mut process = Process::configured(&config, &env::var(NAME).unwrap());
    println!("\n{INSTANCE}{}", process.carry.ledger().place().instance);
    // Whoever starts many of them closes all their inputs at one moment.
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    for _ in 0..env::var(MERGES).unwrap().parse().unwrap() {
        process.merge();
    }
}
