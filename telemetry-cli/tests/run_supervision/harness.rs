//! What every test here needs: the wrapper, commands that write down what happens to them, and waiting with a bound.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// The program under test with everything that comes before the command.
pub(crate) const WRAPPER: [&str; 3] = [env!("CARGO_BIN_EXE_telemetry"), "run", "--"];

/// Where the program may keep its files, so that a test leaves nothing with the person who runs it, nor at a gateway.
pub(crate) const ENVIRONMENT: [(&str, &str); 7] = [
    ("HOME", env!("CARGO_TARGET_TMPDIR")),
    ("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")),
    ("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR")),
    ("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR")),
    ("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR")),
    ("SASE_TELEMETRY_CARRIER", "serve"),
    ("SASE_TELEMETRY_LEDGER_PATH", concat!(env!("CARGO_TARGET_TMPDIR"), "/run-supervision-ledger")),
];

/// How long anything may take. Far above what is needed, so that a busy machine fails no test.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to look for something that must not happen. It can only let a fault pass, never fail a sound program.
const WATCH: Duration = Duration::from_millis(60);

/// How often to look.
const PAUSE: Duration = Duration::from_millis(3);

/// The wrapper around a command, in a process group of its own as a shell would start it.
pub(crate) fn wrapped(command: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    wrapped_by(&[], command)
}

/// The same, begun by a launcher that runs what its further arguments say.
pub(crate) fn wrapped_by(launcher: &[&str], command: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut start = launcher.iter().chain(&WRAPPER);
    let mut wrapper = Command::new(start.next().unwrap());
    wrapper.args(start).args(command).envs(ENVIRONMENT).process_group(0).stdin(Stdio::null());
    wrapper
}

/// Waits until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits until it is so.
pub(crate) fn until(what: &str, mut ask: impl FnMut() -> bool) {
    eventually(what, || ask().then_some(()));
}

/// Watches for a short while that it is never so.
pub(crate) fn never(what: &str, mut ask: impl FnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < WATCH {
        assert!(!ask(), "must never be: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Sends a signal to one process.
pub(crate) fn send(pid: Pid, signal: Signal) {
    kill_process(pid, signal).unwrap();
}

/// A folder in which a command leaves notes.
pub(crate) struct Notes(TempDir);

impl Notes {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The whole lines of a note; none where it does not exist.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(String::from).collect()
    }

    /// Waits for the first line of a note.
    pub(crate) fn first_line(&self, name: &str) -> String {
        eventually(name, || self.lines(name).into_iter().next())
    }

    /// Waits for a process number in a note.
    pub(crate) fn pid(&self, name: &str) -> Pid {
        Pid::from_raw(self.first_line(name).parse().unwrap()).unwrap()
    }

    /// Waits until the commands noted exactly these signals, in this order.
    pub(crate) fn await_log(&self, expected: &[&str]) {
        until(&format!("{expected:?} in the log"), || self.lines("log").len() >= expected.len());
        assert_eq!(self.lines("log"), expected);
    }

    /// Waits until the command runs on.
    pub(crate) fn await_heartbeat(&self) {
        let before = self.lines("beat").len();
        until("a heartbeat", || self.lines("beat").len() > before);
    }

    /// A shell script in the folder that may be executed.
    ///
    /// Written by a process of its own: a file that this process had open for writing could not be executed while a
    /// command that another test starts at that moment still holds it.
    pub(crate) fn executable(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        let mut writer = Command::new("sh");
        writer.args(["-c", r#"cat >"$0" && chmod 755 "$0""#]).arg(&file).stdin(Stdio::piped());
        let mut writer = writer.spawn().unwrap();
        writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        file
    }

    /// A script that notes its process number in `pid`, each of the signals it gets in `log`, and in `beat` that it is
    /// alive. It ends with code 7 on `USR1`, and by itself after a while, should nobody end it.
    ///
    /// It waits in a copy of itself, because a shell that starts a program by `vfork`, as `dash` does, cannot stop while
    /// that program was stopped before its first step.
    pub(crate) fn recorder(&self, signals: &[&str]) -> PathBuf {
        self.recorder_with(signals, "")
    }

    /// The same with further lines at its beginning.
    pub(crate) fn recorder_with(&self, signals: &[&str], preparation: &str) -> PathBuf {
        let folder = self.0.path().display();
        let traps: String =
            signals.iter().map(|signal| format!("trap 'echo {signal} >>log' {signal}\n")).collect();
        let text = format!(
            "cd '{folder}' || exit 99\ntrap 'exit 7' USR1\npause() {{ (exec sleep 0.01); }}\n{traps}{preparation}\necho $$ >pid\n\
             i=0\nwhile [ $i -lt 6000 ]; do i=$((i+1)); echo $i >>beat; pause; done\n"
        );
        self.executable("recorder", &format!("#!/bin/sh\n{text}"))
    }
}

/// A wrapper that runs, and its command with it. Both are gone when the test is over.
pub(crate) struct Running {
    wrapper: Child,
    status: Option<ExitStatus>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self { wrapper: command.spawn().unwrap(), status: None }
    }

    /// Starts the recorder and waits until it is ready; gives the command's process number as well.
    pub(crate) fn recorder(notes: &Notes, signals: &[&str]) -> (Self, Pid) {
        let running = Self::start(&mut wrapped([notes.recorder(signals)]));
        let command = notes.pid("pid");
        (running, command)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.wrapper)
    }

    pub(crate) fn send(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    pub(crate) fn status(&mut self) -> ExitStatus {
        let status = eventually("the end of the wrapper", || self.wrapper.try_wait().unwrap());
        self.status = Some(status);
        status
    }

    /// Waits for the end; the wrapper itself must not die of a signal.
    pub(crate) fn code(mut self) -> i32 {
        let status = self.status();
        status.code().unwrap_or_else(|| panic!("the wrapper was killed by {:?}", status.signal()))
    }
}

impl Drop for Running {
    /// As long as the wrapper was not waited for, its number and that of its group are its own.
    fn drop(&mut self) {
        if self.status.is_none() {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.wrapper.wait();
        }
    }
}

/// Whether a program is there.
pub(crate) fn exists(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
