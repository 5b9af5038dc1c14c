//! `telemetry run` where the world changes while the command runs: another name of the host, a ledger that others hold.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::pushgateway::Groups;
use crate::support::{Pushgateway, Scratch, exposition, require, skip};

/// How `unshare` gives a process a host name of its own here, if it may at all.
fn unshared_name() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["--uts"], &["--user", "--map-root-user", "--uts"]];
    ways.into_iter().find(|way| {
        let mut command = Command::new("unshare");
        command.args(*way).args(["hostname", "another"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

#[test]
fn a_host_that_gets_another_name_meanwhile_keeps_the_group_of_the_old_one() {
    require!(Pushgateway);
    let Some(unshare) = unshared_name() else {
        return skip::skip(skip::test_name(&|| ()), "needs the right to a host name of its own");
    };
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let telemetry = scratch.telemetry_pushing_to(&gateway.url());
    let mut command = scratch.command("unshare");
    command.args(unshare).args(["sh", "-c", "hostname before && exec \"$0\" run -- hostname after"]);
    command.arg(telemetry.get_program());
    command.envs(telemetry.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let groups = gateway.groups();
    assert_eq!(groups.len(), 1, "{groups:?}");
    let instance = groups[0]["instance"].as_str().unwrap();
    assert!(instance.ends_with("@before"), "{instance}");
    let total = |metric| exposition::total(&gateway.metrics(), metric, &[("instance", instance)]);
    assert_eq!(total("sase_agent_active"), Some(0.0));
    assert_eq!(total("sase_agent_runs_total"), Some(1.0));
}

/// Holds the lock of a ledger as a process does that merges.
fn hold(ledger: &Path) -> File {
    let lock = File::open(ledger.with_file_name("ledger.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn a_ledger_that_others_hold_for_too_long_delays_a_run_by_its_bounds_and_costs_nothing() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    for carrier in ["serve", "push"] {
        let scratch = Scratch::new();
        let telemetry = |args: &[&str]| {
            let mut command = scratch.telemetry_pushing_to(&gateway.url());
            command.env("SASE_TELEMETRY_CARRIER", carrier).args(args);
            command.output().unwrap()
        };
        assert!(telemetry(&["run", "--", "true"]).status.success());
        let held = hold(&scratch.ledger_file());
        let begun = Instant::now();
        let output = telemetry(&["run", "--", "sh", "-c", "echo out; exit 7"]);
        // One second before the command and two after it.
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        assert!(begun.elapsed() > Duration::from_millis(2900), "the ledger was not held");
        assert_eq!((output.status.code(), &*output.stdout), (Some(7), &b"out\n"[..]), "{carrier}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{carrier}");
        let passing =
            scratch.telemetry_pushing_to(&gateway.url()).args(["push", "--passing"]).output().unwrap();
        assert!(passing.status.success() && passing.stderr.is_empty(), "{passing:?}");
        drop(held);
        let snapshot = telemetry(&["snapshot", "-S", "ledger", "-f", "prometheus"]);
        let shown = String::from_utf8(snapshot.stdout).unwrap();
        for (status, runs) in [("ok", 1.0), ("error", 1.0), ("killed", 0.0)] {
            let total = exposition::total(&shown, "sase_agent_runs_total", &[("status", status)]);
            assert_eq!(total, Some(runs), "{carrier}: {status}");
        }
        assert_eq!(exposition::total(&shown, "sase_agent_active", &[]), Some(0.0));
    }
}

#[test]
fn with_no_carrier_nothing_is_recorded_made_or_sent_and_that_is_said() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let telemetry = |url: &str, args: &[&str]| {
        let mut command = scratch.telemetry_pushing_to(url);
        command.env("SASE_TELEMETRY_CARRIER", "none").env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "0");
        let output = command.args(args).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let run = telemetry(&gateway.url(), &["run", "--", "sh", "-c", "echo out; exit 7"]);
    assert_eq!(run, (Some(7), "out\n".to_owned()));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    assert_eq!(gateway.groups(), Vec::<serde_json::Value>::new());
    for (url, args, code) in [
        (&*gateway.url(), &["push"][..], Some(1)),
        (&gateway.url(), &["snapshot"], Some(0)),
        ("127.0.0.1:1", &["snapshot"], Some(1)),
        ("127.0.0.1:1", &["snapshot", "-S", "ledger"], Some(1)),
    ] {
        let (status, said) = telemetry(url, args);
        assert_eq!(status, code, "{args:?}: {said}");
        assert!(said.contains("telemetry.carrier is none"), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}
