//! Stopping and continuing by signals that processes send, read from the states that the kernel tells.

use rustix::process::{Pid, Signal};

use crate::harness::{Notes, Running, never, send, wrapped};
use crate::kernel::{await_running, await_stopped, state};

fn are_both(letter: char, running: &Running, command: Pid) -> bool {
    state(running.pid()) == letter && state(command) == letter
}

#[test]
fn a_suspended_wrapper_stops_with_its_command_and_continues_with_it() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    for _ in 0..10 {
        running.send(Signal::TSTP);
        await_stopped(running.pid());
        await_stopped(command);
        running.send(Signal::CONT);
        await_running(running.pid());
        await_running(command);
        notes.await_heartbeat();
    }
    running.send(Signal::USR1);
    assert_eq!(running.code(), 7);
}

/// Each round ends with a signal that must come back from the command, and with a look whether one of the two stopped
/// after all.
#[test]
fn suspend_and_continue_right_behind_leave_both_running() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &["USR2"]);
    let mut expected = Vec::new();
    for _ in 0..30 {
        running.send(Signal::TSTP);
        running.send(Signal::CONT);
        running.send(Signal::USR2);
        expected.push("USR2");
        notes.await_log(&expected);
        never("a stop after the continue", || state(running.pid()) == 'T' || state(command) == 'T');
    }
}

#[test]
fn a_stop_sent_to_the_command_alone_is_not_followed_but_ended_by_a_continue() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    send(command, Signal::STOP);
    await_stopped(command);
    never("a wrapper that follows", || state(running.pid()) == 'T');
    running.send(Signal::CONT);
    await_running(command);
    notes.await_heartbeat();
}

#[test]
fn a_stopped_command_and_a_request_to_stop_stop_the_wrapper() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    send(command, Signal::STOP);
    await_stopped(command);
    running.send(Signal::TSTP);
    await_stopped(running.pid());
    running.send(Signal::CONT);
    await_running(command);
    notes.await_heartbeat();
}

#[test]
fn a_command_that_tidies_up_and_stops_in_its_own_way_is_followed() {
    let notes = Notes::new();
    let recorder = notes.recorder_with(&[], "trap 'echo tidied >>log; kill -STOP $$' TSTP");
    let running = Running::start(&mut wrapped([recorder]));
    let command = notes.pid("pid");
    for round in 1..=2 {
        running.send(Signal::TSTP);
        await_stopped(command);
        await_stopped(running.pid());
        assert_eq!(notes.lines("log").len(), round);
        running.send(Signal::CONT);
        notes.await_heartbeat();
    }
}

#[test]
fn a_command_that_ignores_the_request_is_not_stopped_and_neither_is_the_wrapper() {
    let notes = Notes::new();
    let recorder = notes.recorder_with(&["USR2"], "trap '' TSTP");
    let running = Running::start(&mut wrapped([recorder]));
    let command = notes.pid("pid");
    // A pause of the command's own, which is over, must not be taken for an answer.
    send(command, Signal::STOP);
    await_stopped(command);
    never("a wrapper that follows", || state(running.pid()) == 'T');
    send(command, Signal::CONT);
    await_running(command);
    notes.await_heartbeat();
    running.send(Signal::TSTP);
    running.send(Signal::USR2);
    notes.await_log(&["USR2"]);
    never("a stop", || state(running.pid()) == 'T' || state(command) == 'T');
}

#[test]
fn the_whole_group_stopped_and_continued_gives_the_command_one_continue() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &["CONT"]);
    for signal in [Signal::TSTP, Signal::CONT] {
        rustix::process::kill_process_group(running.pid(), signal).unwrap();
        let expected = if signal == Signal::TSTP { await_stopped } else { await_running };
        expected(running.pid());
        expected(command);
    }
    notes.await_heartbeat();
    notes.await_log(&["CONT"]);
    never("a second continue", || notes.lines("log").len() > 1);
}

#[test]
fn a_terminating_signal_waits_until_both_continue() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    running.send(Signal::TSTP);
    await_stopped(running.pid());
    running.send(Signal::TERM);
    never("a reaction while stopped", || !are_both('T', &running, command));
    running.send(Signal::CONT);
    assert_eq!(running.code(), 128 + 15);
}

#[test]
fn a_command_killed_while_both_were_stopped_is_noticed_on_continue() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    running.send(Signal::TSTP);
    await_stopped(running.pid());
    send(command, Signal::KILL);
    running.send(Signal::CONT);
    assert_eq!(running.code(), 128 + 9);
}
