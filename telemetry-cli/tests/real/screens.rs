//! What all commands have in common on a terminal.

use std::process::Command;

use crate::support::terminal::Terminal;
use crate::support::{Scratch, Up, eventually};

/// Every page for people, and whether it surely has more than ASCII where the terminal shows that.
const PAGES: [(&[&str], bool); 15] = [
    (&["status", "--all", "--timeout", "30"], false),
    (&["health", "-v", "--timeout", "30"], true),
    (&["doctor", "--timeout", "20"], true),
    (&["query", "sum by (status) (sase_agent_runs_total)", "--timeout", "30"], false),
    (&["query", "sum(sase_agent_runs_total)", "--range", "1h", "--timeout", "30"], true),
    (&["query", "sum(sase_agent_runs_total", "--timeout", "30"], false),
    (&["snapshot", "--timeout", "30"], true),
    (&["list"], false),
    (&["list", "--alerts"], true),
    (&["list", "--panels"], false),
    (&["alerts", "--timeout", "30"], true),
    (&["config", "show"], false),
    (&["endpoint"], false),
    (&["push", "other.prom", "--job", "grün"], true),
    (&["export-config", "--output", "monitoring"], false),
];

/// A rule that always fires and is not in ASCII either.
const RULES: &str = "groups: [{name: a, rules: [{alert: TooLarge, expr: vector(1), labels: {severity: warning, which: groß}, \
                     annotations: {summary: zu groß – bei weitem}}]}]\n";

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
    let scratch = Scratch::new();
    let rules = scratch.path().join("rules.yml");
    std::fs::write(&rules, RULES).unwrap();
    let up = Up::start(&["--evaluation-interval", "1s", "--rules", rules.to_str().unwrap()]);
    let run = ["run", "--provider", "claude", "--workflow", "Überprüfung", "--", "true"];
    assert!(telemetry(&scratch, &up, &run).status().unwrap().success());
    std::fs::write(scratch.path().join("other.prom"), "other_total 1\n").unwrap();
    for expression in ["sum(sase_agent_runs_total) > 0", "ALERTS{alertstate=\"firing\"}"] {
        eventually(expression, || (!up.api().query(expression).is_empty()).then_some(()));
    }
    for (page, more) in PAGES {
        let shown = |locale: &str| {
            let mut command = telemetry(&scratch, &up, page);
            command.env("LANG", locale);
            Terminal::new(50, 80).shows(command).1
        };
        let ascii = shown("C");
        assert!(ascii.is_ascii() && !ascii.is_empty(), "{page:?}: {ascii}");
        // Of a page that is never more than that, nothing would be proven.
        let whole = shown("C.UTF-8");
        assert!(!(more && whole.is_ascii()), "{page:?}: {whole}");
    }
}
