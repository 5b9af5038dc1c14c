//! The process that merges, which is this test binary started once more, and how it is started.

use crate::state::Process;
use nix::sys::signal;
use nix::unistd::{Pid, getpid};
use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

const FOLDER: &str = "TELEMETRY_CRASH_FOLDER";
const NAME: &str = "TELEMETRY_CRASH_NAME";
const EARLIER: &str = "TELEMETRY_CRASH_EARLIER_MERGES";
const MERGES: &str = "TELEMETRY_CRASH_MERGES";
const READS: &str = "TELEMETRY_CRASH_READS";
const READY: &str = "ready";

/// What a child does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    /// Under which name it counts.
    pub(crate) name: &'a str,
    /// How many merges it has behind it before it is led.
    pub(crate) earlier: u32,
    /// How many merges it makes while it is led. One mark comes before the first, and one after each; when all is done and the
    /// process counts as dead, one more.
    pub(crate) merges: u32,
    /// Whether it reads the ledger instead, as often, and has nothing to merge.
    pub(crate) reads: bool,
}

/// A child that waits to be told to go on.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) pid: Pid,
    stdin: ChildStdin,
    /// Kept open, so that the child's runner can report to the end.
    _stdout: BufReader<ChildStdout>,
}

impl Ready {
    /// Starts a child, which then stands before the first mark of its plan.
    #[expect(clippy::zombie_processes, reason = "whoever leads it or waits for it does so by its id")]
    pub(crate) fn start(root: &Path, plan: Plan<'_>) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child::merges", "--ignored", "--nocapture", "--test-threads=1"])
            .env("RUST_BACKTRACE", "0")
            .env(FOLDER, root)
            .env(NAME, plan.name)
            .env(EARLIER, plan.earlier.to_string())
            .env(MERGES, plan.merges.to_string())
            .env(READS, plan.reads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let ready = stdout.by_ref().lines().any(|line| line.unwrap() == READY);
        assert!(ready, "the child ended before it was ready");
        let pid = Pid::from_raw(child.id().cast_signed());
        Self { pid, stdin: child.stdin.take().unwrap(), _stdout: stdout }
    }

    /// Lets it go on.
    pub(crate) fn go(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }
}

/// A system call that does nothing, for the parent to see.
fn mark() {
    signal::kill(getpid(), None).unwrap();
}

#[test]
#[ignore = "a process that the tests of this target start"]
fn merges() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let number = |name| env::var(name).unwrap().parse::<u32>().unwrap();
    let mut process = Process::begin(Path::new(&folder), &env::var(NAME).unwrap());
    let (earlier, merges) = (number(EARLIER), number(MERGES));
    (0..earlier).for_each(|_| process.merge());
    let reads = env::var(READS).unwrap() == "true";
    process.count();
    // The runner's own line may still be open.
    print!("\n{READY}\n");
    io::stdout().flush().unwrap();
    io::stdin().lock().read_line(&mut String::new()).unwrap();
    mark();
    for i in 0..merges {
        if i > 0 {
            process.count();
        }
        if reads {
            process.carry.ledger().totals(&mut Vec::new()).unwrap();
        } else {
            process.carry.merge().unwrap();
        }
        mark();
    }
    drop(process);
    mark();
}
