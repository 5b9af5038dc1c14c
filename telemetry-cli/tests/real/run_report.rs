//! `telemetry run --metrics-from`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::pushgateway::Groups;
use crate::support::{Pushgateway, Scratch, eventually, exposition, require};

/// One call of a language model with seven input tokens.
const CALL: &str = r#"{"event":"llm","provider":"claude","status":"ok","seconds":2,"input_tokens":7}"#;

/// `telemetry run` that finds the report there, around a shell script that has [`CALL`] as `$CALL`.
fn command(scratch: &Scratch, from: &str, options: &[&str], script: &str) -> Command {
    let mut command = scratch.telemetry();
    command.env("CALL", CALL).args(["run", "--metrics-from", from]).args(options);
    command.args(["--", "sh", "-c", script]);
    command
}

fn run(scratch: &Scratch, from: &str, script: &str) -> Output {
    command(scratch, from, &[], script).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The sum of a metric in the ledger, which a run that just begins may not have made yet.
fn ledger(scratch: &Scratch, metric: &str) -> Option<f64> {
    let only = |folder: &Path| Some(std::fs::read_dir(folder).ok()?.next()?.ok()?.path());
    let folder = only(&only(&scratch.path().join("ledger"))?)?;
    exposition::total(&std::fs::read_to_string(folder.join("ledger.prom")).ok()?, metric, &[])
}

/// How many calls are in the ledger, of which each has its tokens and its duration.
fn calls(scratch: &Scratch) -> f64 {
    let calls = ledger(scratch, "sase_llm_invocations_total").unwrap_or_default();
    assert_eq!(ledger(scratch, "sase_llm_input_tokens_total").unwrap_or_default(), 7.0 * calls);
    assert_eq!(ledger(scratch, "sase_llm_invocation_duration_seconds").unwrap_or_default(), calls);
    calls
}

#[test]
fn what_is_reported_in_a_file_or_through_a_descriptor_is_recorded_beside_the_run() {
    for (from, script) in [
        ("report", r#"echo "$CALL" >>report; echo "$CALL" >>"$TELEMETRY_REPORT""#),
        ("3", r#"echo "$CALL" >&3; echo "$CALL" >"$TELEMETRY_REPORT""#),
        ("77", r#"exec 4>/dev/fd/77; echo "$CALL" >&4; echo "$CALL" >&4"#),
    ] {
        let scratch = Scratch::new();
        let output = run(&scratch, from, script);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{from}");
        assert_eq!(calls(&scratch), 2.0, "{from}");
        assert_eq!(ledger(&scratch, "sase_agent_runs_total"), Some(1.0));
    }
}

#[test]
fn ten_thousand_lines_are_ten_thousand_calls() {
    for (from, to) in [("report", "report"), ("3", "/dev/fd/3")] {
        let scratch = Scratch::new();
        let script = format!("yes \"$CALL\" | head -n 10000 >>{to}");
        assert_eq!(run(&scratch, from, &script).status.code(), Some(0));
        assert_eq!(calls(&scratch), 10_000.0, "{from}");
    }
}

#[test]
fn what_was_in_the_file_before_is_not_counted_and_a_last_line_only_where_it_is_whole() {
    let scratch = Scratch::new();
    let report = scratch.path().join("report");
    std::fs::write(&report, format!("{CALL}\n{CALL}\n")).unwrap();
    let output = run(&scratch, "report", r#"echo "$CALL" >>report; printf %s "$CALL" >>report"#);
    assert_eq!((stderr(&output).as_str(), calls(&scratch)), ("", 2.0));
    std::fs::write(&report, format!("{CALL}\n")).unwrap();
    let output = run(&scratch, "report", r#"echo "$CALL" >>report; printf %.20s "$CALL" >>report"#);
    assert_eq!(calls(&scratch), 3.0);
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("1 line of the report could not be recorded"), "{}", stderr(&output));
}

#[test]
fn lines_that_are_none_of_ours_are_counted_and_told_in_one_line() {
    let scratch = Scratch::new();
    let script = r#"{ echo "$CALL"; echo rubbish; echo; echo '{"event":"nonsense"}'; head -c 100000 /dev/zero; echo; echo "$CALL"; } >&3; exit 6"#;
    let output = run(&scratch, "3", script);
    assert_eq!((output.status.code(), calls(&scratch)), (Some(6), 2.0));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("3 lines of the report could not be recorded"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_cut_or_replaced_is_read_from_its_beginning() {
    let scratch = Scratch::new();
    // The command goes on when what it wrote is in the ledger, which also shows that it is followed while it runs.
    let wait = "until [ -e go$n ]; do sleep 0.02; done";
    let script = format!(
        r#"{{ echo "$CALL"; echo "$CALL"; }} >>report; n=1; {wait}
           echo "$CALL" >report; n=2; {wait}
           echo "$CALL" >new; echo "$CALL" >>new; mv new report"#
    );
    let mut wrapper = command(&scratch, "report", &[], &script).spawn().unwrap();
    for (n, expected) in [(1, 2.0), (2, 3.0)] {
        eventually("what was reported until now", || {
            (ledger(&scratch, "sase_llm_invocations_total") == Some(expected)).then_some(())
        });
        std::fs::write(scratch.path().join(format!("go{n}")), "").unwrap();
    }
    assert!(wrapper.wait().unwrap().success());
    assert_eq!(calls(&scratch), 5.0);
}

#[test]
fn what_was_reported_until_the_wrapper_is_killed_is_there() {
    for from in ["report", "3"] {
        let scratch = Scratch::new();
        let to = if from == "3" { "&3" } else { ">report" };
        let script = format!(r#"echo "$CALL" >{to}; while [ ! -e end ]; do sleep 0.02; done; touch ended"#);
        let mut wrapper = command(&scratch, from, &[], &script).spawn().unwrap();
        eventually("the call in the ledger", || {
            (ledger(&scratch, "sase_llm_invocations_total") == Some(1.0)).then_some(())
        });
        kill_process(Pid::from_child(&wrapper), Signal::KILL).unwrap();
        wrapper.wait().unwrap();
        std::fs::write(scratch.path().join("end"), "").unwrap();
        eventually("the command ends by itself", || scratch.path().join("ended").exists().then_some(()));
        assert_eq!(calls(&scratch), 1.0);
    }
}

#[test]
fn a_daemon_that_keeps_the_descriptor_is_not_waited_for() {
    let scratch = Scratch::new();
    let script = r#"(exec >/dev/null 2>&1; while [ ! -e end ]; do sleep 0.05; done) & echo "$CALL" >&3"#;
    let output = run(&scratch, "3", script);
    std::fs::write(scratch.path().join("end"), "").unwrap();
    assert_eq!((output.status.code(), calls(&scratch)), (Some(0), 1.0));
}

#[test]
fn nothing_but_the_command_has_the_descriptor_and_the_command_has_nothing_else() {
    let scratch = Scratch::new();
    let script = "for fd in /proc/self/fd/*; do readlink $fd; done | grep -c pipe";
    let pipes = |from: Option<&str>| {
        let mut command = scratch.telemetry();
        command.arg("run").args(from.iter().flat_map(|from| ["--metrics-from", from]));
        let output = command.args(["--", "sh", "-c", script]).stdin(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().unwrap()
    };
    assert_eq!(pipes(Some("9")), pipes(None) + 1);
}

#[test]
fn each_attempt_reports_its_part() {
    for (from, to) in [("report", ">report"), ("3", "&3")] {
        let scratch = Scratch::new();
        let options = ["--retries", "2", "--retry-delay", "0.01"];
        let script = format!(r#"echo "$CALL" >{to}; exit 1"#);
        let output = command(&scratch, from, &options, &script).output().unwrap();
        assert_eq!((output.status.code(), calls(&scratch)), (Some(1), 3.0), "{from}");
    }
}

#[test]
fn where_nothing_is_recorded_the_command_notices_no_difference() {
    for from in ["report", "3"] {
        let scratch = Scratch::new();
        let script = r#"head -c 3000000 /dev/zero >"$TELEMETRY_REPORT" && echo written"#;
        let mut command = command(&scratch, from, &[], script);
        let output = command.env("SASE_TELEMETRY_ENABLED", "false").output().unwrap();
        assert_eq!((output.stdout.as_slice(), stderr(&output).as_str()), (&b"written\n"[..], ""));
    }
}

/// As Python's `write_to_textfile` makes it: the whole file anew, each time with the totals.
fn exposition_of(tokens: u32) -> String {
    let mut text = format!(
        "# HELP sase_llm_input_tokens_total Input tokens consumed\n# TYPE sase_llm_input_tokens_total counter\n\
         sase_llm_input_tokens_total{{provider=\"py\"}} {tokens}.0\n\
         # TYPE sase_llm_input_tokens_created gauge\nsase_llm_input_tokens_created{{provider=\"py\"}} 1.7e+09\n\
         # TYPE sase_agent_active gauge\nsase_agent_active{{llm_provider=\"py\",project=\"p\"}} 4\n\
         # TYPE sase_llm_invocation_duration_seconds histogram\n"
    );
    let bounds = telemetry_core::catalog::LLM_INVOCATION_DURATION.def().bounds();
    for bound in bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]) {
        let line = format!("sase_llm_invocation_duration_seconds_bucket{{le=\"{bound}\",provider=\"py\"}} 2");
        writeln!(text, "{line}").unwrap();
    }
    text + "sase_llm_invocation_duration_seconds_count{provider=\"py\"} 2.0\n\
            sase_llm_invocation_duration_seconds_sum{provider=\"py\"} 0.5\n"
}

#[test]
fn an_exposition_is_added_once_for_each_attempt_that_wrote_one() {
    let scratch = Scratch::new();
    for (name, tokens) in [("early", 3), ("late", 11)] {
        std::fs::write(scratch.path().join(name), exposition_of(tokens)).unwrap();
    }
    let replace = |name| format!("cp {name} new; mv new report.prom");
    let script = format!("{}; sleep 0.05; {}", replace("early"), replace("late"));
    let tokens = || ledger(&scratch, "sase_llm_input_tokens_total");
    let output = run(&scratch, "report.prom", &script);
    assert_eq!((stderr(&output).as_str(), tokens()), ("", Some(11.0)));
    assert_eq!(ledger(&scratch, "sase_llm_invocation_duration_seconds"), Some(2.0));
    assert_eq!(ledger(&scratch, "sase_agent_active"), Some(0.0), "of the run alone");
    run(&scratch, "report.prom", "true");
    assert_eq!(tokens(), Some(11.0), "nobody wrote it anew");
    run(&scratch, "report.prom", &replace("early"));
    assert_eq!(tokens(), Some(14.0), "it is lower than it was, and began anew");
    run(&scratch, "report.prom", &replace("late"));
    assert_eq!(tokens(), Some(22.0), "of what was there before only the rise");
}

#[test]
fn of_two_runs_that_are_given_one_file_one_follows_it_and_the_other_says_so() {
    let scratch = Scratch::new();
    let first = r#"touch begun; until [ -e go ]; do sleep 0.02; done; echo "$CALL" >>report"#;
    let first = command(&scratch, "report", &[], first).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the first run", || scratch.path().join("begun").exists().then_some(()));
    let second = run(&scratch, "./report", r#"echo "$CALL" >>report"#);
    assert_eq!(second.status.code(), Some(0));
    assert!(stderr(&second).contains("is followed by another run"), "{}", stderr(&second));
    std::fs::write(scratch.path().join("go"), "").unwrap();
    let first = first.wait_with_output().unwrap();
    assert_eq!((stderr(&first).as_str(), calls(&scratch)), ("", 2.0));
}

#[test]
fn a_report_that_nobody_can_write_costs_one_line() {
    let scratch = Scratch::new();
    let output = run(&scratch, "nowhere/report", "true");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("its folder is not there"), "{}", stderr(&output));
}

#[test]
fn what_an_exposition_holds_besides_is_named_and_a_broken_one_costs_one_line() {
    let scratch = Scratch::new();
    let output = run(&scratch, "r", "printf '# TYPE python_info gauge\\npython_info 1\\n' >r; exit 3");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("python_info does not fit the catalog"), "{}", stderr(&output));
    let output = run(&scratch, "r", "printf '# TYPE python_info gauge\\npython_info one\\n' >r");
    assert!(stderr(&output).contains("it is no exposition: line 2, column "), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn tokens_of_a_long_run_reach_the_gateway_before_its_end() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let scratch = Scratch::new();
    let script = r#"echo "$CALL" >&3; while [ ! -e end ]; do sleep 0.05; done"#;
    let mut command = command(&scratch, "3", &[], script);
    let pushing = scratch.telemetry_pushing_to(&gateway.url());
    command.envs(pushing.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut wrapper = command.spawn().unwrap();
    eventually("the tokens at the gateway", || {
        exposition::total(&gateway.metrics(), "sase_llm_input_tokens_total", &[]).filter(|sum| *sum == 7.0)
    });
    let running = exposition::total(&gateway.metrics(), "sase_agent_active", &[]);
    assert_eq!((running, wrapper.try_wait().unwrap()), (Some(1.0), None));
    std::fs::write(scratch.path().join("end"), "").unwrap();
    assert!(wrapper.wait().unwrap().success());
}
