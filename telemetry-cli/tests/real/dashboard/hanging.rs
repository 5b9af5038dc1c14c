//! Sources that say nothing, while keys answer.

use std::net::TcpListener;
use std::time::Duration;

use super::{Fleet, HELP, NOBODY, USUAL, quit, reads};
use crate::support::{DelayProxy, Mode, Tmux, Up, require};

#[test]
fn a_source_that_begins_to_hang_turns_stale_while_keys_answer() {
    require!(Tmux);
    let up = Up::start(&[]);
    let mut fleet = Fleet::at_work(&up);
    let proxy = DelayProxy::start(up.gateway(), Duration::ZERO, 7);
    fleet.gateway = proxy.url();
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&["-S", "pushgateway", "--timeout", "2"]));
    reads(&terminal, &["437"]);
    proxy.set(Mode::Hang);
    for _ in 0..3 {
        terminal.keys(&["?"]);
        reads(&terminal, &HELP);
        terminal.keys(&["Escape"]);
        terminal.until("the numbers again", |screen| screen.contains("437"));
    }
    terminal.until("a badge that is not LIVE over the former numbers", |screen| {
        (screen.contains("STALE") || screen.contains("OFFLINE")) && screen.contains("437")
    });
    proxy.set(Mode::Fail);
    terminal.until("a badge that is not LIVE", |screen| screen.contains("437") && !screen.contains("LIVE"));
    proxy.set(Mode::Pass);
    quit(&terminal);
}

#[test]
fn nobody_waits_for_a_source_that_never_answered() {
    require!(Tmux);
    // It accepts, since the system does so for it, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let fleet = Fleet::new(&url, &url);
    for arguments in [&["--timeout", "5m"][..], &["-c", "--timeout", "5m"]] {
        let terminal = Tmux::running(USUAL, &fleet.dashboard(arguments));
        terminal.keys(&["?"]);
        reads(&terminal, &HELP);
        terminal.keys(&["Escape"]);
        terminal.resize((100, 30));
        terminal.keys(&["F5", "p"]);
        terminal.shows(&["PAUSED"]);
        // Well before the bound of the source, of which the patience of this test is a fifth.
        quit(&terminal);
    }
}

#[test]
fn a_server_that_talks_nonsense_is_named_and_not_drawn() {
    require!(Tmux);
    let up = Up::start(&["--no-history"]);
    // A gateway is no Prometheus: it answers, and with nothing that can be read as one.
    let fleet = Fleet::new(NOBODY, &up.gateway_url());
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&["-S", "prometheus"]));
    terminal.shows(&["OFFLINE"]);
    quit(&terminal);
}
