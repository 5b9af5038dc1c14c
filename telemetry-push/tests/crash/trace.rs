//! Leads a process from system call to system call.

use crate::child::{Plan, Ready};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing that is waited for here takes as long, unless it never ends.
const BOUND: Duration = Duration::from_secs(30);

/// How often in a row all threads have to be seen asleep, 1 ms apart, before a process is taken to wait for another one.
const SEEN_ASLEEP: u32 = 8;

/// A process that is led, all threads of it. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Led {
    ready: Ready,
    threads: BTreeSet<Pid>,
    /// The thread that stands still, and the signal that it gets when it goes on.
    standing: Option<(Pid, Option<Signal>)>,
    /// How many marks it has passed.
    pub(crate) marks: u32,
    end: Option<WaitStatus>,
}

/// Where a led process got to.
#[derive(Debug)]
pub(crate) enum Step {
    /// It stands before a system call.
    Before(Call),
    /// It stands behind a system call that returned this.
    Behind(Call, i64),
    /// All its threads wait for something that another process has to do.
    Waits,
    /// It ended by itself.
    Ended(WaitStatus),
}

/// A system call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    process: Pid,
    pub(crate) number: i64,
    arguments: [u64; 4],
}

/// Whether processes can be led here.
pub(crate) fn permitted(root: &Path) -> Result<(), String> {
    let refused = |error: Errno| format!("ptrace is not permitted: {error}");
    Led::take(Ready::start(root, Plan { name: "probe", earlier: 0, merges: 0, reads: false }))
        .map(drop)
        .map_err(refused)
}

impl Led {
    /// Starts a process and leads it up to its first mark.
    pub(crate) fn start(root: &Path, plan: Plan<'_>) -> Self {
        let mut led = Self::take(Ready::start(root, plan)).unwrap();
        led.ready.go();
        while led.marks == 0 {
            assert!(!matches!(led.step(), Step::Ended(_)), "the child ended before its first mark");
        }
        led
    }

    /// Takes the lead of all threads of a process that waits.
    fn take(ready: Ready) -> Result<Self, Errno> {
        let threads = tasks(ready.pid);
        let mut led = Self { ready, threads: BTreeSet::new(), standing: None, marks: 0, end: None };
        for thread in threads {
            let options =
                Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
            ptrace::seize(thread, options)?;
            led.threads.insert(thread);
            ptrace::interrupt(thread)?;
        }
        Ok(led)
    }

    pub(crate) const fn pid(&self) -> Pid {
        self.ready.pid
    }

    /// Goes on to the next point where a thread enters or leaves a system call. A new thread is led as well.
    pub(crate) fn step(&mut self) -> Step {
        self.go_on();
        let (began, mut asleep) = (Instant::now(), 0);
        loop {
            if let Some(status) = self.end {
                return Step::Ended(status);
            }
            if let Some(step) = self.look() {
                return step;
            }
            if asleep == SEEN_ASLEEP {
                return Step::Waits;
            }
            assert!(began.elapsed() < BOUND, "the child is stuck");
            asleep = self.linger(began, asleep);
        }
    }

    /// Waits a moment for the next stop: a stop comes within microseconds, unless the process sleeps or works on a disk.
    fn linger(&self, began: Instant, asleep: u32) -> u32 {
        if began.elapsed() < Duration::from_millis(2) {
            thread::yield_now();
            return 0;
        }
        thread::sleep(Duration::from_millis(1));
        if is_asleep(self.pid()) { asleep + 1 } else { 0 }
    }

    fn go_on(&mut self) {
        if let Some((thread, signal)) = self.standing.take() {
            // A thread that has ended meanwhile needs nobody to let it go on.
            let _ended = ptrace::syscall(thread, signal);
        }
    }

    /// What any thread has to report.
    fn look(&mut self) -> Option<Step> {
        for thread in self.threads.clone() {
            match waitpid(thread, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => {}
                Ok(status) => {
                    if let Some(step) = self.note(thread, status) {
                        return Some(step);
                    }
                }
                Err(_) => _ = self.threads.remove(&thread),
            }
        }
        None
    }

    fn note(&mut self, thread: Pid, status: WaitStatus) -> Option<Step> {
        match status {
            WaitStatus::PtraceSyscall(_) => return self.stop(thread),
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => return self.end(thread, status),
            WaitStatus::Stopped(_, signal) => self.standing = Some((thread, Some(signal))),
            WaitStatus::PtraceEvent(_, _, event) => {
                if event == Event::PTRACE_EVENT_CLONE as i32 {
                    let new = ptrace::getevent(thread).unwrap();
                    self.threads.insert(Pid::from_raw(i32::try_from(new).unwrap()));
                }
                self.standing = Some((thread, None));
            }
            other => panic!("{other:?} of a thread that is led"),
        }
        self.go_on();
        None
    }

