//! What only the system itself can do: forks, handlers that know nothing of Rust, and waiting for a signal.
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

/// Keeps a signal from this thread, and from those that it starts later.
pub(crate) fn block(signal: i32) {
    // SAFETY: the set is made here, and the mask is that of the own thread.
    unsafe {
        let set = only(signal);
        assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()), 0);
    }
}

/// Waits for a signal that is blocked.
pub(crate) fn wait_for(signal: i32) {
    let mut came = 0;
    // SAFETY: the set and the number live until the call is over.
    unsafe {
        let set = only(signal);
        assert_eq!(libc::sigwait(&raw const set, &raw mut came), 0);
    }
    assert_eq!(came, signal);
}

fn only(signal: i32) -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: the first call fills the set in, the second one adds a signal that there is.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        set.assume_init()
    }
}
