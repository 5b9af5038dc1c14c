//! What each key does.

use super::{Fleet, HELP, USUAL, WIDE, quit, reads, reads_any, runs};
use crate::support::{Tmux, Up, eventually, require};
use std::collections::BTreeSet;

#[test]
fn help_lists_the_keys_and_goes_away_again() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    for size in [super::SMALLEST, USUAL, WIDE] {
        let terminal = Tmux::running(size, &fleet.dashboard(&[]));
        reads(&terminal, &["437"]);
        terminal.keys(&["?"]);
        reads(&terminal, &HELP);
        for close in ["Escape", "?"] {
            terminal.keys(&[close]);
            terminal.until("the numbers again", |screen| screen.contains("437"));
            terminal.keys(&["?"]);
            reads(&terminal, &HELP);
        }
        terminal.keys(&["Escape"]);
        quit(&terminal);
    }
}

#[test]
fn views_ranges_and_subsystems_change_while_it_runs() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&[]));
    reads(&terminal, &["active workspaces", "437"]);
    for to_charts in ["Tab", "v"] {
        terminal.keys(&[to_charts]);
        reads(&terminal, &["agent run duration"]);
        terminal.keys(&["Tab"]);
        reads(&terminal, &["active workspaces"]);
    }
    terminal.keys(&["v"]);
    reads_any(&terminal, &["1h", "last hour"]);
    terminal.keys(&["r"]);
    reads_any(&terminal, &["6h", "6 hours"]);
    terminal.keys(&["R"]);
    reads_any(&terminal, &["1h", "last hour"]);
    for (key, name) in [("1", ["5m", "5 minutes"]), ("4", ["24h", "24 hours"]), ("5", ["7d", "7 days"])] {
        terminal.keys(&[key]);
        reads_any(&terminal, &name);
    }
    terminal.keys(&["2", "s"]);
    reads(&terminal, &["beads", "hooks", "notification"]);
    terminal.keys(&["Down", "Enter"]);
    reads(&terminal, &["runs that failed"]);
    terminal.keys(&["s"]);
    reads(&terminal, &["beads", "hooks"]);
    terminal.keys(&["Escape"]);
    quit(&terminal);
}

#[test]
fn a_pause_stops_the_numbers_and_a_refresh_is_one_look() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-S", "pushgateway"]));
    reads(&terminal, &["437"]);
    for pause in ["p", "Space"] {
        terminal.keys(&[pause]);
        terminal.shows(&["PAUSED"]);
        terminal.keys(&[pause]);
        terminal.hides("PAUSED");
    }
    terminal.keys(&["p"]);
    terminal.shows(&["PAUSED"]);
    fleet.push(&super::active([438, 542, 644]));
    // A key that is answered after the push: had there been a look since, it would be seen.
    terminal.keys(&["?"]);
    reads(&terminal, &HELP);
    terminal.keys(&["Escape"]);
    let screen = terminal.until("the numbers", |screen| screen.contains("437") || screen.contains("438"));
    assert!(screen.contains("437") && screen.contains("PAUSED"), "{screen}");
    for (refresh, agents) in [("F5", 438), ("g", 439)] {
        fleet.push(&super::active([agents, 542, 644]));
        terminal.keys(&[refresh]);
        reads(&terminal, &["paused", &agents.to_string()]);
    }
    quit(&terminal);
}

#[test]
fn a_filter_shows_what_matches_and_says_where_nothing_does() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::of(&up);
    fleet.record(&["llm", "--provider", "claude", "--status", "ok"]);
    fleet.record(&["llm", "--provider", "gemini", "--status", "ok"]);
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-s", "llm"]));
    reads(&terminal, &["claude", "gemini"]);
    terminal.keys(&["/"]);
    terminal.types("gem");
    terminal.until("one of two providers", |screen| screen.contains("gemini") && !screen.contains("claude"));
    terminal.types("zzz");
    reads(&terminal, &["nothing matches"]);
    terminal.keys(&["BSpace", "BSpace", "BSpace", "Enter"]);
    terminal.until("one of two providers", |screen| screen.contains("gemini") && !screen.contains("claude"));
    // Letters are commands again.
    terminal.keys(&["?"]);
    reads(&terminal, &HELP);
    terminal.keys(&["Escape", "/", "C-u", "Enter"]);
    reads(&terminal, &["claude", "gemini"]);
    terminal.keys(&["/"]);
    terminal.types("q");
    terminal.keys(&["Escape"]);
    reads(&terminal, &["claude", "gemini"]);
    quit(&terminal);
}

