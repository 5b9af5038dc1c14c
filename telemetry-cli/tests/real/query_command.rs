//! `telemetry query`, of a real Prometheus and of our stack.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{Api, Prometheus, Scrape, Scratch, Up, require};

fn query(source: &str, arguments: &[&str]) -> Output {
    let scratch = Scratch::new();
    let mut command = scratch.telemetry();
    command.args(["query", "--timeout", "30", "--from", source]).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints for programs, held to its schema.
fn document(source: &str, arguments: &[&str]) -> Value {
    let output = query(source, &[&["-j"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    conforms("query", &text(&output.stdout))
}

/// The type of a result, and its first value.
fn first(source: &str, arguments: &[&str]) -> (String, Value) {
    let document = document(source, arguments);
    let value = document["result"][0]["samples"][0][1].clone();
    (document["result_type"].as_str().unwrap().to_owned(), value)
}

/// Holds the command to what each type of result is, wherever it is asked.
fn every_type(source: &str) {
    for (expr, of, value) in [
        ("vector(2)", "vector", json!(2.0)),
        ("1.5", "scalar", json!(1.5)),
        ("\"a text\"", "string", json!("a text")),
        ("vector(0) / 0", "vector", json!("NaN")),
        ("1 / 0", "scalar", json!("+Inf")),
        ("-1 / 0", "scalar", json!("-Inf")),
        ("up[1m]", "matrix", json!(1.0)),
    ] {
        assert_eq!(first(source, &["--", expr]), (of.to_owned(), value), "{expr}");
    }
    let range =
        document(source, &["vector(3)", "--range", "1m", "--step", "10s", "--at", "2026-01-31T12:00:00Z"]);
    assert_eq!(range["range"], json!({ "start": 1_769_860_740.0, "end": 1_769_860_800.0, "step": 10.0 }));
    let samples = range["result"][0]["samples"].as_array().unwrap();
    assert_eq!((samples.len(), &samples[6]), (7, &json!([1_769_860_800.0, 3.0])));
    let at = document(source, &["time()", "--at", "1769860800"]);
    assert_eq!(at["result"][0]["samples"][0], json!([1_769_860_800.0, 1_769_860_800.0]));
}

/// Holds the pages to what somebody has read. They are of numbers that are the same everywhere.
fn pages(source: &str) {
    let sorted = "label_replace(vector(1), \"zone\", \"a\", \"\", \"\") or label_replace(vector(20.5), \"zone\", \"b\", \"\", \"\")";
    let sorted = format!("label_replace({sorted}, \"job\", \"fleet\", \"\", \"\")");
    let went = ["sin(vector(time() / 10))", "--range", "2m", "--step", "2s", "--at", "2026-01-31T12:00:00Z"];
    let page = |arguments: &[&str]| {
        let output = query(source, arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    reviewed("query", &[page(&[&sorted]), page(&["42"]), page(&went)].join("---\n"), &[]);
}

/// Holds the command to its words where there is nothing, or no answer.
fn refusals(source: &str) {
    for (expr, words) in [
        ("nobody_ever_heard_of", "nobody there knows nobody_ever_heard_of"),
        ("sase_agent_run_total", "did you mean sase_agent_runs_total?"),
        ("rate(up{job=\"nobody\"}[5m])", "job of up is never \"nobody\", but "),
        ("up{zone=\"north\"}", "up has no label zone"),
        ("up offset 1y", "is known there, but nothing of it has a value at that time"),
    ] {
        let output = query(source, &[expr]);
        let said = text(&output.stderr);
        assert!(
            output.status.success() && output.stdout.is_empty() && said.contains(words),
            "{expr}: {said}"
        );
        assert!(query(source, &["-q", expr]).stderr.is_empty());
        assert_eq!(document(source, &[expr])["result"], json!([]));
    }
    for expr in ["rate(up", "nosuch(up)", "sum(up) by", "up{job=~\"(\"}"] {
        let output = query(source, &[expr]);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{expr}: {said}");
        assert!(said.contains("the query is refused: bad_data: "), "{expr}: {said}");
    }
}

fn whole(api: &Api) {
    let source = api.url();
    every_type(&source);
    pages(&source);
    refusals(&source);
}

#[test]
fn a_real_prometheus_answers() {
    require!(Prometheus);
    // It scrapes its neighbour, so that there is something to ask for.
    let up = Up::start(&[]);
    let gateway = up.gateway();
    let prometheus = Prometheus::start(&[Scrape::of("gateway", gateway)]);
    prometheus.await_up("gateway");
    whole(&prometheus);
    let said = text(&query(&prometheus.url(), &["sum(\n  up"]).stderr);
    assert!(said.ends_with("  up\n      ^\n"), "the place is pointed at: {said}");
}

#[test]
fn our_stack_answers_the_same() {
    let up = Up::start(&[]);
    up.api().await_up("pushgateway");
    whole(&up.api());
}

#[test]
fn a_long_expression_comes_by_standard_input() {
    let up = Up::start(&[]);
    let long = vec!["1"; 20_000].join(" + ");
    let scratch = Scratch::new();
    let mut command = scratch.telemetry();
    command.args(["query", "-", "--timeout", "60", "--from", &up.api().url()]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("\n{long}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    // How deep an expression may be is the server's to say; that it arrived is shown by either answer.
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    assert!(printed == "20000\n" || said.contains("the query is refused"), "{printed}{said}");
}

#[test]
fn nothing_is_asked_in_the_wrong_way_and_nobody_is_waited_for_too_long() {
    let scratch = Scratch::new();
    for wrong in [
        &["", "--range", "1h"][..],
        &["  \n"],
        &["up", "--at", "yesterday"],
        &["up", "--range", "0"],
        &["up", "--step", "1s"],
        &["up", "--range", "1d", "--step", "1s"],
        &["up", "-j", "-f", "table"],
        &["up", "--from", "http://me:hunter2@localhost"],
        &[],
    ] {
        let output = scratch.telemetry().arg("query").args(wrong).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0), "{wrong:?}: {said}");
        assert!(!said.is_empty() && !said.contains("hunter2"), "{said}");
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    for (source, words) in [(silent.as_str(), "no answer within"), ("127.0.0.1:1", "connection refused")] {
        let begun = Instant::now();
        let mut command = scratch.telemetry();
        let output = command.args(["query", "up", "--timeout", "0.5", "--from", source]).output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && said.contains("telemetry status"), "{said}");
    }
}
