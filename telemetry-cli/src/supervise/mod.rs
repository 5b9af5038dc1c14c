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
//! | `limit` | how long the command may take |
//! | `child` | what the kernel says about the command, and where a signal for it goes |
//! | `jobs` | when to stop and when to continue together |
//! | `outcome` | how it ended, as an exit code and as a message |
//!
//! Two things cannot be passed through: Rust's runtime ignores `SIGPIPE` before `main` and resets it in every command that
//! it starts, so a command never begins with `SIGPIPE` ignored, even where this program did.
//! Nor can a closed standard stream: the runtime opens `/dev/null` in its place.

mod child;
mod inbox;
mod inherited;
mod jobs;
mod limit;
mod outcome;
mod start;

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid};
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

use child::{Child, News};
use inbox::{Arrived, Inbox, Sender};
pub(crate) use inherited::Inherited;
use jobs::{Jobs, Request};
use limit::Countdown;
pub(crate) use limit::Limit;
pub(crate) use outcome::{Ended, Supervised};
pub(crate) use start::Order;

/// How often the command is looked at where `SIGCHLD` may be blocked, and so may never announce its end.
///
/// Only a parent that blocks `SIGCHLD`, or a system that does not tell what is blocked, makes this necessary; a quarter
/// of a second is short for a person and costs nothing that can be measured.
const TICK: Duration = Duration::from_millis(250);

/// The signals that ask a program to end.
const TERMINATING: [i32; 4] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP];

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
    ///
    /// A command whose time is limited gets a process group of its own where no terminal is there whose keys are for all of
    /// us, so that what it started ends with it; all signals for the command then go to its group.
    pub(crate) fn start(&mut self, order: &Order<'_>) -> Result<Running<'_>, Supervised> {
        let own_group = order.limit.is_some() && !child::we_have_a_terminal();
        match start::start(order, own_group, std::env::var_os("PATH").as_deref()) {
            Ok(pid) => Ok(Running::new(self, Child::new(pid, own_group), order.limit)),
            Err(ended) => {
                let told_to_stop = last_terminating(&self.inbox.take());
                Err(Supervised { ended, told_to_stop, sent_at_limit: None })
            }
        }
    }

    /// Waits between two commands; gives the signal that asked to end instead, from whenever it came after the last command.
    ///
    /// Without a command there is nobody to stop together with: a request to stop is followed at once, and the time goes on.
    pub(crate) fn pause(&mut self, time: Duration) -> Option<i32> {
        let end = Instant::now() + time;
        loop {
            let arrived = self.inbox.take();
            let left = end.saturating_duration_since(Instant::now());
            let told_to_stop = last_terminating(&arrived);
            if told_to_stop.is_some() || left.is_zero() {
                return told_to_stop;
            }
            match Jobs::default().request(&arrived, Instant::now()) {
                Request::Stop(_) if !self.inbox.was_continued() => Jobs::default().stop(getpid()),
                _ => self.inbox.wait(Some(left)),
            }
        }
    }
}

/// The command runs, or ran and waits to be asked how it ended.
pub(crate) struct Running<'s> {
    supervisor: &'s mut Supervisor,
    child: Child,
    jobs: Jobs,
    countdown: Countdown,
    told_to_stop: Option<i32>,
    /// Whether signals may still be waiting that arrived before the command existed.
    just_started: bool,
}

impl<'s> Running<'s> {
    fn new(supervisor: &'s mut Supervisor, child: Child, limit: Option<Limit>) -> Self {
        let countdown = Countdown::start(limit, Instant::now());
        let jobs = Jobs::default();
        Self { supervisor, child, jobs, countdown, told_to_stop: None, just_started: true }
    }

    /// Stands in for the command until it ends.
    ///
    /// The signals that were caught for it stay caught afterwards and then do nothing, so that a second Ctrl-C does not cost
    /// the caller its record of the first. Work after the end should therefore be bounded.
    pub(crate) fn wait(mut self) -> Supervised {
        loop {
            let arrived = self.supervisor.inbox.take();
            self.note(&arrived);
            // The kernel is asked before anything is sent, so that a signal never goes to a process that is gone.
            match self.child.news() {
                News::Ended(ended) => return self.ended(ended),
                News::Stopped(signal) => self.jobs.child_stopped(signal, Instant::now()),
                News::Continued => self.jobs.child_continued(),
                News::Nothing => {}
            }
            self.pass_on(&arrived);
            self.keep_together(&arrived);
            self.keep_to_the_limit();
            self.just_started = false;
            self.stop_or_sleep();
        }
    }

