//! `telemetry run` with `--timeout` and `--retries`.

use std::process::Output;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::support::pushgateway::Groups;
use crate::support::{Pushgateway, Scratch, eventually, exposition, require};

/// Runs `telemetry run` with these options around a shell script.
fn run(scratch: &Scratch, options: &[&str], script: &str) -> Output {
    scratch.telemetry().arg("run").args(options).args(["--", "sh", "-c", script]).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The value of a metric in the ledger.
fn ledger(scratch: &Scratch, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    exposition::total(&std::fs::read_to_string(scratch.ledger_file()).unwrap(), metric, labels)
}

/// Runs that ended as ok, error and killed, and retries that ended as ok, error and other.
fn counts(exposition: &str) -> [Option<f64>; 6] {
    let runs = |status| exposition::total(exposition, "sase_agent_runs_total", &[("status", status)]);
    let retries =
        |outcome| exposition::total(exposition, "sase_llm_retry_spawns_total", &[("outcome", outcome)]);
    [runs("ok"), runs("error"), runs("killed"), retries("ok"), retries("error"), retries("other")]
}

/// The same in the ledger, where every series must be there, if only with 0.
fn ledger_counts(scratch: &Scratch) -> [f64; 6] {
    counts(&std::fs::read_to_string(scratch.ledger_file()).unwrap()).map(Option::unwrap)
}

/// A script that fails as often as this, and then succeeds.
fn failing(times: u32) -> String {
    format!("echo x >>attempts; [ $(wc -l <attempts) -gt {times} ]")
}

const QUICKLY: [&str; 2] = ["--retry-delay", "0.01"];

#[test]
fn every_attempt_is_a_spawn_and_a_run_and_all_of_it_reaches_the_gateway() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    let mut command = scratch.telemetry_pushing_to(&gateway.url());
    command.args(["run", "--retries", "5"]).args(QUICKLY).args(["--", "sh", "-c", &failing(2)]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let expected = [1.0, 2.0, 0.0, 1.0, 1.0, 0.0].map(Some);
    eventually("the last attempt at the gateway", || {
        let there = gateway.metrics();
        (counts(&there) == expected
            && exposition::total(&there, "sase_agent_spawns_total", &[]) == Some(3.0)
            && exposition::total(&there, "sase_agent_active", &[]) == Some(0.0))
        .then_some(())
    });
    assert_eq!(ledger(&scratch, "sase_agent_run_duration_seconds", &[]), Some(3.0));
}

#[test]
fn the_exit_code_is_that_of_the_last_attempt_and_each_failure_is_said() {
    let scratch = Scratch::new();
    let script = "echo x >>attempts; exit $((40 + $(wc -l <attempts)))";
    let output = run(&scratch, &["--retries", "2", "--retry-delay", "0.01"], script);
    assert_eq!(output.status.code(), Some(43));
    assert_eq!(
        stderr(&output),
        "telemetry: attempt 1 of 3 failed with exit code 41; run again in 10 ms\n\
         telemetry: attempt 2 of 3 failed with exit code 42; run again in 20 ms\n"
    );
    assert_eq!(ledger_counts(&scratch), [0.0, 3.0, 0.0, 0.0, 2.0, 0.0]);
    assert_eq!(ledger(&scratch, "sase_llm_retries_total", &[]), None, "those of a language model are others");
}

#[test]
fn without_retries_there_are_no_series_of_them_and_one_attempt() {
    let scratch = Scratch::new();
    assert_eq!(run(&scratch, &[], &failing(9)).status.code(), Some(1));
    assert_eq!(ledger(&scratch, "sase_llm_retry_spawns_total", &[]), None);
    assert_eq!(ledger(&scratch, "sase_agent_spawns_total", &[]), Some(1.0));
}

#[test]
fn what_could_not_run_or_was_interrupted_is_not_run_again() {
    for (script, code) in [("exit 126", 126), ("no-such-command-here", 127), ("kill -INT $$", 130)] {
        let scratch = Scratch::new();
        let output = run(&scratch, &["--retries", "3"], script);
        assert_eq!(output.status.code(), Some(code), "{script}");
        assert_eq!(ledger(&scratch, "sase_agent_spawns_total", &[]), Some(1.0), "{script}");
    }
    let scratch = Scratch::new();
    let output = scratch.telemetry().args(["run", "--retries", "3", "--", "/nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(ledger(&scratch, "sase_agent_spawns_total", &[]), Some(1.0));
}

#[test]
fn a_crash_is_run_again_and_gets_what_is_left_of_the_input() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("input"), "first\nsecond\n").unwrap();
    let script = "read line; echo $line; [ $line = second ] || kill -SEGV $$";
    let mut command = scratch.telemetry();
    command.args(["run", "--retries", "1"]).args(QUICKLY).args(["--", "sh", "-c", script]);
    let output = command.stdin(std::fs::File::open(scratch.path().join("input")).unwrap()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"first\nsecond\n"[..]));
    assert_eq!(ledger_counts(&scratch), [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_signal_during_the_pause_ends_it_with_no_further_attempt() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let scratch = Scratch::new();
        let mut command = scratch.telemetry();
        command.args(["run", "--retries", "3", "--retry-delay", "30s", "--", "sh", "-c", &failing(9)]);
        let mut wrapper = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        eventually("the first attempt in the ledger", || {
            let ended = scratch.path().join("attempts").exists();
            (ended && ledger(&scratch, "sase_agent_runs_total", &[("status", "error")]) == Some(1.0))
                .then_some(())
        });
        kill_process(Pid::from_child(&wrapper), signal).unwrap();
        assert_eq!(wrapper.wait().unwrap().code(), Some(code));
        assert_eq!(ledger_counts(&scratch), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn after_a_signal_to_the_wrapper_there_is_no_further_attempt() {
    let scratch = Scratch::new();
    let mut command = scratch.telemetry();
    let script = "trap 'exit 5' TERM; touch ready; while :; do sleep 0.02; done";
    let mut wrapper = command.args(["run", "--retries", "3", "--", "sh", "-c", script]).spawn().unwrap();
    eventually("the command runs", || scratch.path().join("ready").exists().then_some(()));
    kill_process(Pid::from_child(&wrapper), Signal::TERM).unwrap();
    assert_eq!(wrapper.wait().unwrap().code(), Some(5));
    assert_eq!(ledger(&scratch, "sase_agent_spawns_total", &[]), Some(1.0));
}

#[test]
fn a_command_that_takes_too_long_is_killed_and_counted_so() {
    let scratch = Scratch::new();
    let output = run(&scratch, &["--timeout", "0.2"], "exec sleep 60");
    assert_eq!(output.status.code(), Some(143));
    assert_eq!(stderr(&output), "telemetry: killed after 200 ms (--timeout)\n");
    assert_eq!(ledger(&scratch, "sase_agent_runs_total", &[("status", "killed")]), Some(1.0));
    assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[("reason", "timeout")]), Some(1.0));
    assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[]), Some(1.0));
}

