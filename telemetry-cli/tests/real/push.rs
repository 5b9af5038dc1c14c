//! `telemetry push`: what it sends, and what it says when it cannot.

use std::io::{Read as _, Write as _};
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
        assert!(text(&output.stderr).contains("the ledger holds stays there"), "{}", text(&output.stderr));
    }
    proxy.set(Mode::Pass);
    assert!(push(&scratch, &proxy.url()).status.success(), "an explicit push never holds off");
    assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(1.0));
}

#[test]
fn a_damaged_ledger_is_said_and_wipes_nothing_at_the_gateway() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    record_a_run(&scratch);
    assert!(push(&scratch, &gateway.url()).status.success());
    let ledger = scratch.ledger_file();
    std::fs::write(&ledger, "rubbish").unwrap();
    let output = push(&scratch, &gateway.url());
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("could not be read as a ledger"), "{}", text(&output.stderr));
    assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(1.0));
    assert_eq!(std::fs::read(&ledger).unwrap(), b"rubbish", "a copy may still be put back in its place");
    record_a_run(&scratch);
    assert!(push(&scratch, &gateway.url()).status.success());
    assert_eq!(
        exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]),
        Some(1.0),
        "counted anew"
    );
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let scratch = Scratch::new();
    record_a_run(&scratch);
    let ledger = scratch.ledger_file();
    let newer = std::fs::read_to_string(&ledger).unwrap().replacen("format=1", "format=2", 1);
    std::fs::write(&ledger, &newer).unwrap();
    let output = push(&scratch, "127.0.0.1:1");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("format 2 of a newer telemetry"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), newer);
}

#[test]
fn whoever_holds_the_lock_sends_what_was_merged_meanwhile() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    // The first request of this seed takes two and a half of the three seconds.
    let proxy = DelayProxy::start(gateway.address(), std::time::Duration::from_secs(3), 0);
    let scratch = Scratch::new();
    record_a_run(&scratch);
    let mut holder = scratch.telemetry_pushing_to(&proxy.url()).args(["push", "--passing"]).spawn().unwrap();
    crate::support::eventually("the holder sends", || (proxy.requests() == 1).then_some(()));
    // Nobody but the holder is there to push this one.
    record_a_run(&scratch);
    assert!(holder.wait().unwrap().success());
    assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(2.0));
}

#[test]
fn what_a_gateway_says_is_shown_without_what_a_terminal_would_obey() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let _read = client.read(&mut [0; 65536]).unwrap();
        let body = "\u{1b}[31mred\u{7}";
        let head =
            format!("HTTP/1.1 500 Oops\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        client.write_all(format!("{head}{body}").as_bytes()).unwrap();
        // Closing with unread bytes would take the answer back.
        client.shutdown(std::net::Shutdown::Write).unwrap();
        std::io::copy(&mut client, &mut std::io::sink()).unwrap();
    });
    let scratch = Scratch::new();
    record_a_run(&scratch);
    let output = push(&scratch, &url);
    server.join().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("answered 500") && !said.contains(['\u{1b}', '\u{7}']), "{said:?}");
}

#[test]
fn a_ledger_with_another_road_is_not_pushed_too() {
    let scratch = Scratch::new();
    record_a_run(&scratch);
    let output = scratch.telemetry().arg("push").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("telemetry.carrier is serve"), "{}", text(&output.stderr));
}

/// Pushes what standard input says, and gives what it said of it.
fn push_text(scratch: &Scratch, url: &str, args: &[&str], exposition: &str) -> Output {
    let file = scratch.path().join("pushed.prom");
    std::fs::write(&file, exposition).unwrap();
    let mut command = scratch.telemetry_pushing_to(url);
    command.args(["push", "-"]).args(args).stdin(std::fs::File::open(file).unwrap());
    command.output().unwrap()
}

/// The sum of a metric in a group.
fn at(gateway: &Pushgateway, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    exposition::total(&gateway.metrics(), metric, labels)
}

#[test]
fn an_exposition_goes_to_its_group_beside_what_is_there_or_in_place_of_it() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    let group = ["--job", "nightly/ö", "--grouping", "instance=a=b/c", "--grouping", "zone="];
    let labels = [("job", "nightly/ö"), ("instance", "a=b/c")];
    let push = |more: &[&str], text: &str| {
        let output = push_text(&scratch, &gateway.url(), &[&group, more].concat(), text);
        assert!(output.status.success(), "{}", self::text(&output.stderr));
        self::text(&output.stdout)
    };
    let said = push(&[], "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b counter\nb 3");
    assert!(said.starts_with("pushed 3 series to http://"), "{said}");
    push(&[], "a 5\n");
    assert_eq!((at(&gateway, "a", &labels), at(&gateway, "b", &labels)), (Some(5.0), Some(3.0)));
    push(&["--replace"], "# TYPE c counter\nc_total 7\n# EOF\n");
    let now = ["a", "b", "c_total"].map(|metric| at(&gateway, metric, &labels));
    assert_eq!(now, [None, None, Some(7.0)]);
    push(&["--replace"], "");
    assert_eq!(at(&gateway, "c_total", &labels), None);
}

