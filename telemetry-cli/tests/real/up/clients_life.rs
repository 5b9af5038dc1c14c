//! What goes beyond the Pushgateway: groups that live as long as they are to, that are added up, and that `telemetry run` fills.

use std::process::Command;

use crate::support::{Scratch, Up, eventually, exposition, require};

use super::clients_wire::{ask, page, pushed, value};

/// The jobs that the gateway has groups of, in order and each once.
fn jobs(up: &Up) -> Vec<String> {
    let lines = pushed(up.gateway()).into_iter();
    let mut jobs: Vec<_> =
        lines.filter_map(|line| Some(line.split("job=\"").nth(1)?.split('"').next()?.to_owned())).collect();
    jobs.sort();
    jobs.dedup();
    jobs
}

#[test]
fn groups_live_as_long_as_they_say_or_as_the_server_says() {
    let mut up = Up::start(&["--group-ttl", "3s"]);
    for group in ["short/ttl/1s", "default", "long/ttl/1h", "sum/ttl/1h/clearmode/aggregate"] {
        let answer = ask(up.gateway(), "POST", &format!("/metrics/job/{group}"), b"# TYPE c counter\nc 1\n");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    // Neither is a label of the series.
    assert!(!page(up.gateway()).contains("ttl=") && !page(up.gateway()).contains("clearmode="));
    assert_eq!(jobs(&up).iter().filter(|job| *job == "long").count(), 1);
    let gone = |up: &Up, job: &str| {
        eventually(&format!("{job} is gone"), || (!jobs(up).iter().any(|there| there == job)).then_some(()));
    };
    gone(&up, "short");
    gone(&up, "default");
    eventually("both are taken off the disk", || {
        (value(&page(up.gateway()), "telemetry_gateway_expired_groups_total") == Some(2)).then_some(())
    });
    assert_eq!(jobs(&up), ["long", "sum"]);
    let answer =
        ask(up.gateway(), "PUT", "/metrics/job/sum/ttl/1h/clearmode/aggregate", b"# TYPE c counter\nc 2\n");
    assert_eq!(answer.status, 200);
    // A group whose time comes while nothing runs is gone afterwards.
    assert_eq!(ask(up.gateway(), "PUT", "/metrics/job/late/ttl/1s", b"late 1\n").status, 200);
    up.restart();
    gone(&up, "late");
    assert_eq!(jobs(&up), ["long", "sum"]);
    assert!(page(up.gateway()).contains("c{instance=\"\",job=\"sum\"} 3\n"));
}

#[test]
fn what_telemetry_run_counts_is_at_the_gateway_and_in_the_history() {
    let (up, folder) = (Up::start(&[]), Scratch::new());
    for _ in 0..2 {
        let mut run = folder.telemetry_pushing_to(&up.gateway_url());
        run.args(["run", "--provider", "claude", "--project", "site", "--workflow", "fix", "--", "true"]);
        let output = run.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let labels = [("llm_provider", "claude"), ("status", "ok"), ("workflow", "fix")];
    let counted = exposition::total(&page(up.gateway()), "sase_agent_runs_total", &labels);
    assert_eq!(counted, Some(2.0));
    let sum = "sum(sase_agent_runs_total{status=\"ok\",workflow=\"fix\"}) == 2";
    eventually("both runs are in the history", || up.api().query(sum).pop());
    let spawned = "sum(sase_agent_spawns_total{project=\"site\"}) == 2";
    eventually("both spawns are in the history", || up.api().query(spawned).pop());
}

/// The command that the documentation gives for a counter that is added up, as it stands there.
fn documented() -> String {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/up.md");
    let document = std::fs::read_to_string(document).unwrap();
    let mut commands = document.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.find(|command| command.contains("/clearmode/aggregate")).unwrap().to_owned()
}

#[test]
fn the_documented_push_of_a_counter_is_added_each_time() {
    require!(Curl);
    let up = Up::start(&[]);
    let command = documented().replace("http://127.0.0.1:9091", &up.gateway_url());
    assert!(command.contains(&up.gateway_url()), "{command}");
    for _ in 0..2 {
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    }
    let page = page(up.gateway());
    assert!(page.contains("builds_total{instance=\"\",job=\"builds\"} 2\n"), "{page}");
    let answer = ask(up.gateway(), "PUT", "/metrics/job/builds/clearmode/aggregate", b"builds_total 1\n");
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("# TYPE builds_total counter"), "{}", answer.body);
}