    /// What the command was killed by may be noticed a moment before the same signal reaches the wrapper's own queue.
    fn ended(mut self, ended: Ended) -> Supervised {
        let late = self.supervisor.inbox.take();
        self.note(&late);
        Supervised { ended, told_to_stop: self.told_to_stop, sent_at_limit: self.countdown.sent() }
    }

    fn note(&mut self, arrived: &[Arrived]) {
        self.told_to_stop = last_terminating(arrived).or(self.told_to_stop);
    }

    fn pass_on(&self, arrived: &[Arrived]) {
        for arrived in arrived.iter().filter(|arrived| ![SIGTSTP, SIGCONT].contains(&arrived.signal)) {
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
    /// That a process signalled our whole group, as a shell does with `kill %1`, does not show: the command then gets
    /// the signal twice, which is better than not at all. Only a command that signals its own group or its parent is
    /// recognised, and means nobody else by it.
    fn child_lacks(&self, arrived: &Arrived) -> bool {
        match arrived.sender {
            Sender::Process(pid) => pid != self.child.id(),
            Sender::Terminal => self.whereabouts().misses(arrived.signal),
        }
    }

    fn whereabouts(&self) -> Whereabouts {
        Whereabouts {
            just_started: self.just_started,
            in_our_group: self.child.is_in_our_group(),
            we_lead_the_session: child::we_lead_the_session(),
        }
    }

    fn keep_together(&mut self, arrived: &[Arrived]) {
        match self.jobs.request(arrived, Instant::now()) {
            Request::Nothing => {}
            Request::Stop(suspend) => {
                self.pass_on_one(suspend);
                self.jobs.passed_on(self.child.is_stopped(), Instant::now());
            }
            Request::Continue => {
                if self.jobs.must_continue(self.child.is_stopped()) {
                    self.child.send(Signal::CONT);
                }
            }
        }
    }

    fn keep_to_the_limit(&mut self) {
        if let Some(signal) = self.countdown.due(Instant::now()) {
            self.child.end(signal);
        }
    }

    fn stop_or_sleep(&mut self) {
        let until_stop = self.jobs.until_stop(Instant::now());
        if until_stop != Some(Duration::ZERO) {
            let until_look = until_stop.or(self.supervisor.tick);
            let until_limit = self.countdown.until(Instant::now());
            return self.supervisor.inbox.wait([until_look, until_limit].into_iter().flatten().min());
        }
        // A call into the kernel delivers what is on its way, so that the question comes after it and not before.
        let ourselves = getpid();
        if !self.supervisor.inbox.was_continued() {
            self.jobs.stop(ourselves);
        }
    }
}

/// What decides whether the terminal reaches the command as well as us.
#[derive(Clone, Copy)]
struct Whereabouts {
    /// The command may not have existed yet when the signal arrived.
    just_started: bool,
    /// The command is still in our process group, as it began, and did not take a group of its own, as `timeout` does.
    in_our_group: bool,
    /// We are the first program of the terminal.
    we_lead_the_session: bool,
}

impl Whereabouts {
    /// The terminal signals a whole group, but tells of its hang-up only the program that leads the session.
    fn misses(self, signal: i32) -> bool {
        self.just_started || !self.in_our_group || (signal == SIGHUP && self.we_lead_the_session)
    }
}

fn last_terminating(arrived: &[Arrived]) -> Option<i32> {
    arrived.iter().map(|arrived| arrived.signal).rfind(|signal| TERMINATING.contains(signal))
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGUSR1, SIGWINCH};

    use super::*;

    const BESIDE_US: Whereabouts =
        Whereabouts { just_started: false, in_our_group: true, we_lead_the_session: false };

    #[test]
    fn a_command_beside_us_has_what_the_terminal_sends() {
        for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGHUP] {
            assert!(!BESIDE_US.misses(signal));
        }
    }

    #[test]
    fn a_command_that_was_not_there_or_went_away_misses_it() {
        for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGHUP] {
            assert!(Whereabouts { just_started: true, ..BESIDE_US }.misses(signal));
            assert!(Whereabouts { in_our_group: false, ..BESIDE_US }.misses(signal));
        }
    }

    #[test]
    fn a_hang_up_is_told_to_the_leader_alone_but_keys_are_not() {
        let leading = Whereabouts { we_lead_the_session: true, ..BESIDE_US };
        assert!(leading.misses(SIGHUP));
        assert!(!leading.misses(SIGINT));
    }

    #[test]
    fn the_last_terminating_signal_is_noted_and_no_other() {
        let arrived = |signal| Arrived { signal, sender: Sender::Terminal };
        assert_eq!(last_terminating(&[arrived(SIGTERM), arrived(SIGINT), arrived(SIGUSR1)]), Some(SIGINT));
        assert_eq!(last_terminating(&[arrived(SIGUSR1), arrived(SIGWINCH)]), None);
    }
}
