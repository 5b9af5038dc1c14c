//! `telemetry push`: what it sends, and what it says when it cannot.

use std::process::Output;

use crate::support::pushgateway::Groups;
use crate::support::{DelayProxy, Mode, Pushgateway, Scratch, exposition, require};

fn push(scratch: &Scratch, url: &str) -> Output {
    scratch.telemetry_pushing_to(url).arg("push").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn record_a_run(scratch: &Scratch) {
    assert!(scratch.telemetry().args(["run", "--", "true"]).status().unwrap().success());
}

#[test]
fn it_sends_even_what_was_sent_before() {
    require!(Pushgateway);
    let scratch = Scratch::new();
    let mut gateway = Pushgateway::start(Groups::AreLost);
    record_a_run(&scratch);
    for _ in 0..2 {
        let output = push(&scratch, &gateway.url());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("job=sase_agent instance="), "{}", text(&output.stdout));
        assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(1.0));
        // A gateway that forgot everything is not known to have.
        gateway.restart();
    }
}

#[test]
fn job_and_instance_come_from_the_configuration_whatever_they_hold() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    for (job, instance) in [("nightly", "a/b c"), ("n/ö", "x\"y"), ("j", "..")] {
        let scratch = Scratch::new();
        let run = |args: &[&str]| {
            let mut command = scratch.telemetry_pushing_to(&gateway.url());
            command
                .env("SASE_TELEMETRY_PROMETHEUS__JOB", job)
                .env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", instance);
            assert!(command.args(args).status().unwrap().success());
        };
        run(&["run", "--", "true"]);
        run(&["push"]);
        let labels = [("job", job), ("instance", instance)];
        assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &labels), Some(1.0));
    }
}

#[test]
fn an_empty_ledger_is_said_and_is_no_failure() {
    let scratch = Scratch::new();
    let output = push(&scratch, "127.0.0.1:1");
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("nothing was recorded"), "{}", text(&output.stdout));
}

#[test]
fn what_went_wrong_is_named_and_the_counts_stay() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), std::time::Duration::ZERO, 1);
    let scratch = Scratch::new();
    record_a_run(&scratch);
    for (mode, words) in [(Mode::Refuse, "connection refused"), (Mode::Fail, "answered 500")] {
        proxy.set(mode);
        let output = push(&scratch, &proxy.url());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("safe in the ledger"), "{}", text(&output.stderr));
    }
    proxy.set(Mode::Pass);
    assert!(push(&scratch, &proxy.url()).status.success(), "an explicit push never holds off");
    assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(1.0));
}

#[test]
fn a_ledger_with_another_road_is_not_pushed_too() {
    let scratch = Scratch::new();
    record_a_run(&scratch);
    let output = scratch.telemetry().arg("push").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("telemetry.carrier is textfile"), "{}", text(&output.stderr));
}
