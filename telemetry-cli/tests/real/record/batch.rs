//! Many events, as lines of standard input.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::reviewed::reviewed;
use crate::support::{Scratch, eventually, exposition};

use super::{is_silent_success, ledger, stderr, with_input};

const CALL: &str =
    r#"{"event":"llm","provider":"p","status":"ok","seconds":1,"input_tokens":1,"output_tokens":1}"#;

fn batch(scratch: &Scratch) -> Command {
    let mut command = scratch.telemetry();
    command.args(["record", "-"]);
    command
}

fn calls(scratch: &Scratch) -> Option<f64> {
    exposition::total(&ledger(scratch), "sase_llm_invocations_total", &[])
}

#[test]
fn lines_that_are_wrong_record_nothing_and_the_others_do() {
    let scratch = Scratch::new();
    let mut input = format!("{CALL}\n\n{CALL}\r\n").into_bytes();
    for bad in [
        "nonsense",
        "[]",
        "{\"event\":\"llm\"",
        "{\"event\":\"lm\",\"provider\":\"p\"}",
        "{\"event\":\"llm\",\"provider\":\"p\",\"status\":\"okk\",\"input_tokens\":5}",
        "{\"event\":\"llm\",\"provider\":\"p\",\"status\":\"ok\",\"input_tokens\":-5}",
        "{\"event\":\"llm\",\"provider\":\"p\",\"status\":\"ok\",\"tokens\":5}",
        "{\"event\":\"llm\",\"provider\":\"p\",\"status\":\"ok\",\"input_tokens\":5,\"error_type\":\"x\"}",
        "{\"event\":\"workspace\",\"action\":\"release\",\"id\":\"\\u001b[31m\"}",
    ] {
        input.extend_from_slice(format!("{bad}\n").as_bytes());
    }
    input.extend_from_slice(b"{\"event\":\"\xff\"}\n");
    input.extend_from_slice(format!("{{\"event\":\"{}\n{CALL}", "x".repeat(100_000)).as_bytes());
    let output = with_input(batch(&scratch), &input);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    reviewed("record_bad_lines", &stderr(&output), &[]);
    let total = |metric| exposition::total(&ledger(&scratch), metric, &[]);
    assert_eq!(calls(&scratch), Some(3.0));
    assert_eq!(total("sase_llm_input_tokens_total"), Some(3.0));
    assert_eq!(total("sase_workspace_releases_total"), None);
}

#[test]
fn ten_thousand_lines_are_counted_exactly_and_said() {
    let scratch = Scratch::new();
    let output = with_input(batch(&scratch), format!("{CALL}\n").repeat(10_000).as_bytes());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stderr(&output), "telemetry: 10000 events were recorded\n");
    assert_eq!(calls(&scratch), Some(10_000.0));
}

#[test]
fn without_an_event_standard_input_is_read_and_nothing_in_it_is_wrong_usage() {
    let scratch = Scratch::new();
    let record = |input: &str| {
        let mut command = scratch.telemetry();
        command.args(["-q", "record"]);
        with_input(command, input.as_bytes())
    };
    for nothing in ["", "\n\n"] {
        let output = record(nothing);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert!(stderr(&output).contains("no event is given"), "{output:?}");
    }
    is_silent_success(&with_input(batch(&scratch), b""));
    is_silent_success(&record(CALL));
    assert_eq!(calls(&scratch), Some(1.0));
}

/// A batch that has got this input and waits for more.
fn waiting(scratch: &Scratch, input: &str) -> Child {
    let mut command = batch(scratch);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(input.as_bytes()).unwrap();
    child
}

#[test]
fn what_was_told_is_merged_while_more_is_awaited() {
    let scratch = Scratch::new();
    let mut child = waiting(&scratch, &format!("{CALL}\n"));
    eventually("the first line in the ledger", || (calls_yet(&scratch) == Some(1.0)).then_some(()));
    child.stdin.as_mut().unwrap().write_all(format!("{CALL}\n").as_bytes()).unwrap();
    eventually("the second line in the ledger", || (calls_yet(&scratch) == Some(2.0)).then_some(()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "telemetry: 2 events were recorded\n");
}

/// As [`ledger`], where there may be none yet.
fn ledger_yet(scratch: &Scratch) -> String {
    let output = scratch.telemetry().args(["snapshot", "-S", "ledger", "-f", "prometheus"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn calls_yet(scratch: &Scratch) -> Option<f64> {
    exposition::total(&ledger_yet(scratch), "sase_llm_invocations_total", &[])
}

#[test]
fn a_signal_ends_a_batch_after_what_was_told_is_recorded() {
    let scratch = Scratch::new();
    let mut child = waiting(&scratch, &format!("{CALL}\n{CALL}\nwrong\n"));
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    // What stands before the wrong line was told before it.
    assert!(line.starts_with("telemetry: line 3: "), "{line}");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "telemetry: 2 events were recorded\n");
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert_eq!(calls(&scratch), Some(2.0));
}

#[test]
fn a_signal_that_the_caller_ignores_ends_nothing() {
    let scratch = Scratch::new();
    let ours = scratch.telemetry();
    let mut command = scratch.command("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" record -"]).arg(ours.get_program());
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut input, mut said) = (child.stdin.take().unwrap(), BufReader::new(child.stderr.take().unwrap()));
    input.write_all(b"wrong\n").unwrap();
    said.read_line(&mut String::new()).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    input.write_all(CALL.as_bytes()).unwrap();
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(calls(&scratch), Some(1.0));
}

#[test]
fn a_batch_that_is_killed_leaves_whole_lines() {
    for delay in [0, 7, 31] {
        let scratch = Scratch::new();
        let mut child = batch(&scratch).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            let lines = format!("{CALL}\n").repeat(100);
            while input.write_all(lines.as_bytes()).is_ok() {}
        });
        eventually("a first merge", || calls_yet(&scratch));
        // Somewhere between two merges, or in one.
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        writer.join().unwrap();
        let shown = ledger_yet(&scratch);
        let total = |metric| exposition::total(&shown, metric, &[]);
        let calls = total("sase_llm_invocations_total");
        assert!(calls > Some(0.0));
        assert_eq!(total("sase_llm_input_tokens_total"), calls);
        assert_eq!(total("sase_llm_output_tokens_total"), calls);
        assert_eq!(total("sase_llm_invocation_duration_seconds"), calls);
    }
}