#[test]
fn panels_are_walked_zoomed_and_their_series_toggled() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::of(&up);
    fleet.push(&runs(0, 0));
    eventually("the first runs are scraped", || {
        (!up.api().query("sase_agent_runs_total").is_empty()).then_some(())
    });
    fleet.push(&runs(30, 10));
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-c", "-r", "5m"]));
    reads(&terminal, &["agent run duration", "active agents"]);
    terminal.keys(&["Right", "l", "Left", "h", "Down", "j", "Up", "k"]);
    // It is back at the first panel, which then has the screen for itself.
    terminal.keys(&["Enter"]);
    terminal.until("one panel", |screen| {
        let screen = screen.to_lowercase();
        screen.contains("agent run duration") && !screen.contains("active agents")
    });
    terminal.keys(&["t"]);
    terminal.until("the series to choose from", |screen| !screen.is_empty());
    terminal.keys(&["Space", "Escape", "Escape"]);
    reads(&terminal, &["agent run duration", "active agents"]);
    quit(&terminal);
}

/// The colours in which something is drawn in dots.
fn colours_of_dots(painted: &str) -> BTreeSet<String> {
    let (mut found, mut colour) = (BTreeSet::new(), String::new());
    for part in painted.split("\u{1b}[") {
        let (codes, text) = part.split_once('m').unwrap_or(("", part));
        for code in codes.split(';') {
            match code.parse::<u8>() {
                Ok(30..=37 | 90..=97) => code.clone_into(&mut colour),
                Ok(0 | 39) | Err(_) => colour.clear(),
                Ok(_) => {}
            }
        }
        if text.chars().any(|letter| ('\u{2801}'..='\u{28ff}').contains(&letter)) {
            found.insert(colour.clone());
        }
    }
    found
}

#[test]
fn a_series_that_is_toggled_off_vanishes_from_its_chart_and_comes_back() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::of(&up);
    let gauge = |project: &str, agents: u32| format!("sase_agent_active{{project=\"{project}\"}} {agents}\n");
    fleet.push(&format!("# TYPE sase_agent_active gauge\n{}{}", gauge("site", 437), gauge("shop", 212)));
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-c", "-r", "5m"]));
    reads(&terminal, &["agent run duration", "site", "shop"]);
    terminal.keys(&["Right", "Enter"]);
    let drawn = |what: &str, colours: usize| {
        eventually(what, || {
            Some(colours_of_dots(&terminal.screen_with_colours())).filter(|found| found.len() == colours)
        })
    };
    let both = drawn("the lines of two projects", 2);
    terminal.keys(&["t"]);
    reads(&terminal, &["[x] site", "[x] shop"]);
    terminal.keys(&["Space", "Escape"]);
    let screen = reads(&terminal, &["×", "1 of 2 series"]);
    let left = drawn("one line", 1);
    assert!(left.is_subset(&both), "{left:?} of {both:?}: {screen}");
    terminal.keys(&["t", "Space", "Escape"]);
    assert_eq!(drawn("both lines again", 2), both);
    terminal.hides("1 of 2 series");
    quit(&terminal);
}

#[test]
fn tables_scroll_and_a_section_fills_the_screen() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    fleet.record(&["llm", "--provider", "claude", "--status", "ok", "--input-tokens", "417"]);
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&[]));
    let first = reads(&terminal, &["437", "live"]);
    terminal.keys(&["End"]);
    terminal.until("another part of the tables", |screen| screen != first);
    for key in ["Home", "NPage", "PPage", "Down", "Up", "j", "k", "Enter", "Escape"] {
        terminal.keys(&[key]);
    }
    reads(&terminal, &["live"]);
    quit(&terminal);
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&[]));
    reads(&terminal, &["437"]);
    terminal.keys(&["x", "F11", "é", "M-a", "C-l", "BSpace", "Delete", "Insert", "C-Right", "日"]);
    terminal.keys(&["?"]);
    reads(&terminal, &HELP);
    terminal.keys(&["Escape"]);
    reads(&terminal, &["437", "live"]);
    quit(&terminal);
}