#[test]
fn one_that_does_not_listen_is_made_to_end() {
    let scratch = Scratch::new();
    let script = "trap '' TERM; while :; do sleep 0.02; done";
    let output = run(&scratch, &["--timeout", "0.2", "--kill-after", "0.2"], script);
    assert_eq!(output.status.code(), Some(137));
    assert_eq!(stderr(&output), "telemetry: killed after 200 ms (--timeout) and 200 ms (--kill-after)\n");
    assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[("reason", "timeout")]), Some(1.0));
}

#[test]
fn one_that_ends_by_itself_when_it_is_asked_counts_by_its_own_code() {
    for (exit, status, killed) in [(0, "ok", 0.0), (3, "error", 0.0), (143, "killed", 1.0)] {
        let scratch = Scratch::new();
        let script = format!("trap 'exit {exit}' TERM; while :; do sleep 0.02; done");
        let output = run(&scratch, &["--timeout", "0.2"], &script);
        assert_eq!(output.status.code(), Some(exit));
        assert_eq!(ledger(&scratch, "sase_agent_runs_total", &[("status", status)]), Some(1.0), "{exit}");
        assert_eq!(ledger(&scratch, "sase_agent_kills_total", &[("reason", "timeout")]), Some(killed));
    }
}

#[test]
fn one_that_is_quick_enough_does_not_notice() {
    let scratch = Scratch::new();
    let output = run(&scratch, &["--timeout", "1h"], "echo done");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"done\n"[..]));
    assert_eq!(stderr(&output), "");
}

/// Without a terminal, as in a job of cron: a session of its own makes it so wherever this test runs.
#[test]
fn without_a_terminal_everything_that_the_command_started_ends_with_it() {
    let scratch = Scratch::new();
    let mut command = scratch.command("setsid");
    let telemetry = scratch.telemetry();
    command.arg("--wait").arg(telemetry.get_program());
    command.envs(telemetry.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["run", "--timeout", "0.5", "--", "sh", "-c", "sleep 600 & echo $! >pid; wait"]);
    assert_eq!(command.output().unwrap().status.code(), Some(143));
    let pid = std::fs::read_to_string(scratch.path().join("pid")).unwrap().trim().parse().unwrap();
    let pid = Pid::from_raw(pid).unwrap();
    eventually("the end of what the command started", || test_kill_process(pid).is_err().then_some(()));
}

#[test]
fn each_attempt_has_the_whole_time_and_one_that_took_too_long_failed() {
    let scratch = Scratch::new();
    let options = ["--timeout", "0.2", "--retries", "1", "--retry-delay", "0.01"];
    assert_eq!(run(&scratch, &options, "exec sleep 60").status.code(), Some(143));
    assert_eq!(ledger_counts(&scratch), [0.0, 0.0, 2.0, 0.0, 1.0, 0.0]);
}

#[test]
fn options_that_make_no_sense_are_wrong_usage() {
    let scratch = Scratch::new();
    for options in [
        &["--timeout", "0"][..],
        &["--timeout", "soon"],
        &["--kill-after", "1"],
        &["--retry-delay", "1"],
        &["--retries", "-1"],
        &["--metrics-from", "2"],
        &["--metrics-from", "/"],
    ] {
        let output = run(&scratch, options, "touch ran");
        assert_eq!(output.status.code(), Some(64), "{options:?}");
        assert!(!scratch.path().join("ran").exists());
    }
}