    fn stop(&mut self, thread: Pid) -> Option<Step> {
        self.standing = Some((thread, None));
        let registers = ptrace::getregs(thread).ok()?;
        let call = Call {
            process: self.pid(),
            number: registers.orig_rax.cast_signed(),
            arguments: [registers.rdi, registers.rsi, registers.rdx, registers.r10],
        };
        if ptrace::syscall_info(thread).ok()?.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            self.marks += u32::from(call.is_mark());
            return Some(Step::Before(call));
        }
        Some(Step::Behind(call, registers.rax.cast_signed()))
    }

    fn end(&mut self, thread: Pid, status: WaitStatus) -> Option<Step> {
        self.threads.remove(&thread);
        if thread == self.pid() {
            self.end = Some(status);
        }
        self.end.map(Step::Ended)
    }

    /// Steps on like [`step`](Self::step), for one in whose way nothing stands: where it waits, then for a moment only, and it never
    /// ends.
    pub(crate) fn step_alone(&mut self) -> Step {
        let began = Instant::now();
        loop {
            match self.step() {
                Step::Ended(status) => panic!("it ended before its last mark with {status:?}"),
                Step::Waits => assert!(began.elapsed() < BOUND, "nobody makes it wait"),
                step => return step,
            }
        }
    }

    /// Steps on until this is so, and says so; or says that it ended or waits before.
    pub(crate) fn step_until(&mut self, mut wanted: impl FnMut(&Step) -> bool) -> Step {
        loop {
            let step = self.step();
            if wanted(&step) || matches!(step, Step::Ended(_) | Step::Waits) {
                return step;
            }
        }
    }

    /// Lets it go on as far as it gets by itself: to its end, which has to be a good one, or until it waits for somebody.
    pub(crate) fn run(&mut self) {
        if self.end.is_none() {
            self.step_until(|_| false);
        }
        assert!(
            matches!(self.end, None | Some(WaitStatus::Exited(_, 0))),
            "its merge failed: {:?}",
            self.end
        );
    }

    /// Lets it go on to its end, where nobody stands in its way.
    pub(crate) fn finish(mut self) {
        let began = Instant::now();
        while self.end.is_none() {
            self.run();
            assert!(began.elapsed() < BOUND, "the child does not end");
        }
    }

    /// Ends it where it stands. When this returns it is no more, and its locks are released.
    pub(crate) fn kill(&mut self) {
        let began = Instant::now();
        while self.end.is_none() && !self.threads.is_empty() {
            // Only what was started here and not yet waited for gets the signal.
            kill(self.pid(), Signal::SIGKILL).unwrap();
            let _other_stops = self.look();
            assert!(began.elapsed() < BOUND, "a killed child does not end");
            thread::yield_now();
        }
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.kill();
        } else if self.end.is_none() {
            let _gone = kill(self.pid(), Signal::SIGKILL);
        }
    }
}

impl Call {
    fn is_mark(&self) -> bool {
        self.number == libc::SYS_kill && self.arguments[1] == 0
    }

    /// The file or folder that this call makes durable.
    pub(crate) fn synced(&self) -> Option<PathBuf> {
        let syncs = matches!(self.number, libc::SYS_fsync | libc::SYS_fdatasync);
        syncs.then(|| self.descriptor())
    }

    /// Whether everything that the kernel has becomes durable.
    pub(crate) const fn syncs_all(&self) -> bool {
        matches!(self.number, libc::SYS_sync | libc::SYS_syncfs)
    }

    /// The file that this call locks or unlocks.
    pub(crate) fn locked(&self) -> Option<PathBuf> {
        (self.number == libc::SYS_flock).then(|| fs::read_link(self.descriptor()).unwrap())
    }

    /// The path that this call puts a file or folder at.
    pub(crate) fn renamed_to(&self) -> Option<PathBuf> {
        let address = match self.number {
            libc::SYS_rename => self.arguments[1],
            libc::SYS_renameat | libc::SYS_renameat2 => self.arguments[3],
            _ => return None,
        };
        Some(self.text(address).into())
    }

    /// The first argument, which is a descriptor, as a path.
    fn descriptor(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", self.process, self.arguments[0]).into()
    }

    fn text(&self, address: u64) -> String {
        let mut bytes = vec![0; 4096];
        // A read that goes on into memory that is not there is cut short, and what it needs stands before.
        let memory = File::open(format!("/proc/{}/mem", self.process)).unwrap();
        let read = memory.read_at(&mut bytes, address).unwrap();
        let end = bytes[..read].iter().position(|byte| *byte == 0).unwrap();
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

fn tasks(process: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw)).collect()
}

/// Whether every thread sleeps; not one that waits for a disk, nor one that has ended.
pub(crate) fn is_asleep(process: Pid) -> bool {
    let tasks = tasks(process);
    !tasks.is_empty() && tasks.iter().all(|task| status(process, *task) == Some('S'))
}

/// The letter that stands for what a thread does at this moment.
fn status(process: Pid, task: Pid) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{task}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

/// Waits for a child that nobody leads, up to a bound.
pub(crate) fn wait_for(process: Pid) -> WaitStatus {
    let began = Instant::now();
    loop {
        match waitpid(process, Some(WaitPidFlag::WNOHANG)).unwrap() {
            WaitStatus::StillAlive => thread::sleep(Duration::from_millis(1)),
            status => return status,
        }
        assert!(began.elapsed() < BOUND, "the child does not end");
    }
}

/// Whether a child that nobody leads waits for another process, as opposed to having ended. It is not waited for.
pub(crate) fn comes_to_wait(process: Pid) -> bool {
    let (began, mut asleep) = (Instant::now(), 0);
    while asleep < SEEN_ASLEEP {
        assert!(began.elapsed() < BOUND, "the child neither waits nor ends");
        thread::sleep(Duration::from_millis(1));
        if status(process, process) == Some('Z') {
            return false;
        }
        asleep = if is_asleep(process) { asleep + 1 } else { 0 };
    }
    true
}
