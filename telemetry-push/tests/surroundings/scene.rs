//! Starting this binary once more, elsewhere or as somebody else.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Set for a test that was started by another one.
const INSIDE: &str = "TELEMETRY_SURROUNDINGS_INSIDE";

/// Nothing that is waited for here takes as long, unless it never ends.
const BOUND: Duration = Duration::from_secs(60);

/// Where and as whom a process is started: a program that starts another one, with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    prefix: Vec<String>,
}

impl Scene {
    /// Here, and as whoever runs the tests.
    pub(crate) const fn here() -> Self {
        Self { prefix: Vec::new() }
    }

    /// With mounts of its own, as root or as what an ordinary user may take for root.
    pub(crate) fn own_mounts() -> Self {
        Self::unshared("--mount")
    }

    /// With a host name of its own.
    pub(crate) fn own_host_name() -> Self {
        Self::unshared("--uts")
    }

    fn unshared(what: &str) -> Self {
        let user: &[&str] = if is_root() { &[] } else { &["--user", "--map-root-user"] };
        Self::of(["unshare", what].iter().chain(user))
    }

    /// As a user with this number, in no group but its own and this one.
    pub(crate) fn user(id: u32, group: u32) -> Self {
        let (user, own, group) =
            (format!("--reuid={id}"), format!("--regid={id}"), format!("--groups={group}"));
        Self::of([&*user, &own, &group].iter().fold(vec!["setpriv"], |mut words, word| {
            words.push(word);
            words
        }))
    }

    /// As a user of whom the system knows nothing but the number.
    pub(crate) fn unknown_user() -> Self {
        if is_root() { Self::user(12345, 12345) } else { Self::of(["unshare", "--user", "--map-user=12345"]) }
    }

    fn of(words: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { prefix: words.into_iter().map(|word| word.to_string()).collect() }
    }

    /// The same, where files are made with these rights taken away.
    pub(crate) fn with_umask(mut self, umask: &str) -> Self {
        let shell = ["sh", "-c", &format!("umask {umask}; exec \"$@\""), "sh"];
        self.prefix.extend(shell.map(str::to_owned));
        self
    }

    /// Whether processes can be started there.
    pub(crate) fn permitted(&self) -> Result<(), String> {
        let output = self.program("true").output();
        let output = output.map_err(|error| format!("{}: {error}", self.prefix.join(" ")))?;
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        output.status.success().then_some(()).ok_or(why)
    }

    fn program(&self, program: impl AsRef<OsStr>) -> Command {
        match self.prefix.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    /// The command that runs an ignored test of this binary there.
    pub(crate) fn test(&self, name: &str) -> Command {
        self.test_of(&env::current_exe().unwrap(), name)
    }

    /// The same, of a copy of this binary.
    pub(crate) fn test_of(&self, binary: &Path, name: &str) -> Command {
        let mut command = self.program(binary);
        command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
        // Hundreds of backtraces at once would take a minute to print.
        command
            .env(INSIDE, "1")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Whether this test was started by another one, and not by a person who runs all that is ignored.
pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs it to its end, which has to be a good one, and returns what it printed.
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = ended(command.spawn().unwrap());
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}:\n{stdout}\n{stderr}", output.status);
    stdout.into_owned()
}

/// Waits for its end, up to a bound.
pub(crate) fn ended(mut child: Child) -> Output {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > BOUND {
            child.kill().unwrap();
            panic!("a child did not end: {:?}", child.wait_with_output().unwrap());
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

/// A folder that every user may enter, with a copy of this binary that every user may run.
pub(crate) fn open_to_all() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let binary = folder.path().join("tests");
    fs::copy(env::current_exe().unwrap(), &binary).unwrap();
    set_mode(&binary, 0o755);
    (folder, binary)
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
