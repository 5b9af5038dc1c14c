//! Signals that processes send: each reaches the command once, and none is lost or invented.

use rustix::process::Signal;

use crate::harness::{Notes, Running, exists, never, send, wrapped, wrapped_by};
use crate::skip;

/// The names and numbers of what is passed on.
pub(crate) const PASSED_ON: [(&str, Signal); 6] = [
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("TERM", Signal::TERM),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
];

#[test]
fn each_signal_reaches_the_command_exactly_once() {
    let names: Vec<&str> = PASSED_ON.iter().map(|(name, _)| *name).collect();
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &names);
    let mut expected = Vec::new();
    for (name, signal) in PASSED_ON {
        running.send(signal);
        expected.push(name);
        notes.await_log(&expected);
    }
    never("a signal twice", || notes.lines("log").len() > expected.len());
    notes.await_heartbeat();
    send(command, Signal::KILL);
    assert_eq!(running.code(), 128 + 9);
}

#[test]
fn a_command_that_does_not_care_dies_of_it() {
    for (name, signal) in PASSED_ON {
        let notes = Notes::new();
        let script = format!("echo $$ >'{}'; ulimit -c 0; exec sleep 30", notes.path("pid").display());
        let running = Running::start(&mut wrapped(["sh", "-c", &script]));
        notes.pid("pid");
        running.send(signal);
        assert_eq!(running.code(), 128 + signal.as_raw(), "{name}");
    }
}

#[test]
fn a_command_may_tidy_up_and_choose_its_code() {
    let notes = Notes::new();
    let (running, _) = Running::recorder(&notes, &[]);
    running.send(Signal::USR1);
    assert_eq!(running.code(), 7);
}

#[test]
fn a_parent_that_ignores_its_children_does_not_hide_the_end() {
    let shell = ["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"];
    assert_eq!(Running::start(&mut wrapped_by(&shell, ["sh", "-c", "exit 11"])).code(), 11);
}

#[test]
fn a_command_that_signals_its_own_group_gets_no_echo() {
    let notes = Notes::new();
    let recorder = notes.recorder_with(&["USR2", "TERM"], "kill -USR2 0");
    let running = Running::start(&mut wrapped([recorder]));
    notes.await_log(&["USR2"]);
    running.send(Signal::TERM);
    notes.await_log(&["USR2", "TERM"]);
    never("an echo", || notes.lines("log").len() > 2);
}

#[test]
fn a_command_in_a_group_of_its_own_is_reached_as_well() {
    if !exists("setsid") {
        return skip::skip("a_command_in_a_group_of_its_own_is_reached_as_well", "no setsid");
    }
    let notes = Notes::new();
    let recorder = notes.recorder(&["TERM"]);
    let running = Running::start(&mut wrapped(["setsid".as_ref(), recorder.as_os_str()]));
    notes.pid("pid");
    running.send(Signal::TERM);
    notes.await_log(&["TERM"]);
    running.send(Signal::USR1);
    assert_eq!(running.code(), 7);
}

#[test]
fn the_end_of_many_short_commands_is_never_missed() {
    for _ in 0..100 {
        assert_eq!(Running::start(&mut wrapped(["true"])).code(), 0);
    }
}
