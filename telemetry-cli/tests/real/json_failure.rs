//! What a program gets where a command that prints JSON fails: a document that is whole, or none.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::support::{Scratch, Stub};

/// Nothing listens on this port, and nobody may without being root.
const NOBODY: &str = "http://127.0.0.1:1";

/// The commands that ask somebody, and the exit code with which each fails.
const ASKING: [(&[&str], i32); 4] = [
    (&["health", "-j"], 3),
    (&["alerts", "-j"], 3),
    (&["query", "-j", "up"], 1),
    (&["snapshot", "-fjson"], 1),
];

/// Those that need the configuration; and those that tell what is wrong with it.
const CONFIGURED: [(&[&str], i32); 5] = [
    (&["endpoint", "-j"], 1),
    (&["config", "show", "-j"], 1),
    (&["list", "-j"], 1),
    (&["list", "--alerts", "-j"], 1),
    (&["list", "--panels", "-j"], 1),
];
const TELLING: [&[&str]; 3] = [&["status", "-j"], &["doctor", "-j"], &["config", "check", "-j"]];

/// Nothing on standard output, so that nobody takes half an answer for one; what is wrong on standard error; and a code that says so.
fn fails(about: &str, output: &Output, code: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{about}: {said}");
    assert!(said.starts_with("telemetry: "), "{about}: {said}");
}

#[test]
fn who_asks_in_vain_gets_no_document() {
    let scratch = Scratch::new();
    let page = Stub::answering("200 OK", "text/html", "<html>");
    for source in [NOBODY, &page.url()] {
        for (arguments, code) in ASKING {
            let output = scratch.telemetry().args(arguments).args(["--from", source]).output().unwrap();
            fails(&format!("{arguments:?} of {source}"), &output, code);
        }
    }
}

#[test]
fn a_broken_configuration_is_no_document_but_where_it_is_what_was_asked_for() {
    let scratch = Scratch::new();
    let file = scratch.path().join("broken.yml");
    fs::write(&file, "telemetry: [").unwrap();
    let run =
        |arguments: &[&str]| scratch.telemetry().arg("--config").arg(&file).args(arguments).output().unwrap();
    for (arguments, code) in ASKING.into_iter().chain(CONFIGURED) {
        fails(&format!("{arguments:?}"), &run(arguments), code);
    }
    for arguments in TELLING {
        let output = run(arguments);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &document["version"]), (Some(1), &Value::from(1)), "{arguments:?}");
    }
}
