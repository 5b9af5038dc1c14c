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
    assert!(text(&output.stderr).contains("could not be read as a ledger"), "{}", text(&output.stderr));
    assert_eq!(exposition::total(&gateway.metrics(), "sase_agent_runs_total", &[]), Some(1.0));
    assert_eq!(text(&push(&scratch, &gateway.url()).stderr), "", "said once");
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
