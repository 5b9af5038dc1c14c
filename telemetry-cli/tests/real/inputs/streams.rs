//! Standard streams that are closed, full, or read by nobody.

use super::{counted, in_ledger, said, telemetry};
use std::process::Output;

/// Commands with a result, and the code where it cannot be written.
const RESULTS: [(&str, i32); 9] = [
    ("status", 1),
    ("snapshot -S ledger", 1),
    ("snapshot -S ledger -f json", 1),
    ("health -S ledger", 3),
    ("list", 1),
    ("endpoint", 1),
    ("config show", 1),
    ("doctor", 1),
    ("--help", 1),
];

/// Runs the command in a shell, with these redirections.
fn redirected(words: &str, redirections: &str) -> Output {
    let scratch = counted(1);
    let command = telemetry(&scratch, "");
    let mut shell = scratch.command("sh");
    shell.args(["-c", &format!("\"$0\" {words} {redirections}")]).arg(command.get_program());
    for (key, value) in command.get_envs() {
        value.map(|value| shell.env(key, value));
    }
    let output = shell.output().unwrap();
    assert_eq!(in_ledger(&scratch.ledger_file()), Some(if words.starts_with("record") { 2.0 } else { 1.0 }));
    output
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure_that_is_told() {
    for (words, code) in RESULTS {
        let output = redirected(words, ">/dev/full");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(code), "{words}: {text}");
        assert!(text.contains("to standard output: No space left on device"), "{words}: {text}");
    }
}

#[test]
fn whoever_reads_no_further_is_no_failure() {
    for (words, _) in RESULTS {
        let output = redirected(words, "| true");
        let text = said(&output);
        assert!(output.status.success() && !text.contains("standard output"), "{words}: {text}");
    }
}

#[test]
fn a_count_needs_no_streams() {
    for redirections in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"] {
        let output = redirected("record mentor --status ok", redirections);
        assert!(output.status.success(), "{redirections}: {}", said(&output));
    }
}
