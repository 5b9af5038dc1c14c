//! What was recorded is what is shown, by whichever source.

use std::fs;

use super::{ACTIVE, Fleet, NOBODY, USUAL, WIDE, active, quit, reads, reads_any, runs};
use crate::support::pushgateway::Groups;
use crate::support::{Prometheus, Pushgateway, Scrape, Scratch, Tmux, Up, eventually, require};

/// A rule that always fires.
const RULES: &str = "groups: [{name: a, rules: [{alert: PondTooDeep, expr: vector(1), labels: {severity: critical}, \
                     annotations: {summary: the pond is too deep}}]}]\n";

#[test]
fn the_fleet_of_a_stack_is_shown_as_it_is_and_as_it_becomes() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&[]));
    let all = ACTIVE.map(|number| number.to_string());
    reads(&terminal, &["active agents", "active workspaces", "active beads", &all[0], &all[1], &all[2]]);
    terminal.shows(&["LIVE", "prometheus"]);
    fleet.push(&active([438, 542, 644]));
    reads(&terminal, &["438", "542", "644"]);
    quit(&terminal);
}

#[test]
fn what_is_recorded_meanwhile_is_counted_and_gets_a_rate() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::of(&up);
    let call = |tokens: &str| {
        fleet.record(&[
            "llm",
            "--provider",
            "claude",
            "--status",
            "ok",
            "--seconds",
            "2",
            "--input-tokens",
            tokens,
        ]);
    };
    call("417");
    // Else the gateway would tell the first numbers, and those of two sources are not compared.
    let scraped = || (!up.api().query("sase_llm_input_tokens_total").is_empty()).then_some(());
    eventually("a scrape of the first call", scraped);
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-s", "llm"]));
    reads(&terminal, &["prometheus", "417", "claude"]);
    call("456");
    // The total, and in time how much that was per minute.
    reads(&terminal, &["873"]);
    let rises = |line: &str| {
        line.contains("873") && line.split_whitespace().filter(|word| is_positive(word)).count() > 1
    };
    terminal.until("a rate beside the total", |screen| screen.lines().any(rises));
    quit(&terminal);
}

/// Whether a word is a number above nothing.
fn is_positive(word: &str) -> bool {
    let digits = word.trim_start_matches('+').trim_end_matches("/min").replace(',', "");
    digits.parse::<f64>().is_ok_and(|number| number > 0.0)
}

#[test]
fn alerts_that_fire_and_subsystems_that_fail_are_named_with_their_reason() {
    require!(Tmux);
    let folder = Scratch::new();
    fs::write(folder.path().join("r.yml"), RULES).unwrap();
    let up = Up::start_in(folder, &["--rules", "r.yml", "--evaluation-interval", "1s"]);
    let fleet = Fleet::of(&up);
    fleet.push(&runs(0, 0));
    eventually("the first runs are scraped", || {
        (!up.api().query("sase_agent_runs_total").is_empty()).then_some(())
    });
    fleet.push(&runs(0, 20));
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&[]));
    reads(&terminal, &["PondTooDeep", "the pond is too deep", "firing"]);
    reads(&terminal, &["critical", "share of runs"]);
    quit(&terminal);
}

#[test]
fn a_real_prometheus_and_a_real_pushgateway_are_read_as_ours_are() {
    require!(Tmux, Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", gateway.address()).honoring_labels()]);
    let fleet = Fleet::new(&gateway.url(), &prometheus.url());
    fleet.push(&active(ACTIVE));
    eventually("a scrape", || (!prometheus.query("sase_agent_active").is_empty()).then_some(()));
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&[]));
    reads(&terminal, &["prometheus", "437", "541", "643"]);
    terminal.shows(&["LIVE"]);
    fleet.record(&["agent", "--status", "ok", "--provider", "claude", "--seconds", "3"]);
    fleet.push(&active([439, 543, 645]));
    reads(&terminal, &["439", "543", "645"]);
    quit(&terminal);
}

#[test]
fn a_gateway_that_goes_away_and_comes_back_is_followed() {
    require!(Tmux, Pushgateway);
    let mut gateway = Pushgateway::start(Groups::Survive);
    let fleet = Fleet::new(&gateway.url(), NOBODY);
    fleet.push(&active(ACTIVE));
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&["-S", "pushgateway"]));
    reads(&terminal, &["pushgateway", "437", "541", "643"]);
    gateway.stop();
    // What was known is still there, and nobody takes it for the present.
    terminal.until("a badge that is not LIVE over the former numbers", |screen| {
        let old = screen.contains("STALE") || screen.contains("OFFLINE");
        old && screen.contains("437") && !screen.contains("LIVE")
    });
    gateway.restart();
    // What is pushed once is live for a moment only, which a look may come too late for.
    terminal.until("the new numbers, live", |screen| {
        fleet.push(&active([438, 542, 644]));
        ["438", "542", "644", "LIVE"].iter().all(|word| screen.contains(word))
    });
    quit(&terminal);
}

#[test]
fn a_ledger_is_watched_where_there_is_nothing_else() {
    require!(Tmux);
    let fleet = Fleet::new(NOBODY, NOBODY);
    let run = || {
        // The gateway is away, so that the ledger alone has the event.
        let mut command = fleet.folder.telemetry();
        assert!(
            command
                .args(["record", "agent", "--status", "ok", "--provider", "claude"])
                .status()
                .unwrap()
                .success()
        );
    };
    run();
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["--set", "carrier=serve"]));
    reads(&terminal, &["ledger", "active agents"]);
    reads_any(&terminal, &["LIVE", "STALE"]);
    quit(&terminal);
}

#[test]
fn a_source_is_chosen_anew_at_every_look() {
    require!(Tmux);
    let mut up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    fleet.folder.telemetry().args(["record", "agent", "--status", "ok"]).status().unwrap();
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["--timeout", "2"]));
    reads(&terminal, &["prometheus", "437"]);
    up.kill();
    terminal.until("another source, or none", |screen| {
        screen.contains("ledger") || screen.contains("STALE") || screen.contains("OFFLINE")
    });
    up.restart();
    fleet.push(&active([438, 542, 644]));
    reads(&terminal, &["prometheus", "438", "live"]);
    quit(&terminal);
}

#[test]
fn with_nobody_to_ask_it_says_so_and_stays() {
    require!(Tmux);
    let fleet = Fleet::new(NOBODY, NOBODY);
    let terminal = Tmux::running(USUAL, &fleet.dashboard(&["-S", "prometheus"]));
    let screen = terminal.shows(&["OFFLINE"]);
    assert!(!screen.contains("LIVE"), "{screen}");
    quit(&terminal);
}
