//! What a process knows of its own end: the guards that are to be flushed, and the thread that a signal wakes.
//!
//! A forked child has a copy of all of this and none of the threads. So everything is looked up by the id of the process, and a child
//! finds nothing that is its own until it starts a guard itself.

use super::desk::{Desk, lock_until};
use super::hooks;
use signal_hook::low_level::emulate_default_handler;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::process;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// The list of guards is only ever locked for an instant; one that is locked for longer belongs to the very thread that a signal
/// handler of the host interrupted to call `exit`.
const LIST_BOUND: Duration = Duration::from_millis(100);

/// Signals this close together are one: `timeout` sends its signal to the command and then to its group, and a terminal sends to all
/// whom a parent tells once more.
const ONE_BLOW: Duration = Duration::from_millis(100);

/// The bit that tells the thread to end the process after the flush; signals are numbered up to 64.
const ENDS: u8 = 0x80;

/// The watches of this process and, after a fork, of those that it descends from. They are found without a lock.
static FIRST: OnceLock<Box<Watch>> = OnceLock::new();

/// The guards of one process.
#[derive(Debug)]
pub(super) struct Watch {
    pid: u32,
    since: Instant,
    desks: Mutex<Vec<Weak<Desk>>>,
    /// How many guards want signals to be caught.
    armed: AtomicUsize,
    /// When the first signal came that ends the process, in milliseconds after `since` and never 0; 0 while none came.
    ending_since: AtomicU64,
    /// Wakes the thread that waits for signals.
    alarm: OnceLock<PipeWriter>,
    next: OnceLock<Box<Self>>,
}

/// The process ends normally: flushes every guard, within their bounds. In a forked child there is none.
pub(super) fn process_ends() {
    if let Some(watch) = Watch::find() {
        watch.end();
    }
}

/// A signal came. `ours` says that the system's default would have ended the process. Async-signal-safe.
pub(super) fn received(signal: i32, ours: bool) {
    let answer = Watch::find().map_or(Answer::Default, |watch| watch.answer(ours));
    let woken = match answer {
        Answer::Wake => Watch::find().is_some_and(|watch| watch.wake(signal, ours)),
        Answer::Wait => true,
        Answer::Default => false,
    };
    if ours && !woken {
        // It only comes back where the system does not know the signal.
        let _lives_on = emulate_default_handler(signal);
    }
}

/// What a signal calls for.
enum Answer {
    /// Somebody has something to flush.
    Wake,
    /// It is already being flushed.
    Wait,
    /// Nobody is there, or somebody has lost patience.
    Default,
}

impl Watch {
    /// The watch of this process, made if there is none.
    pub(super) fn of_this_process() -> &'static Self {
        let pid = process::id();
        let mut place = &FIRST;
        loop {
            let watch = place.get_or_init(|| Box::new(Self::new(pid)));
            if watch.pid == pid {
                return watch;
            }
            place = &watch.next;
        }
    }

    /// The watch of this process, if it has one. Async-signal-safe.
    fn find() -> Option<&'static Self> {
        let pid = process::id();
        let mut place = &FIRST;
        loop {
            let watch = place.get()?;
            if watch.pid == pid {
                return Some(watch);
            }
            place = &watch.next;
        }
    }

    fn new(pid: u32) -> Self {
        Self {
            pid,
            since: Instant::now(),
            desks: Mutex::default(),
            armed: AtomicUsize::new(0),
            ending_since: AtomicU64::new(0),
            alarm: OnceLock::new(),
            next: OnceLock::new(),
        }
    }

    /// Has a guard flushed when the process ends, and by signals too if it wants that. To be [removed](Self::remove) even after an
    /// error.
    pub(super) fn add(&'static self, desk: &Arc<Desk>, signals: bool) -> io::Result<()> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.push(Arc::downgrade(desk));
        drop(desks);
        self.armed.fetch_add(usize::from(signals), Ordering::SeqCst);
        hooks::catch_exit()?;
        if signals {
            self.listen()?;
            hooks::catch_signals()?;
        }
        Ok(())
    }

    /// Forgets a guard. After the last one that wanted signals, they do what they did before.
    pub(super) fn remove(&self, desk: &Arc<Desk>, signals: bool) {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.retain(|other| other.strong_count() > 0 && !std::ptr::eq(other.as_ptr(), Arc::as_ptr(desk)));
        drop(desks);
        self.armed.fetch_sub(usize::from(signals), Ordering::SeqCst);
    }

    /// Flushes all guards for the last time, all at once and each within its bound.
    fn end(&self) {
        let asked: Vec<_> = self.desks().into_iter().map(|desk| (desk.ask_to_end(), desk)).collect();
        for (request, desk) in asked {
            let _left_behind = desk.wait(request);
        }
    }

    /// Has all guards flushed, and does not wait for it.
    fn flush(&self) {
        for desk in self.desks() {
            let _nobody_waits = desk.ask();
        }
    }

    fn desks(&self) -> Vec<Arc<Desk>> {
        let desks = lock_until(&self.desks, Instant::now() + LIST_BOUND);
        desks.map_or_else(Vec::new, |desks| desks.iter().filter_map(Weak::upgrade).collect())
    }

    /// Starts the thread that a signal wakes, if it does not run yet.
    fn listen(&'static self) -> io::Result<()> {
        if self.alarm.get().is_some() {
            return Ok(());
        }
        let (reader, writer) = io::pipe()?;
        // A handler must not wait, whatever becomes of the reader.
        rustix::io::ioctl_fionbio(&writer, true)?;
        spawn("telemetry-signal", move || self.wait_for_signals(reader))?;
        // Where another thread was faster, this writer is closed, and the thread that was started for it ends.
        let _closed = self.alarm.set(writer);
        Ok(())
    }

    fn wait_for_signals(&self, mut reader: PipeReader) {
        let mut byte = [0];
        while reader.read_exact(&mut byte).is_ok() {
            if byte[0] & ENDS == 0 {
                self.flush();
            } else {
                self.end();
                let _lives_on = emulate_default_handler(i32::from(byte[0] & !ENDS));
            }
        }
    }

    /// Async-signal-safe, as is all below it.
    fn answer(&self, ours: bool) -> Answer {
        if self.armed.load(Ordering::SeqCst) == 0 {
            return Answer::Default;
        }
        if !ours {
            return Answer::Wake;
        }
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        match self.ending_since.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Answer::Wake,
            Err(first) if Duration::from_millis(now.saturating_sub(first)) < ONE_BLOW => Answer::Wait,
            Err(_) => Answer::Default,
        }
    }

    fn wake(&self, signal: i32, ours: bool) -> bool {
        let Ok(number) = u8::try_from(signal) else { return false };
        let byte = if ours { number | ENDS } else { number };
        self.alarm.get().is_some_and(|mut alarm| alarm.write(&[byte]).is_ok())
    }
}

/// Starts a thread to which no signal is delivered: those are for the threads of the host, which may wait for them with `sigwait`.
pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    hooks::without_signals(|| thread::Builder::new().name(name.to_owned()).spawn(body)).map(drop)
}
