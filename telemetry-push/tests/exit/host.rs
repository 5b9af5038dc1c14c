//! A host with one ledger, the processes that count there, and waiting with a bound.

use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::exposition::{self, Format, Value};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of one ledger.
pub(crate) struct Host {
    folder: tempfile::TempDir,
    gateway: Option<String>,
    bound: Option<Duration>,
}

impl Host {
    /// Its counts are merged and not pushed.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), gateway: None, bound: None }
    }

    /// Its counts are pushed to this address.
    pub(crate) fn pushing_to(url: &str) -> Self {
        Self { gateway: Some(url.to_owned()), ..Self::new() }
    }

    /// Whose processes may be delayed no longer than this.
    pub(crate) fn with_bound(self, bound: Duration) -> Self {
        Self { bound: Some(bound), ..self }
    }

    /// A program of these tests, not started yet.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        self.prepare(&mut command, program);
        command
    }

    /// Tells a command that leads to this program what it is to be.
    pub(crate) fn prepare(&self, command: &mut Command, program: &str) {
        command.env("EXIT_PROGRAM", program).env("EXIT_FOLDER", self.folder.path());
        command.envs(self.gateway.iter().map(|url| ("EXIT_GATEWAY", url)));
        command.envs(self.bound.iter().map(|bound| ("EXIT_BOUND_MS", bound.as_millis().to_string())));
    }

    /// Starts a program and waits until it says that it is ready.
    pub(crate) fn start(&self, program: &str) -> Child {
        Child::start(self.command(program))
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &str) -> ExitStatus {
        self.start(program).end()
    }

    /// The folder in which all of it is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that holds the ledger.
    pub(crate) fn ledger_folder(&self) -> PathBuf {
        ledger_folder_below(self.folder.path())
    }

    /// How often something was counted, in the file as it is.
    pub(crate) fn counted(&self) -> Option<f64> {
        counted_below(self.folder.path())
    }

    /// The text of the ledger.
    pub(crate) fn ledger(&self) -> Option<String> {
        fs::read_to_string(self.ledger_folder().join("ledger.prom")).ok()
    }

    /// How many processes have a file that says that they live.
    pub(crate) fn living(&self) -> usize {
        let is_sign = |path: &Path| path.extension().is_some_and(|extension| extension == "prom");
        let entries = fs::read_dir(self.ledger_folder().join("living"));
        entries.map_or(0, |entries| entries.filter(|entry| is_sign(&entry.as_ref().unwrap().path())).count())
    }

    /// Holds the lock of the ledger, as another process does; until it is dropped.
    pub(crate) fn lock_ledger(&self) -> File {
        let lock = File::options().write(true).open(self.ledger_folder().join("ledger.lock")).unwrap();
        lock.lock().unwrap();
        lock
    }

    /// Whether anything was ever made here.
    pub(crate) fn is_untouched(&self) -> bool {
        fs::read_dir(self.folder.path()).unwrap().next().is_none()
    }
}

fn ledger_folder_below(folder: &Path) -> PathBuf {
    folder.join("sase_agent").join("test")
}

/// How often something was counted, in the ledger of the host with this folder.
pub(crate) fn counted_below(folder: &Path) -> Option<f64> {
    counted_in(&fs::read_to_string(ledger_folder_below(folder).join("ledger.prom")).ok()?)
}

/// How often something was counted, in an exposition.
pub(crate) fn counted_in(text: &str) -> Option<f64> {
    let families = exposition::parse(text, Format::Text).unwrap();
    let family = families.iter().find(|family| family.name == "sase_llm_retries_total")?;
    match &family.metrics.first()?.value {
        Value::Counter(counter) => Some(counter.value),
        other => panic!("{other:?} is no counter"),
    }
}

/// A running program, killed with all that it forked when dropped.
pub(crate) struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
}

impl Child {
    /// Starts a program and waits until it says that it is ready.
    pub(crate) fn start(mut command: Command) -> Self {
        command.process_group(0).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut process = command.spawn().unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let child = Self { process, lines };
        child.says("ready");
        child
    }

    /// Waits for a line of its output.
    pub(crate) fn says(&self, expected: &str) {
        assert_eq!(self.lines.recv_timeout(PATIENCE).as_deref(), Ok(expected));
    }

    /// Everything it says until it ends.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.end();
        self.lines.iter().collect()
    }

    pub(crate) fn signal(&self, signal: i32) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::from_named_raw(signal).unwrap()).unwrap();
    }

    /// How it has ended. It is not reaped for that: as long as nobody did, its number and that of its group are nobody else's.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        let pid = rustix::process::Pid::from_child(&self.process);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(pid), options).unwrap()?;
        let code = status.exit_status().map(|code| code << 8).or_else(|| status.terminating_signal());
        Some(ExitStatus::from_raw(code.unwrap()))
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        eventually("the process ends", || self.has_ended())
    }

    /// Kills it, which it does not notice.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        assert_eq!(self.end().signal(), Some(libc::SIGKILL));
    }
}

impl Drop for Child {
    /// What it has started and is left of its group ends with it.
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.process);
        let _ended_already = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _reaped = self.process.wait();
    }
}

/// Asks until there is an answer, and panics when that takes too long.
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
