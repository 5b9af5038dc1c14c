//! A limited time and the pause before another attempt, at a terminal: the keys mean what they mean without them.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Notes, never, send, until};
use crate::kernel::{await_stopped, parent, state};
use crate::tmux::Terminal;

/// More than any test takes.
const LONG: &str = "--timeout 10m";

fn open() -> Option<Terminal> {
    Terminal::open(std::thread::current().name().unwrap_or("a test"))
}

/// Suspends what runs, and brings it back when the shell had its turn.
fn suspend_and_return(terminal: &Terminal) {
    terminal.press("C-z");
    terminal.await_prompt();
    assert!(terminal.do_line("jobs").contains("Stopped"));
    terminal.line("clear; fg");
}

#[test]
fn a_pause_before_another_attempt_is_suspended_and_goes_on() {
    let Some(terminal) = open() else { return };
    let notes = Notes::new();
    let failing = notes
        .executable("failing", &format!("#!/bin/sh\necho ran >>'{}'\nexit 1\n", notes.path("ran").display()));
    terminal.run_with("--retries 1 --retry-delay 10m", &failing.display().to_string());
    terminal.await_text("run again in");
    for _ in 0..2 {
        suspend_and_return(&terminal);
        until("the job in the foreground", || terminal.screen().contains("retry-delay"));
        never("a prompt of the shell", || terminal.screen().ends_with("next>"));
    }
    terminal.press("C-c");
    assert_eq!(terminal.last_code(), 128 + 2);
    assert_eq!(notes.lines("ran"), ["ran"]);
}

#[test]
fn an_attempt_that_came_due_while_the_pause_was_suspended_follows_at_once() {
    let Some(terminal) = open() else { return };
    let notes = Notes::new();
    let failing = notes
        .executable("failing", &format!("#!/bin/sh\necho ran >>'{}'\nexit 4\n", notes.path("ran").display()));
    let begun = Instant::now();
    terminal.run_with("--retries 1 --retry-delay 10", &failing.display().to_string());
    terminal.await_text("run again in");
    terminal.press("C-z");
    terminal.await_prompt();
    until("the end of the pause", || begun.elapsed() > Duration::from_secs(12));
    assert_eq!(notes.lines("ran"), ["ran"], "nothing begins behind the back of the shell");
    terminal.line("clear; fg");
    until("another attempt", || notes.lines("ran").len() == 2);
    assert_eq!(terminal.last_code(), 4);
}

#[test]
fn a_command_that_takes_too_long_is_ended_and_the_shell_goes_on() {
    let Some(terminal) = open() else { return };
    terminal.run_with("--timeout 0.3", "sleep 600");
    assert_eq!(terminal.last_code(), 128 + 15);
}

#[test]
fn a_command_with_a_limited_time_gets_each_key_once_and_reads_what_is_typed() {
    let Some(terminal) = open() else { return };
    let notes = Notes::new();
    terminal.run_with(LONG, &notes.recorder(&["INT", "QUIT"]).display().to_string());
    let command = notes.pid("pid");
    terminal.press("C-c");
    notes.await_log(&["INT"]);
    terminal.press("C-\\");
    notes.await_log(&["INT", "QUIT"]);
    never("a key twice", || notes.lines("log").len() > 2);
    send(parent(command), Signal::USR1);
    assert_eq!(terminal.last_code(), 7);
    terminal.run_with(LONG, "sh -c 'read -r line; echo \"<$line>\"; exit 5'");
    terminal.line("some words");
    terminal.await_text("<some words>");
    assert_eq!(terminal.last_code(), 5);
}

#[test]
fn a_command_with_a_limited_time_is_suspended_and_brought_back() {
    let Some(terminal) = open() else { return };
    let notes = Notes::new();
    terminal.run_with(LONG, &notes.recorder(&["CONT"]).display().to_string());
    let command = notes.pid("pid");
    for times in 1..=2 {
        terminal.press("C-z");
        terminal.await_prompt();
        await_stopped(command);
        assert_eq!(state(parent(command)), 'T');
        terminal.line("clear; fg");
        notes.await_log(&vec!["CONT"; times]);
        notes.await_heartbeat();
    }
    send(parent(command), Signal::USR1);
    assert_eq!(terminal.last_code(), 7);
}

#[test]
fn a_command_whose_time_ends_while_it_is_suspended_is_ended_when_it_is_brought_back() {
    let Some(terminal) = open() else { return };
    let notes = Notes::new();
    let begun = Instant::now();
    terminal.run_with("--timeout 15", &notes.recorder(&[]).display().to_string());
    let command = notes.pid("pid");
    terminal.press("C-z");
    terminal.await_prompt();
    await_stopped(command);
    until("the end of its time", || begun.elapsed() > Duration::from_secs(16));
    assert_eq!(state(command), 'T', "the shell has it stopped");
    terminal.line("clear; fg");
    assert_eq!(terminal.last_code(), 128 + 15);
}
