//! `telemetry status`: what it finds, whatever is there.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::pushgateway::Groups;
use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{Alertmanager, Hooks, Prometheus, Pushgateway, Scratch, Up, eventually, require};

/// Nothing listens on this port, and nobody may without being root.
const NOBODY: &str = "127.0.0.1:1";

/// What differs from one run to the next.
const FILTERS: [(&str, &str); 10] = [
    (r"/\S*/telemetry-test-\w+", "HOME"),
    (r"127\.0\.0\.1:\d{2,}", "ADDRESS"),
    (r"[\w.-]+@[\w.-]+", "INSTANCE"),
    (r"\d+(\.\d+)? (µs|ms|s) ago", "AGE ago"),
    (r" {2,}\d+(\.\d+)? (µs|ms|s)\n", "  TIME\n"),
    (r"[\d.]+ KiB, generation \d+", "SIZE, generation N"),
    // A slow machine pushes twice, or is looked at when nobody holds off any more.
    (r", and runs hold off for [^.]+", ""),
    (r"failed \d+ times, last", "failed"),
    (r"The last \d+ pushes", "The last push"),
    // Columns are as wide as what was replaced in them.
    (r"(\S) {2,}", "$1  "),
];

/// The command with these servers; each that is not given is nobody.
fn status(scratch: &Scratch, gateway: &str, api: &str, alertmanager: &str) -> Command {
    let mut command = hasty(scratch, gateway, api, alertmanager);
    command.args(["--timeout", "30"]);
    command
}

