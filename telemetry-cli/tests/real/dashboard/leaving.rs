//! The terminal as it was, however the dashboard ends.

use std::process::Stdio;

use rustix::process::Signal;

use super::{Fleet, HELP, USUAL, quit, reads};
use crate::support::{Tmux, Up, require};

/// Ends a dashboard in each of these ways, and holds the terminal to what it was before.
fn gives_back(fleet: &Fleet, arguments: &[&str], end: impl Fn(&Tmux), expected: i32) {
    let terminal = Tmux::open(USUAL);
    terminal.line("echo before it");
    terminal.shows(&["before it\nnext>"]);
    let before = terminal.modes();
    terminal.start(&fleet.dashboard(arguments));
    reads(&terminal, &["437"]);
    end(&terminal);
    assert_eq!(terminal.ended(), expected);
    assert_eq!(terminal.modes(), before);
    let screen = terminal.screen();
    assert!(!screen.contains("437") && screen.ends_with("next>"), "{screen}");
}

#[test]
fn the_terminal_is_given_back_by_key_and_by_signal() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    gives_back(&fleet, &[], |terminal| terminal.keys(&["q"]), 0);
    gives_back(&fleet, &[], |terminal| terminal.keys(&["C-c"]), 130);
    // Also while something lies over the view, or a letter is one of a filter.
    gives_back(&fleet, &[], |terminal| terminal.keys(&["?", "C-c"]), 130);
    gives_back(&fleet, &[], |terminal| terminal.keys(&["/", "x", "C-c"]), 130);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        gives_back(&fleet, &[], |terminal| terminal.signal(signal), code);
    }
}

#[test]
fn it_stops_and_goes_on_as_any_job() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::open(USUAL);
    let before = terminal.modes();
    terminal.start(&fleet.dashboard(&[]));
    reads(&terminal, &["437"]);
    for _ in 0..2 {
        terminal.keys(&["C-z"]);
        assert_eq!(terminal.ended(), 128 + Signal::STOP.as_raw());
        assert_eq!(terminal.modes(), before);
        fleet.push(&super::active([438, 542, 644]));
        terminal.resume();
        reads(&terminal, &["438", "live"]);
        terminal.keys(&["?"]);
        reads(&terminal, &HELP);
        terminal.keys(&["Escape"]);
        reads(&terminal, &["438"]);
    }
    quit(&terminal);
    assert_eq!(terminal.modes(), before);
}

#[test]
fn a_terminal_that_goes_away_takes_it_along() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    for arguments in [&[][..], &["-c"]] {
        let terminal = Tmux::running(USUAL, &fleet.dashboard(arguments));
        terminal.shows(&["LIVE"]);
        terminal.hang_up();
    }
}

#[test]
fn where_there_is_no_terminal_it_says_what_to_do_instead() {
    let fleet = Fleet::new(super::NOBODY, super::NOBODY);
    let output = fleet.dashboard(&[]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(said.contains("terminal") && said.contains("telemetry snapshot"), "{said}");
}

#[test]
fn a_terminal_that_can_only_print_is_told_so_and_left_alone() {
    require!(Tmux);
    let fleet = Fleet::new(super::NOBODY, super::NOBODY);
    let terminal = Tmux::open(USUAL);
    let before = terminal.modes();
    let mut command = fleet.dashboard(&[]);
    command.env("TERM", "dumb");
    terminal.start(&command);
    assert_eq!(terminal.ended(), 1);
    terminal.shows(&["telemetry snapshot"]);
    assert_eq!(terminal.modes(), before);
}

/// In a build for development there are keys that let it fail: in the loop, and in another thread.
#[cfg(debug_assertions)]
#[test]
fn a_mistake_of_its_own_gives_the_terminal_back_before_it_is_told() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    for key in ["F12", "S-F12"] {
        let terminal = Tmux::open(USUAL);
        let before = terminal.modes();
        terminal.start(&fleet.dashboard(&[]));
        reads(&terminal, &["437"]);
        terminal.keys(&[key]);
        assert_eq!(terminal.ended(), 1, "{key}");
        let screen = terminal.shows(&["internal error at"]);
        assert!(!screen.contains("437"), "{key}: {screen}");
        assert_eq!(terminal.modes(), before, "{key}");
    }
}
