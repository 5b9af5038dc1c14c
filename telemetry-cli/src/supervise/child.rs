//! What the kernel says about the command, and where a signal for it goes.

use std::io;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpgid, getpgrp, getpid, getsid, kill_process, kill_process_group,
    waitpid,
};

use super::outcome::Ended;

/// What became of the command since it was last asked about.
pub(super) enum News {
    /// Nothing changed.
    Nothing,
    /// This signal stopped it, and it still stands.
    Stopped(i32),
    /// It runs again.
    Continued,
    /// It is gone, and its number may already belong to somebody else.
    Ended(Ended),
}

/// The command, from its start until its end was told.
pub(super) struct Child {
    pid: Pid,
    stopped: bool,
    /// Whether it began in a process group of its own, so that what is for it is for all of them.
    has_group: bool,
}

impl Child {
    /// A command that was just started.
    pub(super) fn new(pid: Pid, has_group: bool) -> Self {
        Self { pid, stopped: false, has_group }
    }

    /// Its process number.
    pub(super) fn id(&self) -> i32 {
        self.pid.as_raw_pid()
    }

    /// Whether it stood when it was last asked about.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether a key of the terminal reaches it together with us; what cannot be told is taken to be as it began.
    pub(super) fn is_in_our_group(&self) -> bool {
        getpgid(Some(self.pid)).map_or(true, |group| group == getpgrp())
    }

    /// Sends it a signal, and its whole group where that began as its own.
    ///
    /// To be called only while its end was not told: until then the kernel keeps its number for it. A refusal, as by a
    /// command that became another user's, leaves nothing that could be done.
    pub(super) fn send(&self, signal: Signal) {
        let _ = match self.has_group {
            true => kill_process_group(self.pid, signal),
            false => kill_process(self.pid, signal),
        };
    }

    /// Ends it by a signal, with its whole group wherever it leads one. One that stands is continued, since it would hear of
    /// nothing but `SIGKILL` before.
    pub(super) fn end(&self, signal: Signal) {
        let leads = getpgid(Some(self.pid)) == Ok(self.pid);
        for signal in [signal, Signal::CONT] {
            let _ = if leads { kill_process_group(self.pid, signal) } else { kill_process(self.pid, signal) };
        }
    }

    /// Asks the kernel until it has nothing more to tell.
    pub(super) fn news(&mut self) -> News {
        let mut news = News::Nothing;
        loop {
            match self.ask() {
                Ok(None) => return news,
                Ok(Some(status)) => news = self.learn(status),
                Err(error) => news = News::Ended(Ended::Failed(lost(error))),
            }
            if matches!(news, News::Ended(_)) {
                return news;
            }
        }
    }

    fn ask(&self) -> Result<Option<WaitStatus>, Errno> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
        let answer = rustix::io::retry_on_intr(|| waitpid(Some(self.pid), options))?;
        Ok(answer.map(|(_, status)| status))
    }

    fn learn(&mut self, status: WaitStatus) -> News {
        self.stopped = status.stopped();
        let exited = status.exit_status().map(Ended::Exited);
        if let Some(ended) = exited.or_else(|| status.terminating_signal().map(Ended::Signalled)) {
            return News::Ended(ended);
        }
        status.stopping_signal().map_or(News::Continued, News::Stopped)
    }
}

/// Whether this process leads its session, and so is the only one that learns of the terminal's hang-up.
pub(super) fn we_lead_the_session() -> bool {
    getsid(None) == Ok(getpid())
}

/// Whether this process belongs to a terminal, whose keys signal a process group.
pub(super) fn we_have_a_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

fn lost(error: Errno) -> io::Error {
    io::Error::other(format!("it was started, but how it ended is unknown: {error}"))
}
