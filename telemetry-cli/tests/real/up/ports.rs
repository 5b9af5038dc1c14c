//! Ports that others have, and the folder that another one has.

use std::net::TcpListener;
use std::process::{ExitStatus, Output};
use std::time::Duration;

use rustix::process::Signal;

use crate::support::pushgateway::Groups;
use crate::support::{Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, require};

/// What becomes of a call that is to end by itself.
fn refused(folder: &Scratch, arguments: &[&str]) -> (Output, String) {
    let mut command = folder.telemetry();
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "0");
    command.arg("up").args(arguments).arg("--data-dir").arg(folder.path().join("up"));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

/// Ends it.
fn ended(mut up: Up) -> (ExitStatus, Duration, String) {
    up.signal(Signal::TERM);
    up.ended()
}

#[test]
fn a_port_that_a_stranger_has_is_named_with_who_has_it_and_what_to_do() {
    let folder = Scratch::new();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port().to_string();
    for (flag, other, off) in
        [("--gateway-port", "--api-port", "--no-gateway"), ("--api-port", "--gateway-port", "--no-history")]
    {
        let (output, said) = refused(&folder, &[flag, &port, other, "0"]);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let expected = [format!("127.0.0.1:{port} is taken"), flag.to_owned(), off.to_owned()];
        assert!(expected.iter().all(|words| said.contains(words.as_str())), "{said}");
        if cfg!(target_os = "linux") {
            assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
        }
        assert!(output.stdout.is_empty(), "nothing was started");
    }
}

#[test]
fn a_folder_that_another_one_uses_is_named_with_its_process() {
    let up = Up::start(&[]);
    let elsewhere = Scratch::new();
    let mut second = elsewhere.telemetry();
    second.args(["up", "--gateway-port", "0", "--api-port", "0", "--data-dir"]).arg(up.data());
    let output = second.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains(&format!("in use by another `telemetry up` (process {})", up.process())), "{said}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_what_to_do() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("file"), "").unwrap();
    let mut up = scratch.telemetry();
    up.args(["up", "--gateway-port", "0", "--api-port", "0", "--data-dir", "file"]);
    let output = up.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("telemetry: cannot use the folder file: ") && said.contains("--data-dir"),
        "{said}"
    );
}

#[test]
fn another_stack_is_told_from_a_real_server() {
    let up = Up::start(&[]);
    let port = up.gateway().port().to_string();
    let (output, said) = refused(&Scratch::new(), &["--gateway-port", &port, "--no-history"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("is taken by another `telemetry up`"), "{said}");
}

#[test]
fn a_real_gateway_is_used_in_place_of_ours() {
    require!(Pushgateway);
    let theirs = Pushgateway::start(Groups::AreLost);
    let port = theirs.address().port().to_string();
    let up = Up::start(&["--gateway-port", &port]);
    assert!(up.printed.contains("Pushgateway") && up.printed.contains("used in its place"), "{}", up.printed);
    let (output, _) = refused(&Scratch::new(), &["--gateway-port", &port, "--no-history"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains("runs already"), "{printed}");
    let pushed = format!("{}/metrics/job/theirs", theirs.url());
    assert_eq!(crate::support::http::put(&pushed, "theirs_total 3\n").unwrap().status, 200);
    eventually("what was pushed to the real gateway", || {
        up.api().query("theirs_total{job=\"theirs\"}").first().filter(|sample| sample.value == 3.0).map(drop)
    });
}

#[test]
fn a_real_prometheus_is_used_in_place_of_ours() {
    require!(Prometheus);
    let theirs = Prometheus::start(&[Scrape::of("itself", "127.0.0.1:1")]);
    let port = theirs.url().rsplit(':').next().unwrap().to_owned();
    let up = Up::start(&["--api-port", &port]);
    assert!(
        up.printed.contains("Prometheus 2") && up.printed.contains("used in its place"),
        "{}",
        up.printed
    );
    let (_, _, rest) = ended(up);
    assert!(rest.contains("has to scrape the gateway"), "{rest}");
    let up = Up::start(&["--no-gateway", "--api-port", &port]);
    assert_ne!(up.page_url(), format!("{}/", theirs.url()), "the page runs beside it");
}

#[test]
fn flags_that_do_not_go_together_are_wrong_usage() {
    for arguments in [
        ["--gateway-port", "29091", "--api-port", "29091"].as_slice(),
        &["--no-gateway", "--no-history"],
        &["--no-gateway", "--group-ttl", "5m"],
        &["--no-history", "--scrape", "localhost:1"],
        &["--scrape-interval", "1ms"],
        &["--retention", "15"],
        &["--max-body", "16MB"],
        &["--scrape", "http://me:secret@localhost:1"],
    ] {
        let (output, said) = refused(&Scratch::new(), arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {said}");
    }
}
