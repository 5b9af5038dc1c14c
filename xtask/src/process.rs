//! Running other programs: shown and inherited, quietly for their output, or just for whether they succeed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::{Failure, Outcome, While as _};
use crate::terminal;

/// The cargo that runs this program, without what it told this program about itself.
///
/// Cargo describes the running package in the environment. Build scripts of some dependencies watch those variables, so a
/// nested cargo that inherited them would build the tree anew each time a person changes between `cargo xtask` and `cargo`.
pub(crate) fn cargo() -> Command {
    with_cargos_environment(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that runs cargo in its turn, in the environment that [`cargo`] gives.
pub(crate) fn with_cargos_environment(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if describes_this_package(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

fn describes_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

/// Shows the command, runs it on this terminal and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = display(command);
    terminal::say(format_args!("$ {shown}"));
    let status = command.status().while_doing(format_args!("cannot run `{shown}`"))?;
    expect_success(&shown, status)
}

/// Runs the command without showing it and returns what it wrote on standard output.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let shown = display(command);
    let output = command.stderr(Stdio::piped()).output().while_doing(format_args!("cannot run `{shown}`"))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`{shown}`: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    String::from_utf8(output.stdout).while_doing(format_args!("`{shown}` printed something that is not text"))
}

/// Whether the command can be run and succeeds; whatever it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The first file of that name in the folders of `PATH`.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn expect_success(shown: &str, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{shown}` failed ({status})"))) }
}

/// The command as a person could type it.
pub(crate) fn display(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).map(quoted).collect();
    words.join(" ")
}

/// A word as a shell reads it back, in single quotes only where it needs them.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into_owned() } else { single_quoted(&word) }
}

fn single_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_can_be_pasted_into_a_shell() {
        let mut command = Command::new("/usr/bin/printf");
        command.args(["%s|", "plain", "two words", "it's", ""]);
        let shown = display(&command);
        assert_eq!(shown, r"printf '%s|' plain 'two words' 'it'\''s' ''");
        let pasted = capture(Command::new("sh").args(["-c", &shown])).unwrap();
        assert_eq!(pasted, "plain|two words|it's||");
    }

    #[test]
    fn a_failing_command_reports_what_it_said() {
        let failure = capture(Command::new("sh").args(["-c", "echo no luck >&2; exit 3"])).unwrap_err();
        assert!(failure.to_string().ends_with("no luck"), "{failure}");
    }

    #[test]
    fn a_nested_cargo_does_not_learn_about_this_package() {
        let removed: Vec<_> = cargo()
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(removed.iter().any(|name| name == "CARGO_PKG_NAME"), "{removed:?}");
        assert!(!describes_this_package("CARGO_TARGET_DIR"));
    }
}
