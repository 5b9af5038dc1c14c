//! Windows of any size, and sizes that change.

use super::{Fleet, SMALLEST, USUAL, WIDE, quit, reads};
use crate::support::{Tmux, Up, require};

/// From the smallest for which there is a layout to a wall.
const SIZES: [(u16, u16); 4] = [SMALLEST, USUAL, WIDE, (250, 80)];

#[test]
fn both_views_fill_windows_of_every_size() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    for size in SIZES {
        let terminal = Tmux::running(size, &fleet.dashboard(&[]));
        let screen = reads(&terminal, &["live", "437", "541", "643", "quit"]);
        // The last row is used, which says that the height is.
        assert_eq!(screen.lines().count(), usize::from(size.1), "{size:?}");
        terminal.keys(&["v"]);
        let screen = reads(&terminal, &["live", "agent run duration", "quit"]);
        assert_eq!(screen.lines().count(), usize::from(size.1), "{size:?}");
        quit(&terminal);
    }
}

#[test]
fn a_window_that_changes_its_size_is_followed_at_once() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&[]));
    reads(&terminal, &["437"]);
    for view in ["437", "agent run duration"] {
        for size in SIZES.into_iter().chain(SIZES.into_iter().rev()) {
            terminal.resize(size);
            let full = |screen: &str| screen.lines().count() == usize::from(size.1);
            terminal.until(&format!("{size:?} filled"), |screen| {
                full(screen) && screen.to_lowercase().contains(view) && screen.contains("LIVE")
            });
        }
        terminal.keys(&["v"]);
    }
    // Faster than anybody could look: what counts is the last one.
    for columns in (60..200).step_by(7) {
        terminal.resize((columns, 15 + columns % 30));
    }
    terminal.resize(USUAL);
    terminal.until("the last size filled", |screen| screen.lines().count() == 24 && screen.contains("437"));
    quit(&terminal);
}

#[test]
fn a_window_that_is_too_small_says_so_and_recovers() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running((40, 10), &fleet.dashboard(&[]));
    reads(&terminal, &["60", "15"]);
    for size in [(1, 1), (2, 1), (200, 2), (10, 60), (59, 15), (60, 14)] {
        terminal.resize(size);
        terminal.keys(&["v", "?", "Escape"]);
    }
    terminal.resize(USUAL);
    reads(&terminal, &["437", "live"]);
    quit(&terminal);
}
