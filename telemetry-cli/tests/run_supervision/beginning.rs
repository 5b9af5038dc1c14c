//! How the command begins: with signals ignored and blocked as they were for the wrapper, and with everything that
//! arrived while it was being started.

use std::process::Command;

use rustix::process::Signal;

use crate::harness::{Notes, Running, until, wrapped, wrapped_by};
use crate::kernel::{is_set, mask, status};
use crate::signals::PASSED_ON;
use crate::skip;

/// The moment is moved through the time from the last handler, which is that for `SIGCHLD`, until the command runs.
#[test]
fn a_signal_during_the_start_reaches_the_command() {
    for step in 0..60 {
        let running = Running::start(&mut wrapped(["sleep", "29"]));
        await_handlers(&running);
        std::thread::sleep(std::time::Duration::from_micros(20 * step));
        running.send(Signal::TERM);
        assert_eq!(running.code(), 128 + 15, "after step {step}");
    }
}

/// A search through a long `PATH` keeps the wrapper in the middle of starting for a while.
#[test]
fn a_signal_in_the_middle_of_a_slow_start_reaches_the_command() {
    let path = format!("{}/usr/bin:/bin", "/nowhere:".repeat(12_000));
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let running = Running::start(wrapped(["sleep", "29"]).env("PATH", &path));
        await_handlers(&running);
        running.send(signal);
        assert_eq!(running.code(), 128 + signal.as_raw());
    }
}

#[test]
fn what_was_ignored_at_the_start_stays_ignored_and_is_not_passed_on() {
    for (name, signal) in PASSED_ON {
        let notes = Notes::new();
        let script = format!("cat /proc/$$/status >'{}'; exec sleep 29", notes.path("status").display());
        let shell = format!("trap '' {name}; exec \"$@\"");
        let running = Running::start(&mut wrapped_by(&["sh", "-c", &shell, "sh"], ["sh", "-c", &script]));
        until("the command", || notes.lines("status").len() > 40);
        let command = notes.lines("status").join("\n");
        assert!(is_set(&command, "SigIgn:", signal), "the command does not ignore {name}");
        let wrapper = status(running.pid());
        assert!(is_set(&wrapper, "SigIgn:", signal), "the wrapper does not ignore {name}");
        assert!(!is_set(&wrapper, "SigCgt:", signal), "the wrapper catches {name}");
    }
}

#[test]
fn nothing_else_is_ignored_or_blocked_in_the_command() {
    let ours = text(&mut wrapped(["cat", "/proc/self/status"]));
    let plain = text(Command::new("cat").arg("/proc/self/status"));
    for name in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        assert_eq!(mask(&ours, name), mask(&plain, name), "{name}");
    }
}

#[test]
fn what_was_blocked_stays_blocked_and_the_end_is_noticed_even_without_sigchld() {
    let blocked = ["--block-signal=CHLD", "--block-signal=USR2"];
    let supported = Command::new("env").args(blocked).arg("true").output().unwrap().status.success();
    if !supported {
        return skip::skip("what_was_blocked_stays_blocked", "this env cannot block signals");
    }
    let status = text(&mut wrapped_by(&["env", blocked[0], blocked[1]], ["cat", "/proc/self/status"]));
    assert!(is_set(&status, "SigBlk:", Signal::USR2));
    assert!(is_set(&status, "SigBlk:", Signal::CHILD));
}

fn await_handlers(running: &Running) {
    until("the handlers", || is_set(&status(running.pid()), "SigCgt:", Signal::CHILD));
}

fn text(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}