#[test]
fn the_job_has_a_default_and_a_file_is_read_whatever_the_carrier_is() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("m.prom"), "a 1\n").unwrap();
    for (name, value) in [("SASE_TELEMETRY_CARRIER", "none"), ("SASE_TELEMETRY_ENABLED", "false")] {
        let mut command = scratch.telemetry_pushing_to(&gateway.url());
        let output = command.env(name, value).args(["push", "m.prom", "--replace"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert_eq!(at(&gateway, "a", &[("job", "telemetry_push"), ("instance", "")]), Some(1.0));
    assert!(!scratch.path().join("ledger").exists(), "the ledger has no part in it");
}

#[test]
fn a_group_is_deleted_also_one_that_is_not_there() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    for job in ["keep", "go"] {
        assert!(push_text(&scratch, &gateway.url(), &["--job", job], "a 1\n").status.success());
    }
    for _ in 0..2 {
        let mut command = scratch.telemetry_pushing_to(&gateway.url());
        let output = command.args(["push", "--delete", "--job", "go"]).output().unwrap();
        assert!(text(&output.stdout).starts_with("deleted the group job=go at http://"));
    }
    assert_eq!(at(&gateway, "a", &[]), Some(1.0));
    assert_eq!(at(&gateway, "a", &[("job", "keep")]), Some(1.0));
}

#[test]
fn the_group_of_the_ledger_is_only_touched_by_force() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    record_a_run(&scratch);
    assert!(push(&scratch, &gateway.url()).status.success());
    let ledger = std::fs::read_to_string(scratch.ledger_file()).unwrap();
    let folder = scratch.ledger_file().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let instance = format!("instance={folder}");
    let group = ["--job", "sase_agent", "--grouping", instance.as_str()];
    let runs = || at(&gateway, "sase_agent_runs_total", &[]);
    for more in [&["-", "--replace"][..], &["-"], &["--delete"]] {
        let mut command = scratch.telemetry_pushing_to(&gateway.url());
        command.arg("push").args(group).args(more).stdin(std::process::Stdio::null());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("is the group of the ledger"), "{}", text(&output.stderr));
    }
    assert_eq!(runs(), Some(1.0));
    assert!(
        push_text(&scratch, &gateway.url(), &["--job", "sase_agent"], "a 1\n").status.success(),
        "another"
    );
    let forced = [&group[..], &["--force", "--replace"]].concat();
    assert!(push_text(&scratch, &gateway.url(), &forced, "a 1\n").status.success());
    assert_eq!(runs(), None);
    assert_eq!(std::fs::read_to_string(scratch.ledger_file()).unwrap(), ledger, "the ledger is as it was");
}

#[test]
fn nothing_is_sent_of_what_is_wrong_or_would_be_refused() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    for (exposition, words) in [
        ("a 1\nb{x} 2\n", "standard input is no exposition: line 2, column 4: "),
        ("a 1\nb 2 1700000000000\n", "b has timestamps"),
        ("a{job=\"x\"} 1\na{job=\"y\"} 2\n", "differ in labels of the group only"),
    ] {
        let output = push_text(&scratch, &gateway.url(), &[], exposition);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("Nothing was sent."), "{}", text(&output.stderr));
    }
    assert!(!gateway.metrics().contains("telemetry_push"), "not even that it was tried");
    let output = push_text(&scratch, &gateway.url(), &[], "a{job=\"x\"} 1\n");
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("the label job of the group replaces"), "{}", text(&output.stderr));
    assert_eq!(at(&gateway, "a", &[("job", "telemetry_push")]), Some(1.0));
    let output = push_text(&scratch, &gateway.url(), &["--job", "other"], "# TYPE a counter\na 1\n");
    assert_eq!(output.status.code(), Some(1), "a metric has one type over all groups");
    assert!(text(&output.stderr).contains("answered 400: "), "{}", text(&output.stderr));
}

#[test]
fn what_makes_no_sense_together_is_wrong_usage() {
    let scratch = Scratch::new();
    for args in [
        &["push", "--job", "j"][..],
        &["push", "--replace"],
        &["push", "--force"],
        &["push", "--timeout", "1"],
        &["push", "--grouping", "a=b"],
        &["push", "m.prom", "--delete"],
        &["push", "--delete", "--replace"],
        &["push", "m.prom", "--job", ""],
        &["push", "m.prom", "--grouping", "a"],
        &["push", "m.prom", "--grouping", "a-b=c"],
        &["push", "m.prom", "--grouping", "job=c"],
        &["push", "m.prom", "--timeout", "0"],
    ] {
        let output = scratch.telemetry().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_gateway_that_is_not_there_or_silent_is_named_within_the_timeout() {
    let scratch = Scratch::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    for (url, words) in [("http://127.0.0.1:1", "connection refused"), (&url, "did not answer within 0.")] {
        let output = push_text(&scratch, url, &["--timeout", "0.3"], "a 1\n");
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let output = scratch.telemetry().args(["push", "nowhere.prom"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot read nowhere.prom"), "{}", text(&output.stderr));
}
