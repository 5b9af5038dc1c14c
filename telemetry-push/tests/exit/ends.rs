//! Every way in which a process ends by itself.

use crate::host::Host;
use libc::SIGABRT;
use std::os::unix::process::ExitStatusExt;

/// What was counted is in the ledger, once, although the process was aborted right after the guard had its chance.
fn is_counted_before_the_abort(program: &str) -> Host {
    let host = Host::new();
    assert_eq!(host.run(program).signal(), Some(SIGABRT));
    host
}

pub(crate) fn the_guard_is_dropped() {
    let host = is_counted_before_the_abort("drop");
    assert_eq!(host.counted(), Some(5.0));
    assert_eq!(host.living(), 0, "with the guard the process leaves the ledger");
}

pub(crate) fn a_panic_unwinds_the_main_thread() {
    assert_eq!(is_counted_before_the_abort("panic").counted(), Some(5.0));
}

pub(crate) fn a_panic_unwinds_another_thread() {
    assert_eq!(is_counted_before_the_abort("panic-in-thread").counted(), Some(5.0));
}

pub(crate) fn exit_is_called_with_the_guard_in_a_static() {
    let host = Host::new();
    assert_eq!(host.run("exit").code(), Some(7));
    assert_eq!((host.counted(), host.living()), (Some(5.0), 0));
}

pub(crate) fn exit_is_called_in_another_thread() {
    let host = Host::new();
    assert_eq!(host.run("exit-in-thread").code(), Some(7));
    assert_eq!(host.counted(), Some(5.0));
}

pub(crate) fn main_returns_with_the_guard_leaked() {
    let host = Host::new();
    assert_eq!(host.run("return").code(), Some(0));
    assert_eq!((host.counted(), host.living()), (Some(5.0), 0));
}

pub(crate) fn two_guards_count_once() {
    assert_eq!(is_counted_before_the_abort("twice").counted(), Some(6.0));
}

pub(crate) fn a_guard_after_a_guard_counts_once() {
    assert_eq!(is_counted_before_the_abort("one-after-the-other").counted(), Some(6.0));
}
