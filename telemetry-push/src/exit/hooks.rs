//! The hooks of the operating system: the normal end of the process, and the signals that end it.
//!
//! The only unsafe code of this crate. What is done when a hook is called is in [`watch`](super::watch).
#![expect(unsafe_code, reason = "the C library offers neither `atexit` nor `sigaction` in a safe form")]

use super::watch;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{self, MaybeUninit};
use std::process;
use std::ptr;
use std::sync::OnceLock;

/// The process with this id is ended by no signal that it does not handle.
const FIRST_PROCESS: u32 = 1;

/// One signal, and what became of it before the hook: set before the hook is installed, and never changed.
struct Hook {
    signal: c_int,
    previous: OnceLock<libc::sigaction>,
}

/// The signals that are caught.
static HOOKS: [Hook; 3] = [Hook::new(SIGHUP), Hook::new(SIGINT), Hook::new(SIGTERM)];

/// Has [`watch::process_ends`] called when the process ends by `exit` or by returning from `main`; once, however often this is called.
pub(super) fn catch_exit() -> io::Result<()> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    // SAFETY: `at_exit` has the type that is asked for, lives as long as the program, and never unwinds into the C library.
    match *REGISTERED.get_or_init(|| unsafe { libc::atexit(at_exit) } == 0) {
        true => Ok(()),
        false => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

extern "C" fn at_exit() {
    let _nobody_left_to_tell = std::panic::catch_unwind(watch::process_ends);
}

/// Has [`watch::received`] called for SIGHUP, SIGINT and SIGTERM, except for those that are ignored; once, however often this is called.
pub(super) fn catch_signals() -> io::Result<()> {
    HOOKS.iter().try_for_each(Hook::install)
}

/// Does something while no signal can be delivered to this thread, nor ever to a thread that is started meanwhile.
pub(super) fn without_signals<T>(f: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are valid for writes, `sigfillset` fills the one that is read, and the mask of the own thread is nobody else's.
    let blocked = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) == 0
    };
    let result = f();
    if blocked {
        // SAFETY: `before` was filled in by the call that succeeded.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
    result
}

impl Hook {
    const fn new(signal: c_int) -> Self {
        Self { signal, previous: OnceLock::new() }
    }

    fn install(&self) -> io::Result<()> {
        let previous = disposition(self.signal)?;
        // Ignoring is inherited by commands and meant for them, as `nohup` does it. And a hook that was installed before stays where
        // it is, even if a handler was put before it: a second one would call the first in a circle.
        if previous.sa_sigaction == libc::SIG_IGN || self.previous.set(previous).is_err() {
            return Ok(());
        }
        // A handler that was there keeps its flags and the signals that wait for it.
        let mut ours = previous;
        ours.sa_sigaction = address();
        ours.sa_flags |= libc::SA_SIGINFO;
        if previous.sa_sigaction == libc::SIG_DFL {
            // Nobody here expects an interrupted call. The alternative stack is left alone: a thread that calls `exit` takes that of
            // the main thread back before the last flush, and a signal that used it then would be a segmentation fault.
            ours.sa_flags |= libc::SA_RESTART;
        }
        let replaced = exchange(self.signal, &ours)?;
        if replaced.sa_sigaction != previous.sa_sigaction {
            // Another thread installed a handler in between, which nobody would ever call.
            exchange(self.signal, &replaced)?;
        }
        Ok(())
    }

    /// Whether nobody but the system's default and this hook decides on what becomes of the process, and the default ends it, as it
    /// does not with the first process of a container. Async-signal-safe.
    fn would_end(&self, previous: &libc::sigaction) -> bool {
        previous.sa_sigaction == libc::SIG_DFL
            && process::id() != FIRST_PROCESS
            && disposition(self.signal).is_ok_and(|now| now.sa_sigaction == address())
    }
}

/// The hook's address, as the system has it for a handler.
fn address() -> libc::sighandler_t {
    on_signal as *const () as libc::sighandler_t
}

/// What becomes of a signal now. Async-signal-safe.
fn disposition(signal: c_int) -> io::Result<libc::sigaction> {
    let mut now = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action nothing is changed, and the old one is written to memory that is valid for it.
    match unsafe { libc::sigaction(signal, ptr::null(), now.as_mut_ptr()) } {
        // SAFETY: a call that succeeds has filled it in.
        0 => Ok(unsafe { now.assume_init() }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Replaces what becomes of a signal; returns what became of it until then.
fn exchange(signal: c_int, action: &libc::sigaction) -> io::Result<libc::sigaction> {
    let mut before = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the action is either one that the system gave out itself, or that with `on_signal`, which has the type that
    // `SA_SIGINFO` asks for and does only what is async-signal-safe.
    match unsafe { libc::sigaction(signal, action, before.as_mut_ptr()) } {
        // SAFETY: a call that succeeds has filled it in.
        0 => Ok(unsafe { before.assume_init() }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Interrupts any code at any point, so everything below it is async-signal-safe: it reads what is set once, asks the system, writes to a
/// pipe, and neither locks nor allocates.
extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = errno::errno();
    let hook = HOOKS.iter().find(|hook| hook.signal == signal);
    if let Some((hook, previous)) = hook.and_then(|hook| Some((hook, hook.previous.get()?))) {
        watch::received(signal, hook.would_end(previous));
        call(previous, signal, info, context);
    }
    errno::set_errno(errno);
}

/// Calls the handler that was there before, if there was one.
fn call(previous: &libc::sigaction, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let handler = previous.sa_sigaction;
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        return;
    }
    let handler = ptr::with_exposed_provenance::<()>(handler);
    if previous.sa_flags & libc::SA_SIGINFO == 0 {
        // SAFETY: the system had this as the handler of the signal, and without `SA_SIGINFO` a handler takes the signal alone.
        unsafe { mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(signal) };
    } else {
        type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
        // SAFETY: as above, and with `SA_SIGINFO` it takes three arguments, which are passed on as the system gave them.
        unsafe { mem::transmute::<*const (), Handler>(handler)(signal, info, context) };
    }
}
