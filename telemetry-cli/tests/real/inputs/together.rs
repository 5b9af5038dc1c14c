//! Several commands at the same time.

use super::{run, said, telemetry};
use crate::support::pushgateway::Groups;
use crate::support::{Pushgateway, Scratch, exposition, require};
use std::fs;
use std::process::Stdio;

/// How many of each command there are.
const EACH: usize = 8;

#[test]
fn commands_at_the_same_time_count_exactly() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    fs::write(scratch.path().join("x.prom"), "# TYPE x_total counter\nx_total 7\n").unwrap();
    let words = ["record mentor --status ok", "run -- true", "push", "status", "push x.prom"];
    let started: Vec<_> = (0..EACH)
        .flat_map(|_| words)
        .map(|words| {
            let mut command = telemetry(&scratch, words);
            command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", gateway.url());
            (words, command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        })
        .collect();
    for (words, child) in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words}: {}", said(&output));
    }
    let mut push = telemetry(&scratch, "push");
    push.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", gateway.url());
    assert!(push.status().unwrap().success());
    let ok = [("status", "ok")];
    for text in [fs::read_to_string(scratch.ledger_file()).unwrap(), gateway.metrics()] {
        let total = |metric: &str| exposition::total(&text, metric, &ok);
        assert_eq!(total("sase_mentor_executions_total"), Some(EACH as f64));
        assert_eq!(total("sase_agent_runs_total"), Some(EACH as f64));
    }
    assert_eq!(exposition::total(&gateway.metrics(), "x_total", &[]), Some(7.0));
}

#[test]
fn of_those_who_write_a_configuration_at_the_same_time_one_does() {
    let scratch = Scratch::new();
    let started: Vec<_> = (0..EACH)
        .map(|_| {
            let mut command = telemetry(&scratch, "config init");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let ended: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let codes: Vec<_> = ended.iter().map(|output| output.status.code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    let others = ended.iter().filter(|output| !output.status.success());
    others.for_each(|output| assert!(said(output).contains("sase.yml"), "{}", said(output)));
    assert!(run(&scratch, "config check").status.success());
}
