//! Nothing outlives a measurement: what was started is ended by its process id, at the end, on failure and on a signal.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::{Failure, Outcome, While as _};
use crate::process::display;

/// The processes that have been started and not been waited for: their ids cannot be anybody else's yet.
static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(30);

/// A process that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
    name: String,
}

impl Started {
    /// Starts a program that reads nothing.
    pub(super) fn new(command: &mut Command) -> Outcome<Self> {
        let shown = display(command);
        let mut started = started();
        let child = command.stdin(Stdio::null()).spawn().while_doing(format_args!("cannot run `{shown}`"))?;
        started.push(child.id());
        Ok(Self { child, name: shown })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it has ended, if it has.
    pub(super) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        let mut started = started();
        let status = self.child.try_wait().while_doing(format_args!("cannot wait for `{}`", self.name))?;
        if status.is_some() {
            started.retain(|id| *id != self.child.id());
        }
        Ok(status)
    }

    /// Waits until it has ended by itself, with success.
    pub(super) fn finished(mut self) -> Outcome {
        loop {
            match self.ended()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Failure::new(format!("`{}` failed ({status})", self.name))),
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Asks it to end and says how long that took.
    pub(super) fn end(mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        signal(self.id(), Signal::TERM);
        while self.ended()?.is_none() {
            if begun.elapsed() > GRACE {
                return Err(Failure::new(format!("`{}` has not ended within {GRACE:?}", self.name)));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Ok(None) = self.ended() {
            // That it has ended meanwhile is the only way in which these can fail.
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
            started().retain(|id| *id != self.child.id());
        }
    }
}

/// Ends what was started and then this program when a signal says so.
pub(super) fn on_signals() -> Outcome {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).while_doing("cannot catch signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Whoever would start another one waits for this lock for ever.
            let started = started();
            started.iter().for_each(|id| self::signal(*id, Signal::KILL));
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

fn started() -> MutexGuard<'static, Vec<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ended_already = kill_process(pid, signal);
    }
}
