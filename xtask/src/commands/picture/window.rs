//! A window of a terminal of its own, in which a program shows something.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, While as _};
use crate::repository::Repository;
use crate::{process, programs};

/// How long a program may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window that is open until it is dropped.
pub(super) struct Window {
    tmux: PathBuf,
    /// Where the socket of its server is.
    folder: tempfile::TempDir,
}

impl Window {
    /// Opens a window of so many columns and rows, in which a command runs as a person would type it: by its name.
    pub(super) fn open(
        repository: &Repository,
        (columns, rows): (usize, usize),
        command: &Command,
    ) -> Outcome<Self> {
        let found = programs::provide(&repository.target()?);
        let tmux = found.into_iter().find(|found| found.name == "tmux").and_then(|found| found.path);
        let tmux = tmux.ok_or_else(|| Failure::new("the picture needs tmux, which cannot be had here"))?;
        let folder = tempfile::tempdir().while_doing("cannot create a folder for tmux")?;
        let window = Self { tmux, folder };
        let size = [columns.to_string(), rows.to_string()];
        let bare = ["start-server", ";", "set-option", "-g", "status", "off", ";"];
        let open = ["new-session", "-d", "-x", &size[0], "-y", &size[1], &line(command)];
        window.ask(&[&bare[..], &open].concat())?;
        Ok(window)
    }

    /// Presses a key.
    pub(super) fn press(&self, key: &str) -> Outcome {
        self.ask(&["send-keys", key]).map(drop)
    }

    /// What is in the window, with its colours as escape sequences.
    pub(super) fn shows(&self) -> Outcome<String> {
        self.ask(&["capture-pane", "-e", "-p"])
    }

    /// Waits until there is what is wanted.
    pub(super) fn await_that(&self, what: &str, is_there: impl Fn(&str) -> bool) -> Outcome {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if is_there(&self.ask(&["capture-pane", "-p"])?) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(Failure::new(format!("{what} is not to be seen within {PATIENCE:?}:\n{}", self.shows()?)))
    }

    fn ask(&self, arguments: &[&str]) -> Outcome<String> {
        process::capture(self.tmux().args(arguments))
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new(&self.tmux);
        tmux.arg("-S")
            .arg(self.folder.path().join("socket"))
            .args(["-f", "/dev/null"])
            .env("LC_ALL", "C.UTF-8");
        tmux
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A server whose last program has ended is gone already.
        let _gone = process::capture(self.tmux().arg("kill-server"));
    }
}

/// The command as a line of a shell that finds the program by its name, and stays when it has ended.
fn line(command: &Command) -> String {
    let folder = Path::new(command.get_program()).parent().unwrap_or_else(|| Path::new("."));
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let set: String = set
        .map(|(name, value)| format!("{}='{}' ", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    let path = folder.display();
    format!("PATH='{path}' TERM=xterm-256color {set}{}; /bin/sleep 60", process::display(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_by_its_name_with_what_it_is_told() {
        let mut command = Command::new("/built/telemetry");
        command.args(["dashboard", "-c"]).env("A", "b c");
        let expected = "PATH='/built' TERM=xterm-256color A='b c' telemetry dashboard -c; /bin/sleep 60";
        assert_eq!(line(&command), expected);
    }
}
