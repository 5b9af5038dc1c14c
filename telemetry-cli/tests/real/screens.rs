//! What all commands have in common on a terminal.

use std::process::Command;

use crate::support::terminal::Terminal;
use crate::support::{Scratch, Up, eventually};

/// Every page for people, and whether it has more than ASCII where the terminal shows that.
const PAGES: [(&[&str], bool); 15] = [
    (&["status", "--all"], false),
    (&["health", "-v"], true),
    (&["doctor", "--timeout", "20"], true),
    (&["query", "sum by (status) (sase_agent_runs_total)"], false),
    (&["query", "sum(sase_agent_runs_total)", "--range", "1h"], true),
    (&["query", "sum(sase_agent_runs_total"], false),
    (&["snapshot"], true),
    (&["list"], false),
    (&["list", "--alerts"], true),
    (&["list", "--panels"], false),
    (&["alerts"], true),
    (&["config", "show"], false),
    (&["endpoint"], false),
    (&["push", "other.prom", "--job", "grün"], true),
    (&["export-config", "--output", "monitoring"], false),
];

/// A command of somebody whose agents are counted by this stack. What it is asked about has a name that is not ASCII.
fn telemetry(scratch: &Scratch, up: &Up, args: &[&str]) -> Command {
    let mut command = scratch.telemetry_pushing_to(&up.gateway_url());
    command.env("SASE_TELEMETRY_PROMETHEUS__URL", up.api().url());
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
    command.env("TERM", "xterm").args(args);
    command
}

#[test]
fn a_terminal_that_shows_ascii_gets_nothing_else_from_any_command() {
    let (scratch, up) = (Scratch::new(), Up::start(&[]));
    let run = ["run", "--provider", "claude", "--workflow", "Überprüfung", "--", "true"];
    assert!(telemetry(&scratch, &up, &run).status().unwrap().success());
    std::fs::write(scratch.path().join("other.prom"), "other_total 1\n").unwrap();
    let runs = "sum(sase_agent_runs_total) > 0";
    eventually("the run is scraped", || (!up.api().query(runs).is_empty()).then_some(()));
    for (page, more) in PAGES {
        let shown = |locale: &str| {
            let mut command = telemetry(&scratch, &up, page);
            command.env("LANG", locale);
            Terminal::new(50, 80).shows(command).1
        };
        let ascii = shown("C");
        assert!(ascii.is_ascii() && !ascii.is_empty(), "{page:?}: {ascii}");
        let whole = shown("C.UTF-8");
        assert_eq!(!whole.is_ascii(), more, "{page:?}: {whole}");
    }
}
