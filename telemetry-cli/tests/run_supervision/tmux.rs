//! A real terminal: a tmux server of its own with an interactive shell in it, or with any program as its first.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::harness::{ENVIRONMENT, WRAPPER, eventually, exists, until};
use crate::skip;

/// How the shell shows that it waits for a line; unlike anything that a test prints.
const PROMPT: &str = "next>";

/// The size of the terminal when it opens.
pub(crate) const COLUMNS: u16 = 100;
pub(crate) const ROWS: u16 = 30;

/// A terminal that ends with the test.
pub(crate) struct Terminal {
    /// How many lines the shell was asked to mark, so that no mark is taken for an earlier one.
    marks: Cell<u32>,
    /// Where the server's socket is, apart from any other server of this user.
    folder: TempDir,
}

/// The tmux that `cargo xtask test` provides, else the one of this machine.
fn tmux() -> PathBuf {
    std::env::var_os("TELEMETRY_TEST_TMUX")
        .filter(|path| !path.is_empty())
        .map_or("tmux".into(), PathBuf::from)
}

impl Terminal {
    /// A terminal with a shell that waits for a line; none where there is no tmux.
    pub(crate) fn open(test: &str) -> Option<Self> {
        let terminal = Self::with_program(test, &["bash", "--norc", "--noprofile", "-i"])?;
        terminal.await_prompt();
        Some(terminal)
    }

    /// A terminal whose session this program leads.
    pub(crate) fn with_program(test: &str, program: &[impl AsRef<OsStr>]) -> Option<Self> {
        let needed = [("tmux", tmux().is_file() || exists("tmux")), ("bash", exists("bash"))];
        if let Some((needed, _)) = needed.iter().find(|(_, exists)| !exists) {
            skip::skip(test, &format!("needs {needed}"));
            return None;
        }
        let terminal = Self { marks: Cell::new(0), folder: tempfile::tempdir().unwrap() };
        let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
        let mut start = terminal.tmux();
        start.args(["new-session", "-d", "-x", &columns, "-y", &rows, "--"]).args(program);
        let output = start.output().unwrap();
        assert!(output.status.success(), "tmux: {output:?}");
        Some(terminal)
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new(tmux());
        tmux.args(["-f", "/dev/null", "-L", "test"]).env("TMUX_TMPDIR", self.folder.path());
        tmux.envs(ENVIRONMENT)
            .env("PS1", format!("{PROMPT} "))
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "screen");
        tmux.env("PS0", "").env("HISTFILE", "/dev/null").env_remove("TMUX").env_remove("PROMPT_COMMAND");
        tmux.stdin(Stdio::null());
        tmux
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let output = self.tmux().args(arguments).output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        output
    }

    /// Presses a key, by the name that tmux has for it.
    pub(crate) fn press(&self, key: &str) {
        self.ask(&["send-keys", key]);
    }

    /// Types a line.
    pub(crate) fn line(&self, text: &str) {
        self.ask(&["send-keys", "-l", "--", text]);
        self.press("Enter");
    }

    /// Types the wrapper with a command and waits until the shell has read it; what follows, such as `&`, is given
    /// apart.
    pub(crate) fn run(&self, command: &str, rest: &str) {
        self.marked("run", "", &format!("; {} {command} {rest}", WRAPPER.join(" ")));
    }

    /// The same with options of the wrapper.
    pub(crate) fn run_with(&self, options: &str, command: &str) {
        self.marked("run", "", &format!("; {} run {options} -- {command}", WRAPPER[0]));
    }

    /// Types a line and waits until the shell has done it; gives what it printed.
    pub(crate) fn do_line(&self, text: &str) -> String {
        self.marked("done", &format!("clear; {text}; "), "");
        self.screen()
    }

    /// The exit code of what ran last, asked from the shell when that has ended.
    pub(crate) fn last_code(&self) -> i32 {
        self.await_prompt();
        self.marked("code", "code=$?; clear; ", "; echo \"[$code]\"");
        eventually("the exit code on the screen", || {
            let screen = self.screen();
            screen.lines().find_map(|line| line.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        })
    }

    /// Types a line that prints a mark between two of its parts, and waits for the mark. The screen alone does not tell
    /// whether the shell has read a line yet.
    fn marked(&self, kind: &str, before: &str, after: &str) {
        self.marks.set(self.marks.get() + 1);
        let mark = self.marks.get();
        self.line(&format!("{before}echo {kind}={mark}\"=\"{after}"));
        let mark = format!("{kind}={mark}=");
        until(&format!("{mark} on the screen"), || self.screen().lines().any(|line| line == mark));
    }

    /// The lines on the screen, without empty ones at its end.
    pub(crate) fn screen(&self) -> String {
        let output = self.ask(&["capture-pane", "-p"]);
        String::from_utf8(output.stdout).unwrap().trim_end().to_string()
    }

    /// Waits for a text on the screen.
    pub(crate) fn await_text(&self, text: &str) {
        until(&format!("{text:?} on the screen"), || self.screen().contains(text));
    }

    /// Waits until the shell waits for a line.
    pub(crate) fn await_prompt(&self) {
        until("the shell's prompt", || self.screen().ends_with(PROMPT));
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.ask(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Takes the terminal away, as closing its window does.
    pub(crate) fn hang_up(&self) {
        self.ask(&["kill-server"]);
    }
}

impl Drop for Terminal {
    /// What was on the screen explains a failure better than anything else.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.tmux().args(["capture-pane", "-p"]).output().map(|output| output.stdout);
            println!("the screen:\n{}", String::from_utf8_lossy(&screen.unwrap_or_default()).trim_end());
        }
        let _ = self.tmux().arg("kill-server").output();
    }
}
