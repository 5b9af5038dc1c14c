//! Terminals with few colours, with none, and without Unicode.

use super::{Fleet, WIDE, quit, reads, runs};
use crate::support::{Tmux, Up, require};

/// The parameters of every sequence that changes how text is written.
fn styles(painted: &str) -> impl Iterator<Item = &str> {
    let sequences = painted.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m'));
    sequences
        .map(|(codes, _)| codes)
        .filter(|codes| codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
}

/// Whether a sequence chooses a colour, of the text or of what is behind it.
fn is_colour(codes: &str) -> bool {
    codes
        .split(';')
        .any(|code| code.parse().is_ok_and(|code: u8| matches!(code, 30..=38 | 40..=48 | 90..=107)))
}

/// Both views of a fleet in such a terminal, with their styles.
fn views(fleet: &Fleet, surroundings: &[(&str, &str)]) -> [(String, String); 2] {
    let mut command = fleet.dashboard(&["-r", "5m"]);
    command.envs(surroundings.iter().copied());
    let terminal = Tmux::running(WIDE, &command);
    let summary = reads(&terminal, &["437", "541", "643", "live"]);
    let painted = terminal.screen_with_colours();
    terminal.keys(&["v"]);
    let charts = reads(&terminal, &["agent run duration", "live"]);
    let views = [(summary, painted), (charts, terminal.screen_with_colours())];
    quit(&terminal);
    views
}

#[test]
fn every_terminal_reads_the_same_with_what_it_has() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    fleet.push(&(super::active(super::ACTIVE) + &runs(30, 10)));
    for terminal in ["tmux-256color", "screen", "xterm", "linux", "vt100"] {
        for (plain, painted) in views(&fleet, &[("TERM", terminal)]) {
            assert!(styles(&painted).any(is_colour), "{terminal}: {painted}");
            // Colours of the theme alone: any other may be unreadable on its background, or unknown to the terminal.
            // `38;5;4` would be blue for one of 256 colours, and blinking text for one of 16: tmux keeps apart which of the two was said.
            let own = styles(&painted).any(|codes| codes.contains("38;") || codes.contains("48;"));
            assert!(!own, "{terminal}: {painted}");
            assert!(!plain.is_ascii(), "{terminal}: {plain}");
        }
    }
}

#[test]
fn who_wants_no_colour_gets_none_and_reads_it_all() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    for refusal in [("NO_COLOR", "1"), ("CLICOLOR", "0")] {
        for (_, painted) in views(&fleet, &[refusal]) {
            assert!(!styles(&painted).any(is_colour), "{refusal:?}: {painted}");
        }
    }
}

#[test]
fn a_terminal_that_shows_ascii_gets_nothing_else() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    fleet.record(&["agent", "--status", "ok", "--provider", "claude", "--workflow", "Überprüfung"]);
    for (plain, _) in views(&fleet, &[("LANG", "C")]) {
        assert!(plain.is_ascii(), "{plain}");
    }
}