/// The same, which waits no longer than its user's default.
fn hasty(scratch: &Scratch, gateway: &str, api: &str, alertmanager: &str) -> Command {
    let mut command = scratch.telemetry_pushing_to(gateway);
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
    command.env("SASE_TELEMETRY_PROMETHEUS__URL", api);
    command.env("SASE_TELEMETRY_PROMETHEUS__ALERTMANAGER_URL", alertmanager);
    command.arg("status");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints for programs, held to its schema, and its exit code.
fn document(mut command: Command) -> (Value, i32) {
    let output = command.arg("-j").output().unwrap();
    (conforms("status", &text(&output.stdout)), output.status.code().unwrap())
}

fn standings(document: &Value) -> Vec<&str> {
    document["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| server["standing"].as_str().unwrap())
        .collect()
}

fn problems(document: &Value) -> String {
    document["problems"].to_string()
}

fn run_once(scratch: &Scratch, gateway: &str) -> Output {
    scratch.telemetry_pushing_to(gateway).args(["run", "--", "true"]).output().unwrap()
}

#[test]
fn with_every_server_down_it_says_what_is_there_and_what_to_do() {
    let scratch = Scratch::new();
    run_once(&scratch, NOBODY);
    let output = status(&scratch, NOBODY, NOBODY, NOBODY).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    reviewed("status_down", &text(&output.stdout), &FILTERS);
    let (found, code) = document(status(&scratch, NOBODY, NOBODY, NOBODY));
    assert_eq!((standings(&found), code), (vec!["absent"; 4], 0));
    assert!(found["ledger"]["series"].as_u64().unwrap() > 0, "{found}");
    assert!(found["ledger"]["last_push"]["failures"].as_u64().unwrap() > 0, "{found}");
}

#[test]
fn who_was_never_configured_is_not_missed() {
    let scratch = Scratch::new();
    // Whoever listens on the usual ports of this machine is none of this test's business.
    let mut command = scratch.telemetry();
    command.args(["status"]);
    let (found, code) = document(command);
    assert_eq!(code, 0);
    for server in found["servers"].as_array().unwrap() {
        let problem = problems(&found).contains(server["url"].as_str().unwrap());
        let expected_of_serve = server["name"] == "Exposition";
        let absent = server["standing"] == "absent" && !expected_of_serve;
        assert!(server["configured"] == json!(false) && !(absent && problem), "{found}");
    }
}

#[test]
fn real_servers_say_what_they_are() {
    require!(Pushgateway, Prometheus, Alertmanager);
    let (gateway, prometheus) = (Pushgateway::start(Groups::AreLost), Prometheus::start(&[]));
    let hooks = Hooks::start();
    let alertmanager = Alertmanager::start(&hooks.url("any"));
    let scratch = Scratch::new();
    run_once(&scratch, &gateway.url());
    // Which waits for the gateway as long as it takes.
    assert!(scratch.telemetry_pushing_to(&gateway.url()).arg("push").output().unwrap().status.success());
    let alerts = alertmanager.address().to_string();
    let command = || status(&scratch, &gateway.url(), &prometheus.url(), &alerts);
    let (found, code) = document(command());
    assert_eq!((standings(&found), code), (vec!["answers", "absent", "answers", "answers"], 0));
    let whats: Vec<_> = found["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| server["what"].as_str().unwrap_or(""))
        .collect();
    for (what, product) in whats.iter().zip(["Pushgateway ", "", "Prometheus ", "Alertmanager "]) {
        assert!(what.starts_with(product), "{whats:?}");
    }
    assert_eq!(found["ledger"]["last_push"]["current"], json!(true), "{found}");
    assert_eq!(found["problems"], json!([]), "{found}");
    let versions = [(r"(Pushgateway|Prometheus|Alertmanager) \d\S+", "$1 VERSION")];
    let page = text(&command().output().unwrap().stdout);
    reviewed("status_up", &page, &[&versions[..], &FILTERS[..]].concat());
    // Each of them is a stranger in the place of another.
    let (found, _) = document(status(&scratch, &prometheus.url(), &alerts, &gateway.url()));
    assert_eq!(standings(&found), ["stranger", "absent", "stranger", "stranger"]);
}

#[test]
fn our_own_stack_says_that_it_is_it() {
    let up = Up::start(&[]);
    let scratch = Scratch::new();
    let (found, _) = document(status(&scratch, &up.gateway_url(), &up.api().url(), NOBODY));
    for server in [0, 2] {
        let what = found["servers"][server]["what"].as_str().unwrap();
        assert!(what.starts_with("telemetry up "), "{what}");
    }
}

#[test]
fn what_decides_is_named_wherever_it_stands() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("sase.yml"), "telemetry:\n  enabled: false\n").unwrap();
    let recording = |configure: &dyn Fn(&mut Command)| {
        let mut command = status(&scratch, NOBODY, NOBODY, NOBODY);
        configure(&mut command);
        let (found, code) = document(command);
        assert_eq!(code, 0);
        found["recording"].clone()
    };
    let of_file = recording(&|_| ());
    assert_eq!((&of_file["on"], &of_file["origin"]), (&json!(false), &json!("sase.yml:2:3")));
    let of_variable = recording(&|command| {
        command.env("SASE_TELEMETRY_ENABLED", "true");
    });
    assert_eq!(
        (&of_variable["on"], &of_variable["origin"]),
        (&json!(true), &json!("SASE_TELEMETRY_ENABLED"))
    );
    let of_flag = recording(&|command| {
        command.env("SASE_TELEMETRY_ENABLED", "true").args(["--set", "carrier=none"]);
    });
    assert_eq!((&of_flag["on"], &of_flag["origin"]), (&json!(false), &json!("--set")));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_shown() {
    let scratch = Scratch::new();
    run_once(&scratch, NOBODY);
    fs::write(scratch.ledger_file(), "# telemetry: ledger format=1 id=x gen").unwrap();
    let (found, code) = document(status(&scratch, NOBODY, NOBODY, NOBODY));
    assert_eq!((code, &found["ledger"]["damaged"]), (1, &json!(true)));
    assert!(problems(&found).contains("sets it aside") && standings(&found).len() == 4, "{found}");
    fs::write(scratch.path().join("broken.yml"), "telemetry: {enabled: perhaps}").unwrap();
    let mut broken = status(&scratch, NOBODY, NOBODY, NOBODY);
    broken.args(["--config", "broken.yml"]);
    let (found, code) = document(broken);
    assert_eq!((code, &found["ledger"], &found["servers"]), (1, &Value::Null, &json!([])));
    assert!(problems(&found).contains("broken.yml:1:13"), "{found}");
    for wrong in [&["--set", "enabled=perhaps"][..], &["--timeout", "0"], &["--nonsense"]] {
        let output = hasty(&scratch, NOBODY, NOBODY, NOBODY).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{wrong:?}");
    }
}

#[test]
fn a_held_ledger_is_not_waited_for_and_nothing_is_written() {
    let scratch = Scratch::new();
    run_once(&scratch, NOBODY);
    let file = scratch.ledger_file();
    let before = fs::read(&file).unwrap();
    let lock = File::open(file.with_file_name("ledger.lock")).unwrap();
    lock.lock().unwrap();
    // Whoever waits for the lock gives up after two seconds, each time; a busy machine is so slow now and then.
    eventually("an answer before that", || {
        let begun = Instant::now();
        let (found, code) = document(status(&scratch, NOBODY, NOBODY, NOBODY));
        let took = begun.elapsed();
        assert_eq!((code, &fs::read(&file).unwrap()), (0, &before));
        assert!(found["ledger"]["series"].as_u64().unwrap() > 0);
        (took < Duration::from_millis(1_900)).then_some(())
    });
}

/// A server that says this to everybody.
fn saying(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = BufReader::new(stream.try_clone().unwrap());
            let _head = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    address.to_string()
}

#[test]
fn a_web_page_a_locked_door_and_one_who_says_nothing_are_told_apart() {
    let page = saying(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
    );
    let door = saying("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let scratch = Scratch::new();
    let mut command = hasty(&scratch, &page, &door, &silent.local_addr().unwrap().to_string());
    command.args(["--timeout", "0.5"]);
    let begun = Instant::now();
    let (found, code) = document(command);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!((standings(&found), code), (vec!["stranger", "absent", "unauthorized", "failing"], 0));
    let said = problems(&found);
    for words in ["a web page answers there", "401", "no answer within 0.5 s", "PUSHGATEWAY_URL"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
