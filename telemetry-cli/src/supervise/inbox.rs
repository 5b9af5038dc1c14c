//! Which signals arrived since the last look, and who sent them.
//!
//! The handlers store each signal with its origin and write to a pipe, on which the loop sleeps. Nothing is decided
//! here about what a signal leads to.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getpgrp, getsid};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use signal_hook::flag;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::low_level::siginfo::Cause;

use super::inherited::Inherited;

/// The signals that are passed on or acted upon.
const CAUGHT: [i32; 8] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT];

/// The signals that a key of the terminal sends.
const KEYS: [i32; 3] = [SIGINT, SIGQUIT, SIGTSTP];

/// Who sent a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sender {
    /// The kernel, on behalf of the terminal.
    Terminal,
    /// The process with this number, by a call; 0 where it lives outside of our view, in an outer container.
    Process(i32),
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arrived {
    /// Its number.
    pub(super) signal: i32,
    /// Who sent it.
    pub(super) sender: Sender,
}

/// The queue that the handlers fill.
pub(super) struct Inbox {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
    continued: Arc<AtomicBool>,
}

impl Inbox {
    /// Installs the handlers, but none for a signal that was ignored when the process began.
    ///
    /// `SIGCHLD` is caught in any case: the end of a command is lost to a parent that ignores it.
    /// It comes last, so that all others are in place once it is. What arrives in the few microseconds in which its own
    /// handler is being installed is lost in `signal-hook`, which cannot hold it back without blocking signals.
    pub(super) fn open(inherited: &Inherited) -> io::Result<Self> {
        let wanted = CAUGHT.into_iter().filter(|&signal| !inherited.ignores(signal));
        let (read, write) = UnixStream::pair()?;
        let signals = wanted.chain([SIGCHLD]);
        let delivery = SignalDelivery::with_pipe(read, write, WithOrigin::default(), signals)?;
        let continued = Arc::new(AtomicBool::new(false));
        if !inherited.ignores(SIGCONT) {
            flag::register(SIGCONT, Arc::clone(&continued))?;
        }
        Ok(Self { delivery, continued })
    }

    /// Everything that arrived since the last look, in no order, but for `SIGCHLD`, which only wakes the loop.
    pub(super) fn take(&mut self) -> Vec<Arrived> {
        self.continued.store(false, Ordering::SeqCst);
        self.delivery.pending().filter(|origin| origin.signal != SIGCHLD).map(Arrived::from).collect()
    }

    /// Whether a `SIGCONT` arrived since the last look began; as quick to ask as can be.
    pub(super) fn was_continued(&self) -> bool {
        self.continued.load(Ordering::SeqCst)
    }

    /// Sleeps until something arrives or the time is over.
    ///
    /// An error, such as the interruption by a handler, ends the sleep as well: the loop then looks, and finds what
    /// there is.
    pub(super) fn wait(&self, at_most: Option<Duration>) {
        let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
        let mut pipe = [PollFd::new(self.delivery.get_read(), PollFlags::IN)];
        let _ = poll(&mut pipe, timeout.as_ref());
    }
}

impl From<Origin> for Arrived {
    fn from(origin: Origin) -> Self {
        let pid = origin.process.map(|process| process.pid);
        Self { signal: origin.signal, sender: sender(origin.signal, origin.cause, pid, is_from_our_terminal) }
    }
}

/// Tells a key of the terminal from a call of a process.
///
/// Linux and the BSDs say which it was. macOS names a process in either case, for a key the terminal program that was
/// running when it was pressed, so there the circumstances decide.
fn sender(signal: i32, cause: Cause, pid: Option<i32>, from_terminal: impl Fn(i32) -> bool) -> Sender {
    match (cause, pid) {
        (Cause::Kernel, _) | (_, None) => Sender::Terminal,
        (Cause::Sent(_), Some(pid)) => Sender::Process(pid),
        (_, Some(pid)) if KEYS.contains(&signal) && from_terminal(pid) => Sender::Terminal,
        (_, Some(pid)) => Sender::Process(pid),
    }
}

/// Whether we are in the terminal's foreground and the sender is no program of this terminal, as the program that draws
/// the terminal never is.
fn is_from_our_terminal(pid: i32) -> bool {
    let session = Pid::from_raw(pid).and_then(|pid| getsid(Some(pid)).ok());
    session != getsid(None).ok() && is_in_foreground()
}

fn is_in_foreground() -> bool {
    std::fs::File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()))
}

#[cfg(test)]
mod tests {
    use signal_hook::low_level::siginfo::Sent;

    use super::*;

    #[test]
    fn the_kernel_speaks_for_the_terminal_and_a_call_for_its_process() {
        let never = |_| unreachable!("the cause is known");
        assert_eq!(sender(SIGINT, Cause::Kernel, None, never), Sender::Terminal);
        assert_eq!(sender(SIGINT, Cause::Sent(Sent::User), Some(7), never), Sender::Process(7));
        assert_eq!(sender(SIGINT, Cause::Unknown, None, never), Sender::Terminal);
    }

    #[test]
    fn where_the_cause_is_unknown_only_keys_can_come_from_the_terminal() {
        assert_eq!(sender(SIGINT, Cause::Unknown, Some(7), |_| true), Sender::Terminal);
        assert_eq!(sender(SIGINT, Cause::Unknown, Some(7), |_| false), Sender::Process(7));
        assert_eq!(sender(SIGTERM, Cause::Unknown, Some(7), |_| true), Sender::Process(7));
    }
}
