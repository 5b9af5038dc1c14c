//! A password in a URL: it has no place there and is refused, and whoever refuses it does not repeat it.

use std::process::Output;

use crate::examples::book::commands;
use crate::support::Scratch;

const URL: &str = "http://me:hunter2@127.0.0.1:1";

/// What each option needs beside itself.
const BESIDE: &[(&str, &[&str])] = &[
    ("telemetry query", &["up"]),
    ("telemetry chart", &["agent-runs-failing", "-o", "a.svg"]),
    ("telemetry report", &["-o", "a.html"]),
];

/// Every option whose value is a URL, with its command.
fn options() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (command, help) in commands() {
        let lines = help.lines().filter(|line| line.contains("<URL"));
        let options = lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")));
        found.extend(options.map(|option| (command.clone(), option.to_owned())));
    }
    found
}

#[track_caller]
fn silent(what: &str, output: &Output) {
    let said =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!said.contains("hunter2"), "{what}: {said}");
}

#[test]
fn no_option_repeats_a_password() {
    let folder = Scratch::new();
    let options = options();
    assert!(options.len() >= 8, "{options:?}");
    for (command, option) in options {
        let beside = BESIDE.iter().find(|(of, _)| *of == command).map_or(&[][..], |(_, beside)| beside);
        for given in [vec![option.clone(), URL.to_owned()], vec![format!("{option}={URL}")]] {
            let words = command.split_whitespace().skip(1);
            let output = folder.telemetry().args(words).args(beside).args(given).output().unwrap();
            silent(&format!("{command} {option}"), &output);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains("credentials"), "{command} {option}: {said}");
        }
    }
}

#[test]
fn no_command_repeats_a_password_of_a_setting() {
    let commands: &[&[&str]] = &[
        &["status"],
        &["status", "-v", "--all"],
        &["snapshot"],
        &["health", "-j"],
        &["alerts"],
        &["query", "up"],
        &["push", "-v"],
        &["endpoint"],
        &["doctor", "--timeout", "5"],
        &["doctor", "-j", "--timeout", "5"],
        &["config", "show"],
        &["config", "check", "-j"],
        &["run", "--", "true"],
        &["record", "zombie"],
        &["export-config"],
    ];
    let folder = Scratch::new();
    for key in ["url", "pushgateway_url", "alertmanager_url"] {
        let setting = format!("prometheus.{key}={URL}");
        let variable = format!("SASE_TELEMETRY_PROMETHEUS__{}", key.to_uppercase());
        for command in commands {
            let what = format!("{key} with {command:?}");
            silent(&what, &folder.telemetry().args(["--set", &setting]).args(*command).output().unwrap());
            silent(&what, &folder.telemetry().env(&variable, URL).args(*command).output().unwrap());
        }
    }
}
