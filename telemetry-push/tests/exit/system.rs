//! What only the system itself can do: forks and handlers that know nothing of Rust.
#![expect(unsafe_code, reason = "the C library offers neither in a safe form")]

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by [`catch_in_c_style`]'s handler.
pub(crate) static CAUGHT: AtomicBool = AtomicBool::new(false);

/// Goes on in two processes; in the child it returns nothing.
pub(crate) fn fork() -> Option<rustix::process::Pid> {
    // SAFETY: the children of these tests use what the C library keeps usable in a forked child of a program with threads: its memory,
    // its files and its end.
    rustix::process::Pid::from_raw(unsafe { libc::fork() })
}

/// Installs a handler that does not know of any other.
pub(crate) fn catch_in_c_style(signal: i32) {
    extern "C" fn handler(_: libc::c_int) {
        CAUGHT.store(true, Ordering::SeqCst);
    }
    let handler: extern "C" fn(libc::c_int) = handler;
    // SAFETY: the handler has the type that is asked for, and only stores to an atomic.
    unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
}
