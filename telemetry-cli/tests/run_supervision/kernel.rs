//! What Linux tells about a process.

use rustix::process::{Pid, Signal};

use crate::harness::until;

/// Fields of `/proc/PID/stat`, counted from the state on.
pub(crate) const PARENT: usize = 1;
pub(crate) const GROUP: usize = 2;
pub(crate) const SESSION: usize = 3;
pub(crate) const FOREGROUND: usize = 5;

/// The state letter of a process: `T` where it is stopped, `S` where it waits.
pub(crate) fn state(pid: Pid) -> char {
    field(pid, 0).chars().next().unwrap()
}

/// A field of `/proc/PID/stat`.
pub(crate) fn field(pid: Pid, number: usize) -> String {
    let stat = read(pid, "stat");
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(number).unwrap().to_string()
}

/// The process that started this one.
pub(crate) fn parent(pid: Pid) -> Pid {
    Pid::from_raw(field(pid, PARENT).parse().unwrap()).unwrap()
}

/// Waits until a process is stopped.
pub(crate) fn await_stopped(pid: Pid) {
    until("a stopped process", || state(pid) == 'T');
}

/// Waits until a process is not stopped.
pub(crate) fn await_running(pid: Pid) {
    until("a running process", || state(pid) != 'T');
}

/// The text of `/proc/PID/status`.
pub(crate) fn status(pid: Pid) -> String {
    read(pid, "status")
}

/// A set of signals in such a text, one bit each.
pub(crate) fn mask(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    u64::from_str_radix(line.trim(), 16).unwrap()
}

/// Whether a signal is in such a set.
pub(crate) fn is_set(status: &str, name: &str, signal: Signal) -> bool {
    mask(status, name) & (1 << (signal.as_raw() - 1)) != 0
}

fn read(pid: Pid, name: &str) -> String {
    let file = format!("/proc/{}/{name}", pid.as_raw_pid());
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}
