//! Runs a command in place of this program and stands in for it until it ends.
//!
//! Responsible for starting the command, for passing on signals, for stopping and continuing together with it, and for
//! how it ended. Knows nothing of what the caller records about it, and prints nothing.
//!
//! To the outside the two behave as one program: streams, terminal and process group are shared, a signal sent to the
//! wrapper reaches the command once, and a stopped command is a stopped job in the shell. Everything happens on the
//! calling thread: handlers only store what arrived, and one loop reads it, asks the kernel about the command, and acts.
//!
//! | module | what it answers |
//! |---|---|
//! | `inherited` | which signals were ignored or blocked when this process began |
//! | `inbox` | which signals arrived since the last look, and who sent them |
//! | `start` | how a command begins, and why it could not |
//! | `child` | what the kernel says about the command, and where a signal for it goes |
//! | `jobs` | when to stop and when to continue together |
//! | `outcome` | how it ended, as an exit code and as a message |
//!
//! One thing cannot be passed through: Rust's runtime ignores `SIGPIPE` before `main` and resets it in every command that
//! it starts, so a command never begins with `SIGPIPE` ignored, even where this program did.

mod child;
mod inbox;
mod inherited;
mod jobs;
mod outcome;
mod start;

use std::ffi::{OsStr, OsString};
use std::io;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

use child::{Child, News};
use inbox::{Arrived, Batch, Inbox, Sender};
use inherited::Inherited;
use jobs::Jobs;
pub(crate) use outcome::{Ended, Supervised};

/// How often the command is looked at where `SIGCHLD` may be blocked, and so may never announce its end.
///
/// Only a parent that blocks `SIGCHLD`, or a system that does not tell what is blocked, makes this necessary; a quarter
/// of a second is short for a person and costs nothing that can be measured.
const TICK: Duration = Duration::from_millis(250);

/// The signals that ask a program to end.
const TERMINATING: [i32; 4] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP];

/// Runs the command to its end.
///
/// The signals that were caught for it stay caught afterwards and then do nothing, so that a second Ctrl-C does not cost
/// the caller its record of the first. Work after the end should therefore be bounded.
///
/// # Errors
///
/// Only where the handlers could not be installed; nothing was started then. A command that could not be started is
/// no error but an [`Ended`].
pub(crate) fn supervise(program: &OsStr, args: &[OsString]) -> io::Result<Supervised> {
    Ok(match Supervisor::prepare()?.start(program, args) {
        Ok(running) => running.wait(),
        Err(never_started) => never_started,
    })
}

/// Handlers are installed and nothing is started: whatever arrives from here on is kept for the command.
pub(crate) struct Supervisor {
    inbox: Inbox,
    tick: Option<Duration>,
}

impl Supervisor {
    /// Installs the handlers, except for signals that were ignored when this process began.
    ///
    /// # Errors
    ///
    /// What the system says where a handler or the pipe behind it is refused.
    pub(crate) fn prepare() -> io::Result<Self> {
        let inherited = Inherited::read();
        let tick = inherited.may_block(SIGCHLD).then_some(TICK);
        Ok(Self { inbox: Inbox::open(&inherited)?, tick })
    }

    /// Starts the command, or says how it ended without ever having begun.
    pub(crate) fn start(mut self, program: &OsStr, args: &[OsString]) -> Result<Running, Supervised> {
        match start::start(program, args, std::env::var_os("PATH").as_deref()) {
            Ok(pid) => Ok(Running::new(self, Child::new(pid))),
            Err(ended) => {
                let told_to_stop = last_terminating(&self.inbox.take());
                Err(Supervised { ended, told_to_stop })
            }
        }
    }
}

/// The command runs, or ran and waits to be asked how it ended.
pub(crate) struct Running {
    inbox: Inbox,
    tick: Option<Duration>,
    child: Child,
    jobs: Jobs,
    told_to_stop: Option<i32>,
    /// Whether signals may still be waiting that arrived before the command existed.
    just_started: bool,
}

impl Running {
    fn new(Supervisor { inbox, tick }: Supervisor, child: Child) -> Self {
        Self { inbox, tick, child, jobs: Jobs::default(), told_to_stop: None, just_started: true }
    }

    /// Stands in for the command until it ends.
    pub(crate) fn wait(mut self) -> Supervised {
        loop {
            let batch = self.inbox.take();
            self.note(&batch);
            // The kernel is asked before anything is sent, so that a signal never goes to a process that is gone.
            match self.child.news() {
                News::Ended(ended) => return self.ended(ended),
                News::Stopped(signal) => self.jobs.child_stopped(signal, Instant::now()),
                News::Continued => self.jobs.child_continued(),
                News::Nothing => {}
            }
            self.pass_on(&batch);
            self.keep_together(&batch);
            self.just_started = false;
            self.stop_or_sleep();
        }
    }

    /// What the command was killed by may be noticed a moment before the same signal reaches the wrapper's own queue.
    fn ended(mut self, ended: Ended) -> Supervised {
        let late = self.inbox.take();
        self.note(&late);
        Supervised { ended, told_to_stop: self.told_to_stop }
    }

    fn note(&mut self, batch: &Batch) {
        self.told_to_stop = last_terminating(batch).or(self.told_to_stop);
    }

    fn pass_on(&mut self, batch: &Batch) {
        for arrived in batch.arrived.iter().filter(|arrived| ![SIGTSTP, SIGCONT].contains(&arrived.signal)) {
            self.pass_on_one(arrived);
        }
    }

    fn pass_on_one(&self, arrived: &Arrived) {
        if let (true, Some(signal)) = (self.child_lacks(arrived), Signal::from_named_raw(arrived.signal)) {
            self.child.send(signal);
        }
    }

    /// Whether the command does not have this signal already.
    ///
    /// The terminal signals its whole foreground group, and so the command too, unless the command left our group (as
    /// `timeout` does) or did not exist yet. A hang-up goes to the session's leader alone. And a command that signals
    /// its parent or its own group means nobody else by it.
    fn child_lacks(&self, arrived: &Arrived) -> bool {
        match arrived.sender {
            Sender::Process(pid) => pid != self.child.id(),
            Sender::Terminal if self.just_started => true,
            Sender::Terminal if arrived.signal == SIGHUP && child::we_lead_the_session() => true,
            Sender::Terminal => !self.child.is_in_our_group(),
        }
    }

    fn keep_together(&mut self, batch: &Batch) {
        if let Some(suspend) = batch.suspend() {
            if !batch.ends_in_continue() {
                self.pass_on_one(suspend);
            }
            self.jobs.asked_to_stop(self.child.is_stopped(), Instant::now());
        }
        let continued = self.jobs.was_continued() || batch.ends_in_continue();
        if continued && self.jobs.must_continue(self.child.is_stopped()) {
            self.child.send(Signal::CONT);
        }
    }

    fn stop_or_sleep(&mut self) {
        let until_stop = self.jobs.until_stop(Instant::now());
        if until_stop != Some(Duration::ZERO) {
            return self.inbox.wait(until_stop.or(self.tick));
        }
        // A signal that arrived since the last look may be the one that ends the pause, so it is read first.
        if self.inbox.is_quiet() {
            self.jobs.stop_ourselves();
        }
    }
}

fn last_terminating(batch: &Batch) -> Option<i32> {
    batch.arrived.iter().map(|arrived| arrived.signal).rfind(|signal| TERMINATING.contains(signal))
}
