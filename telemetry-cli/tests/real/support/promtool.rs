//! Prometheus's own checker of expositions and rules.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Program;

/// What `promtool check metrics` has to say of an exposition in the text format; nothing when it is content.
pub(crate) fn complaints(exposition: &str) -> String {
    let mut promtool = Command::new(Program::Promtool.path());
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().unwrap();
    // It reads all of its input before it says anything, so this cannot fill the pipe that nobody reads yet.
    child.stdin.take().unwrap().write_all(exposition.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned();
    assert_eq!(
        output.status.success(),
        said.is_empty(),
        "promtool says one thing and its exit status another: {said}"
    );
    said
}

/// Whether `promtool` is content with these arguments in this folder, and all that it says.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(Program::Promtool.path()).current_dir(folder).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
