//! The commands that ask servers, and what holds for each of them whatever a server answers.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Scratch, exposition};

/// What no output may hold.
const SECRET: &str = "hunter2-is-secret";

/// Nothing listens on this port, and nobody may without being root.
const NOBODY: &str = "http://127.0.0.1:1";

/// The most that a command takes beyond what it was told to wait: this machine may do much else.
const SLACK: Duration = Duration::from_secs(25);

/// The commands that look, with the code with which they say that they saw nothing.
pub(super) const LOOKS: &[(&str, i32)] = &[
    ("status --timeout 0.5", 0),
    ("snapshot -S pushgateway --timeout 0.5", 1),
    ("snapshot -S exposition --timeout 0.5", 1),
    ("snapshot -S prometheus --timeout 0.5", 1),
    ("snapshot --from URL/metrics --timeout 0.5", 1),
    ("snapshot --timeout 0.5", 0),
    ("health -S prometheus --timeout 0.5", 3),
    ("alerts --timeout 0.5", 3),
    ("query up --timeout 0.5", 1),
    ("query up --range 1h --timeout 0.5", 1),
    ("doctor --timeout 0.5", 1),
];

/// The commands that count: whatever becomes of the push, what was counted is in the ledger.
pub(super) const COUNTS: &[(&str, i32)] = &[("record mentor --status ok", 0), ("run -- true", 0)];

/// The commands that push, with the code where nobody takes it.
pub(super) const PUSHES: &[(&str, i32)] = &[("push", 1), ("push x.prom", 1)];

/// The commands that ask a Prometheus for numbers.
pub(super) const QUERIES: &[(&str, i32)] = &[
    ("snapshot -S prometheus --timeout 5", 1),
    ("health -S prometheus --timeout 5", 3),
    ("query up --timeout 5", 1),
    ("query up --range 1h --timeout 5", 1),
    ("status --timeout 5", 0),
];

/// Runs all commands at once, each in a home of its own, against one server for everything.
pub(super) fn hold(what: &str, scheme: &str, server: SocketAddr, commands: &[&[(&str, i32)]]) {
    thread::scope(|scope| {
        for (words, code) in commands.concat() {
            scope.spawn(move || one(what, &format!("{scheme}://{server}"), server, words, code));
        }
    });
}

fn one(what: &str, url: &str, server: SocketAddr, words: &str, code: i32) {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("password"), SECRET).unwrap();
    std::fs::write(scratch.path().join("x.prom"), "# TYPE x_total counter\nx_total 1\n").unwrap();
    let counts = words.starts_with("record") || words.starts_with("run");
    if !counts {
        // So that there is something to push, and something to see where nobody answers.
        let record = "record mentor --status ok".split(' ');
        assert!(scratch.telemetry_pushing_to(NOBODY).args(record).output().unwrap().status.success());
    }
    let begun = Instant::now();
    let words = words.replace("URL", url);
    let output = command(&scratch, url, server, &words).output().unwrap();
    let said = format!("{what}: {words}: {output:?}");
    assert!(begun.elapsed() < SLACK, "{said}");
    assert_eq!(output.status.code(), Some(code), "{said}");
    clear(&output, server, code, &said);
    counted(&scratch, &words, &said);
}

fn command(scratch: &Scratch, url: &str, server: SocketAddr, words: &str) -> Command {
    let mut command = scratch.telemetry_pushing_to(url);
    // One program may be both, but not at one address.
    for (setting, path) in [("PUSHGATEWAY_URL", ""), ("URL", "/prometheus"), ("ALERTMANAGER_URL", "")] {
        let name = format!("SASE_TELEMETRY_PROMETHEUS__{setting}");
        command.env(format!("{name}__USERNAME"), "user");
        command.env(format!("{name}__PASSWORD_FILE"), scratch.path().join("password"));
        command.env(name, format!("{url}{path}"));
    }
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", server.port().to_string());
    command.args(words.split(' ')).stdin(Stdio::null());
    command
}

/// No panic, no secret, nothing that a terminal obeys; and whoever fails says of whom it speaks, in one line with advice at most.
fn clear(output: &Output, server: SocketAddr, code: i32, said: &str) {
    let [printed, told] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    for text in [&printed, &told] {
        for never in ["panicked", "internal error", SECRET, "\x1b"] {
            assert!(!text.contains(never), "{never:?} in {said}");
        }
    }
    // What `doctor` and `status` find is their result, and stands where results stand.
    if code != 0 && printed.is_empty() {
        let first = told.lines().next().unwrap();
        assert!(first.starts_with("telemetry: "), "{said}");
        assert!(first.contains(&server.to_string()), "{said}");
        assert!(first.len() < 800 && told.lines().count() <= 2, "{said}");
    } else if code != 0 {
        assert!(printed.contains(&server.to_string()), "{said}");
    }
}

fn counted(scratch: &Scratch, words: &str, said: &str) {
    let ledger = std::fs::read_to_string(scratch.ledger_file()).unwrap();
    let ok = |metric: &str| exposition::total(&ledger, metric, &[("status", "ok")]);
    let metric =
        if words.starts_with("run") { "sase_agent_runs_total" } else { "sase_mentor_executions_total" };
    assert_eq!(ok(metric), Some(1.0), "{said}");
}
