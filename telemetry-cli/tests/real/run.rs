//! `telemetry run`: what it records of a command, and what the user sees of it.

use std::process::{Command, Output};

use crate::support::{Scratch, exposition};

/// Runs `telemetry run` with these arguments, and gives back what the user saw.
fn run(scratch: &Scratch, args: &[&str]) -> Output {
    scratch.telemetry().arg("run").args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The value of a metric in the ledger.
fn ledger(scratch: &Scratch, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let output = scratch.telemetry().args(["snapshot", "-S", "ledger", "-f", "prometheus"]).output().unwrap();
    exposition::total(&String::from_utf8(output.stdout).unwrap(), metric, labels)
}

#[test]
fn every_end_of_a_command_is_recorded() {
    for (command, code, status, reason) in [
        (&["true"][..], 0, "ok", None),
        (&["sh", "-c", "exit 42"], 42, "error", None),
        (&["/nowhere/at/all"], 127, "error", None),
        (&["/"], 126, "error", None),
        (&["sh", "-c", "kill -SEGV $$"], 139, "killed", Some("signal")),
        (&["sh", "-c", "kill -KILL $$"], 137, "killed", Some("signal")),
        (&["sh", "-c", "kill -INT $$"], 130, "killed", Some("user")),
    ] {
        let scratch = Scratch::new();
        let labels = ["--provider", "claude", "--project", "site", "--workflow", "fix", "--"];
        let output = run(&scratch, &[&labels, command].concat());
        assert_eq!(output.status.code(), Some(code), "{command:?}: {}", stderr(&output));
        let runs = |status| {
            let labels = [("llm_provider", "claude"), ("status", status), ("workflow", "fix")];
            ledger(&scratch, "sase_agent_runs_total", &labels)
        };
        for known in ["ok", "error", "killed", "other"] {
            assert_eq!(runs(known), Some(f64::from(u8::from(known == status))), "{command:?}: {known}");
        }
        let agent = [("llm_provider", "claude"), ("project", "site")];
        assert_eq!(ledger(&scratch, "sase_agent_spawns_total", &agent), Some(1.0));
        assert_eq!(ledger(&scratch, "sase_agent_active", &agent), Some(0.0));
        assert_eq!(ledger(&scratch, "sase_agent_run_duration_seconds", &[("workflow", "fix")]), Some(1.0));
        assert_eq!(
            ledger(&scratch, "sase_agent_kills_total", &[]),
            Some(f64::from(u8::from(reason.is_some())))
        );
        if let Some(reason) = reason {
            assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[("reason", reason)]), Some(1.0));
        }
    }
}

#[test]
fn the_streams_are_the_commands_and_nothing_is_added() {
    let scratch = Scratch::new();
    let output = run(&scratch, &["--", "sh", "-c", "echo out; echo err >&2"]);
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
}

#[test]
fn without_a_gateway_at_the_default_address_nothing_is_said() {
    let scratch = Scratch::new();
    // Port 1 stands for the default one, at which a developer may really run a gateway.
    for (configured, lines) in [(false, 0), (true, 1)] {
        let mut command: Command = scratch.telemetry();
        command.env("SASE_TELEMETRY_CARRIER", "push");
        if configured {
            command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", "127.0.0.1:1");
        } else if std::net::TcpStream::connect("localhost:9091").is_ok() {
            continue;
        }
        let output = command.args(["run", "--", "true"]).output().unwrap();
        assert_eq!(stderr(&output).lines().count(), lines, "{}", stderr(&output));
        assert!(output.status.success());
    }
}

#[test]
fn a_wrong_configuration_costs_one_line_and_the_record_and_nothing_else() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("sase.yml"), "telemetry:\n  carier: push\n").unwrap();
    let output = run(&scratch, &["--", "sh", "-c", "echo out; exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("sase.yml:2"), "{}", stderr(&output));
}

#[test]
fn a_ledger_that_cannot_be_written_costs_one_line_and_nothing_else() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("ledger"), "a file where the folder should be").unwrap();
    let output = run(&scratch, &["--", "sh", "-c", "echo out; exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn turned_off_it_only_runs_the_command() {
    for (variable, value) in [("SASE_TELEMETRY_ENABLED", "false"), ("SASE_TELEMETRY_CARRIER", "none")] {
        let scratch = Scratch::new();
        let output = scratch
            .telemetry()
            .env(variable, value)
            .args(["run", "--", "sh", "-c", "exit 9"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(9));
        assert_eq!(stderr(&output), "");
        assert!(!scratch.path().join("ledger").exists(), "{variable}");
    }
}

#[test]
fn a_command_may_have_options_of_its_own_with_and_without_dashes_before_it() {
    let scratch = Scratch::new();
    for args in [&["echo", "--provider", "-n", "--"][..], &["--", "echo", "--provider", "-n", "--"]] {
        assert_eq!(run(&scratch, args).stdout, b"--provider -n --\n");
    }
}

#[test]
fn the_push_in_the_background_keeps_nothing_of_the_callers_open() {
    let scratch = Scratch::new();
    // A gateway that accepts and never answers.
    let gateway = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gateway.local_addr().unwrap());
    let mut command = scratch.command("sh");
    let telemetry = scratch.telemetry_pushing_to(&url);
    command.args(["-c", "exec 9>lock; flock 9; exec \"$0\" run -- true"]).arg(telemetry.get_program());
    command.envs(telemetry.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(command.status().unwrap().success());
    // The push still waits for its answer, and the lock that the script held is free.
    let lock = std::fs::File::open(scratch.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
}

#[test]
fn the_help_tells_what_the_exit_codes_mean() {
    let scratch = Scratch::new();
    let output = scratch.telemetry().args(["run", "--help"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("126"));
}

#[test]
fn wrong_usage_is_64() {
    let scratch = Scratch::new();
    for args in [
        &["run"][..],
        &["run", "--nonsense", "--", "true"],
        &["nonsense"],
        &["--set", "x", "push"],
        &["--set", "jobb=x", "push"],
        &[],
    ] {
        let output = scratch.telemetry().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}");
    }
}

#[test]
fn a_signal_that_is_sent_to_the_wrapper_ends_the_command_and_is_recorded() {
    let scratch = Scratch::new();
    let ready = scratch.path().join("ready");
    let script = format!("touch {}; exec sleep 60", ready.display());
    let mut wrapper = scratch.telemetry().args(["run", "--", "sh", "-c", &script]).spawn().unwrap();
    crate::support::eventually("the command runs", || ready.exists().then_some(()));
    let pid = rustix::process::Pid::from_child(&wrapper);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(wrapper.wait().unwrap().code(), Some(143));
    assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[("reason", "signal")]), Some(1.0));
    assert_eq!(ledger(&scratch, "sase_agent_runs_total", &[("status", "killed")]), Some(1.0));
}
