//! What was measured over time, and again once a server is back.

use super::{ACTIVE, Fleet, HELP, WIDE, active, quit, reads, reads_any, runs};
use crate::support::pushgateway::Groups;
use crate::support::{DelayProxy, Mode, Prometheus, Pushgateway, Scrape, Tmux, Up, eventually, require};
use std::time::Duration;

/// Words in the titles of the charts that are shown first.
const TITLES: [&str; 3] = ["agent run duration", "active agents", "runs that failed"];

/// Whether something is drawn: a pattern of dots, of which the empty one is none.
fn is_drawn(screen: &str) -> bool {
    screen.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
}

/// Lets the fleet work until there is a course of it.
fn works(fleet: &Fleet, is_scraped: impl Fn() -> bool) {
    fleet.push(&(active(ACTIVE) + &runs(0, 0)));
    eventually("the beginning is scraped", || is_scraped().then_some(()));
    fleet.push(&(active(ACTIVE) + &runs(30, 10)));
    fleet.record(&["agent", "--status", "ok", "--provider", "claude", "--seconds", "3"]);
}

#[test]
fn charts_show_what_was_recorded_and_come_back_with_the_server() {
    require!(Tmux);
    let mut up = Up::start(&[]);
    let fleet = Fleet::of(&up);
    works(&fleet, || !up.api().query("sase_agent_active").is_empty());
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-c", "-r", "5m", "--timeout", "2"]));
    reads(&terminal, &TITLES);
    terminal.until("lines and the present value", |screen| is_drawn(screen) && screen.contains("437"));
    up.kill();
    // The summary takes the place of the charts, and says why.
    reads(&terminal, &["active workspaces"]);
    reads_any(
        &terminal,
        &["no charts", "charts come back", "no prometheus", "unreachable", "connection refused"],
    );
    up.restart();
    reads(&terminal, &TITLES);
    terminal.until("lines again", is_drawn);
    quit(&terminal);
}

#[test]
fn charts_of_a_real_prometheus_and_of_a_subsystem() {
    require!(Tmux, Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", gateway.address()).honoring_labels()]);
    let fleet = Fleet::new(&gateway.url(), &prometheus.url());
    works(&fleet, || !prometheus.query("sase_agent_active").is_empty());
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-c", "-r", "5m"]));
    reads(&terminal, &TITLES);
    terminal.until("lines and the present value", |screen| is_drawn(screen) && screen.contains("437"));
    quit(&terminal);
    terminal.start(&fleet.dashboard(&["-c", "-s", "agent", "-r", "5m"]));
    reads(&terminal, &["runs that failed"]);
    quit(&terminal);
}

#[test]
fn charts_that_hang_do_not_hold_the_keys() {
    require!(Tmux);
    let up = Up::start(&[]);
    let mut fleet = Fleet::at_work(&up);
    let address = up.api().url().trim_start_matches("http://").parse().unwrap();
    let proxy = DelayProxy::start(address, Duration::ZERO, 7);
    fleet.api = proxy.url();
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-c", "--timeout", "2"]));
    reads(&terminal, &TITLES);
    proxy.set(Mode::Hang);
    terminal.keys(&["?"]);
    reads(&terminal, &HELP);
    terminal.keys(&["Escape", "v"]);
    reads(&terminal, &["active workspaces"]);
    terminal.keys(&["v"]);
    // What the gateway tells meanwhile may be of now.
    reads(&terminal, &["no charts"]);
    proxy.set(Mode::Pass);
    reads(&terminal, &TITLES);
    terminal.shows(&["LIVE"]);
    quit(&terminal);
}
