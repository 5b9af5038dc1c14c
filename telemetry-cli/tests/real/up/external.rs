//! Links and ways as other people and other machines follow them, who is told without being named, and what is refused at the start.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Output;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::Value;

use super::alerts_command::prometheus_with;
use crate::support::{Api, Hooks, Scratch, Up, eventually, http, require};

/// A rule whose alert fires as soon as it is evaluated.
const FIRES: &str = "groups: [{name: a, rules: [{alert: Always, expr: vector(1)}]}]\n";

/// Where an answer leads that is asked for with this `Host`.
fn led(address: SocketAddr, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 307 "), "{answer}");
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
    location.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The runbook links of all alert rules.
fn runbooks(api: &Api) -> Vec<String> {
    let groups = api.api("rules?type=alert")["groups"].clone();
    let rules = groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    rules.map(|rule| rule["annotations"]["runbook_url"].as_str().unwrap().to_owned()).collect()
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

/// Starts one that is not to run, and waits for its end.
fn refused(folder: &Scratch, arguments: &[&str]) -> (i32, String) {
    let mut command = folder.telemetry();
    command.args(["up", "--gateway-port", "0", "--api-port", "0"]).args(arguments);
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn links_of_the_generated_rules_lead_to_the_runbook_of_the_page() {
    let up = Up::start(&["--page-port", "0"]);
    let links = runbooks(&up.api());
    let here = format!("{}runbook#", up.page_url());
    assert!(links.len() >= 20 && links.iter().all(|link| link.starts_with(&here)), "{links:?}");
    let (page, anchor) = links[0].split_once('#').unwrap();
    assert!(http::get(page).unwrap().body.contains(&format!("id=\"{anchor}\"")), "{links:?}");

    let folder = Scratch::new();
    fs::write(folder.path().join("c.yml"), "telemetry: {runbook_base_url: 'https://wiki.example/r'}\n")
        .unwrap();
    let up = Up::start_in(folder, &["--config", "c.yml", "--external-url", "https://ops.example"]);
    assert!(runbooks(&up.api()).iter().all(|link| link.starts_with("https://wiki.example/r#")));
}

#[test]
fn an_external_url_stands_in_everything_that_others_are_told() {
    let external = "https://ops.example/telemetry";
    let up = Up::start(&["--external-url", "https://OPS.example/telemetry/"]);
    let runbook = format!("{external}/runbook#");
    assert!(runbooks(&up.api()).iter().all(|link| link.starts_with(&runbook)));
    let said = format!("{}  shows how everything is; others reach it at {external}/\n", up.page_url());
    assert!(up.printed.contains(&said), "{}", up.printed);
    let page = http::get(&up.page_url()).unwrap().body;
    assert!(
        page.contains(&format!("<a href=\"{external}/\">"))
            && page.contains(&format!("<code>{external}</code>"))
    );

    let (folder, hooks) = (Scratch::new(), Hooks::start());
    fs::write(folder.path().join("r.yml"), FIRES).unwrap();
    let hook = hooks.url("hook");
    let arguments =
        ["--rules", "r.yml", "--evaluation-interval", "1s", "--webhook", &hook, "--external-url", external];
    let _up = Up::start_in(folder, &arguments);
    let told = eventually("a call", || hooks.bodies("hook").into_iter().next());
    assert_eq!(told["externalURL"], external);
    let generator = format!("{external}/graph?g0.expr=vector%281%29&g0.tab=1");
    assert_eq!(told["alerts"][0]["generatorURL"], generator);
}

#[test]
fn ways_between_the_ports_keep_the_host_that_was_asked() {
    let up = Up::start(&["--page-port", "0", "--listen", "0.0.0.0"]);
    let (api, page) = (address(&up.api().url()), address(&up.page_url()));
    let api = SocketAddr::from(([127, 0, 0, 1], api.port()));
    assert_eq!(led(api, "10.0.0.7:9090", "/"), format!("http://10.0.0.7:{}/", page.port()));
    assert_eq!(led(api, "evil.example/x?", "/"), format!("http://127.0.0.1:{}/", page.port()));
    let graph = "/graph?g0.expr=up%20%3E%200&g0.tab=1";
    assert_eq!(led(page, "build:1", graph), format!("http://build:{}{graph}", api.port()));
    assert_eq!(led(api, "build:1", graph), "/api/v1/query?query=up+%3E+0");
}

#[test]
fn beside_a_real_prometheus_it_says_how_to_see_the_alerts() {
    require!(Prometheus);
    let theirs = prometheus_with("groups: []\n", "127.0.0.1:1");
    let port = theirs.url().rsplit(':').next().unwrap().to_owned();
    let folder = Scratch::new();
    fs::write(folder.path().join("r.yml"), FIRES).unwrap();
    let up = Up::start_in(folder, &["--api-port", &port, "--rules", "r.yml", "--evaluation-interval", "1s"]);
    let line = up.printed.lines().find_map(|line| line.strip_prefix("shown by  telemetry "));
    let words: Vec<_> = line.unwrap_or_else(|| panic!("{}", up.printed)).split(' ').collect();
    assert_eq!(words, ["alerts", "--from", up.page_url().trim_end_matches('/')]);
    let folder = Scratch::new();
    eventually("the alert", || {
        let output = folder.telemetry().args(&words).output().unwrap();
        (output.status.code() == Some(1)).then_some(())
    });
    let output =
        folder.telemetry().args(["alerts", "--timeout", "60", "--from", &theirs.url()]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("no alert rules") && said.contains("--from http://127.0.0.1:9095"), "{said}");
}

#[test]
fn webhooks_are_read_from_a_file_and_their_paths_are_shown_nowhere() {
    let (folder, hooks) = (Scratch::new(), Hooks::start());
    fs::write(folder.path().join("r.yml"), FIRES).unwrap();
    fs::write(
        folder.path().join("hooks"),
        format!("# two of them\n{}\n{}\n", hooks.url("hunter2"), hooks.url("b")),
    )
    .unwrap();
    fs::write(folder.path().join("c.yml"), "telemetry: {prometheus: {webhook_url_file: hooks}}\n").unwrap();
    let arguments = ["--config", "c.yml", "--rules", "r.yml", "--evaluation-interval", "1s"];
    let mut up = Up::start_in(folder, &arguments);
    for name in ["hunter2", "b"] {
        eventually("a call", || (!hooks.bodies(name).is_empty()).then_some(()));
    }
    assert!(up.printed.contains("webhook http://127.0.0.1"), "{}", up.printed);
    up.signal(Signal::TERM);
    let printed = up.printed.clone() + &up.ended().2;
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[test]
fn what_cannot_be_meant_is_refused_at_once() {
    let folder = Scratch::new();
    mknodat(CWD, folder.path().join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    fs::write(folder.path().join("hooks"), "http://x/hunter2 y\n").unwrap();
    fs::write(folder.path().join("c.yml"), "telemetry: {prometheus: {webhook_url_file: hooks}}\n").unwrap();
    for (arguments, code, words) in [
        (&["--rules", "pipe"][..], 1, "pipe: it is not a plain file"),
        (&["--config", "c.yml"], 1, "hooks:1: "),
        (&["--evaluation-interval", "2d"], 64, "the longest interval is 1d"),
        (&["--alertmanager", "http://h:9093/api/v2/alerts"], 64, "write http://h:9093"),
        (&["--external-url", "http://h/?x"], 64, "without ?"),
        (&["--no-history", "--external-url", "http://h"], 64, "--no-history"),
    ] {
        let (found, said) = refused(&folder, arguments);
        assert!(
            found == code && said.contains(words) && !said.contains("hunter2"),
            "{arguments:?} {found}: {said}"
        );
    }
}

#[test]
fn a_file_without_rules_is_said() {
    let folder = Scratch::new();
    fs::write(folder.path().join("empty.yml"), "").unwrap();
    fs::write(folder.path().join("r.yml"), FIRES).unwrap();
    let mut up = Up::start_in(folder, &["--rules", "empty.yml", "r.yml"]);
    up.signal(Signal::TERM);
    let said = up.ended().2;
    assert!(said.contains("empty.yml has no rules") && !said.contains("r.yml has"), "{said}");
}

#[test]
fn alerts_that_nobody_evaluates_are_never_taken_for_none() {
    let folder = Scratch::new();
    let seldom = "{name: b, interval: 1y, rules: [{alert: Seldom, expr: vector(0) > 0}]}";
    let rules = |rule: &str| format!("groups: [{{name: a, rules: [{rule}]}}, {seldom}]\n");
    for (rule, words) in [
        ("{alert: Never, expr: vector(0) > 0}", "Not known yet: 1 of 2 alert rules"),
        // It never fires: as long as one target alone was scraped, one series is multiplied by itself, which is no mistake.
        ("{alert: Broken, expr: up * on () up < 0}", "Not known: 1 of 2 alert rules"),
    ] {
        let stack = Scratch::new();
        fs::write(stack.path().join("r.yml"), rules(rule)).unwrap();
        let up = Up::start_in(stack, &["--rules", "r.yml", "--evaluation-interval", "1s"]);
        let url = up.api().url();
        let printed = eventually(words, || {
            let output =
                folder.telemetry().args(["alerts", "--timeout", "60", "--from", &url]).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(3), "{printed}");
            printed.contains(words).then_some(printed)
        });
        assert!(!printed.contains("Nothing fires"), "{printed}");
        assert_eq!(printed.contains("\n  Broken: "), rule.contains("Broken"), "{printed}");
        let output =
            folder.telemetry().args(["alerts", "-j", "--timeout", "60", "--from", &url]).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&document["verdict"], &document["not_evaluated_yet"][0]),
            (&"unknown".into(), &"Seldom".into())
        );
    }
}
