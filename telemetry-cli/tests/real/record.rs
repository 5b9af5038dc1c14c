//! `telemetry record`: what one event leaves at the gateway and in the ledger, and what is said where it leaves nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::pushgateway::Groups;
use crate::support::reviewed::reviewed;
use crate::support::{DelayProxy, Mode, Pushgateway, Scratch, exposition, require};

mod batch;

/// Every event once, in words and as JSON.
const EVENTS: &[(&str, &str)] = &[
    (
        "agent --status killed --kill-reason oom --provider claude --project site --workflow fix --seconds 93.5",
        r#"{"event":"agent","status":"killed","kill_reason":"oom","provider":"claude","project":"site","workflow":"fix","seconds":93.5}"#,
    ),
    (
        "llm --provider claude --status error --seconds 12.5 --input-tokens 900 --output-tokens 210 --cache-read-tokens 40 --retries 2 --error-type rate_limit",
        r#"{"event":"llm","provider":"claude","status":"error","seconds":12.5,"input_tokens":900,"output_tokens":210,"cache_read_tokens":40,"retries":2,"error_type":"rate_limit"}"#,
    ),
    ("retry-spawn --outcome ok", r#"{"event":"retry_spawn","outcome":"ok"}"#),
    (
        "axe cycle --type tick --seconds 0.75 --error-type disk",
        r#"{"event":"axe","action":"cycle","type":"tick","seconds":0.75,"error_type":["disk"]}"#,
    ),
    ("axe restart", r#"{"event":"axe","action":"restart"}"#),
    (
        "hook --type pre-commit --status passed --seconds 1.5 --retries 1",
        r#"{"event":"hook","type":"pre-commit","status":"passed","seconds":1.5,"retries":1}"#,
    ),
    ("mentor --status ok", r#"{"event":"mentor","status":"ok"}"#),
    (
        "workflow --workflow fix --status ok --seconds 340",
        r#"{"event":"workflow","workflow":"fix","status":"ok","seconds":340}"#,
    ),
    ("zombie", r#"{"event":"zombie"}"#),
    (
        "bead --operation close --from doing --to done --project site --active-from 4 --active-to 17",
        r#"{"event":"bead","operation":"close","from":"doing","to":"done","project":"site","active_from":4,"active_to":17}"#,
    ),
    (
        "vcs --provider git --operation commit --status ok --commit-type fix",
        r#"{"event":"vcs","provider":"git","operation":"commit","status":"ok","commit_type":"fix"}"#,
    ),
    (
        "workspace acquire --id ws-7 --project site",
        r#"{"event":"workspace","action":"acquire","id":"ws-7","project":"site"}"#,
    ),
    (
        "workspace acquire --id ws-8 --project site",
        r#"{"event":"workspace","action":"acquire","id":"ws-8","project":"site"}"#,
    ),
    ("workspace release --id ws-8", r#"{"event":"workspace","action":"release","id":"ws-8"}"#),
    ("notification --type email --status ok", r#"{"event":"notification","type":"email","status":"ok"}"#),
];

/// Every number that they move, but for the buckets.
const MOVED: &[(&str, f64)] = &[
    ("sase_agent_kills_total{reason=\"oom\"}", 1.0),
    ("sase_agent_run_duration_seconds_count{llm_provider=\"claude\",workflow=\"fix\"}", 1.0),
    ("sase_agent_run_duration_seconds_sum{llm_provider=\"claude\",workflow=\"fix\"}", 93.5),
    ("sase_agent_runs_total{llm_provider=\"claude\",status=\"killed\",workflow=\"fix\"}", 1.0),
    ("sase_agent_spawns_total{llm_provider=\"claude\",project=\"site\"}", 1.0),
    ("sase_axe_cycle_duration_seconds_count{cycle_type=\"tick\"}", 1.0),
    ("sase_axe_cycle_duration_seconds_sum{cycle_type=\"tick\"}", 0.75),
    ("sase_axe_cycles_total{cycle_type=\"tick\"}", 1.0),
    ("sase_axe_errors_total{error_type=\"disk\"}", 1.0),
    ("sase_axe_lumberjack_restarts_total{}", 1.0),
    ("sase_bead_active{project=\"site\",status=\"doing\"}", 4.0),
    ("sase_bead_active{project=\"site\",status=\"done\"}", 17.0),
    ("sase_bead_operations_total{operation=\"close\"}", 1.0),
    ("sase_bead_status_transitions_total{from_status=\"doing\",to_status=\"done\"}", 1.0),
    ("sase_hook_duration_seconds_count{hook_type=\"pre-commit\"}", 1.0),
    ("sase_hook_duration_seconds_sum{hook_type=\"pre-commit\"}", 1.5),
    ("sase_hook_executions_total{hook_type=\"pre-commit\",status=\"passed\"}", 1.0),
    ("sase_hook_retries_total{hook_type=\"pre-commit\"}", 1.0),
    ("sase_llm_cache_read_tokens_total{provider=\"claude\"}", 40.0),
    ("sase_llm_errors_total{error_type=\"rate_limit\",provider=\"claude\"}", 1.0),
    ("sase_llm_input_tokens_total{provider=\"claude\"}", 900.0),
    ("sase_llm_invocation_duration_seconds_count{provider=\"claude\"}", 1.0),
    ("sase_llm_invocation_duration_seconds_sum{provider=\"claude\"}", 12.5),
    ("sase_llm_invocations_total{provider=\"claude\",status=\"error\"}", 1.0),
    ("sase_llm_output_tokens_total{provider=\"claude\"}", 210.0),
    ("sase_llm_retries_total{provider=\"claude\"}", 2.0),
    ("sase_llm_retry_spawns_total{outcome=\"ok\"}", 1.0),
    ("sase_mentor_executions_total{status=\"ok\"}", 1.0),
    ("sase_notifications_sent_total{status=\"ok\",type=\"email\"}", 1.0),
    ("sase_vcs_commits_total{provider=\"git\",type=\"fix\"}", 1.0),
    ("sase_vcs_operations_total{operation=\"commit\",provider=\"git\",status=\"ok\"}", 1.0),
    ("sase_workflow_duration_seconds_count{workflow=\"fix\"}", 1.0),
    ("sase_workflow_duration_seconds_sum{workflow=\"fix\"}", 340.0),
    ("sase_workflow_executions_total{status=\"ok\",workflow=\"fix\"}", 1.0),
    ("sase_workspace_acquisitions_total{project=\"site\"}", 2.0),
    ("sase_workspace_active{project=\"site\"}", 1.0),
    ("sase_workspace_releases_total{project=\"site\"}", 1.0),
    ("sase_zombie_detections_total{}", 1.0),
];

/// What such a command does with this on its standard input.
fn with_input(mut command: Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that wants no input may have ended before it is written.
    let _unread = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// `telemetry record` with these words.
fn record(mut telemetry: Command, words: &str) -> Output {
    telemetry.arg("record").args(words.split_whitespace()).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn is_silent_success(output: &Output) {
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What the ledger holds, as it would be pushed.
fn ledger(scratch: &Scratch) -> String {
    let output = scratch.telemetry().args(["snapshot", "-S", "ledger", "-f", "prometheus"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every number but the buckets that is not 0.
fn moved(exposition: &str) -> BTreeMap<String, f64> {
    let numbers = exposition::numbers(exposition).into_iter();
    let numbers = numbers.filter(|(series, number)| {
        let telling = !series.contains("_bucket{") && series.starts_with("sase_");
        telling && number.value != 0.0
    });
    numbers.map(|(series, number)| (series, number.value)).collect()
}

fn expected() -> BTreeMap<String, f64> {
    MOVED.iter().map(|(series, value)| ((*series).to_owned(), *value)).collect()
}

#[test]
fn each_event_reaches_the_gateway_whether_in_words_or_as_json() {
    require!(Pushgateway);
    for as_json in [false, true] {
        let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
        for (words, json) in EVENTS {
            let telemetry = scratch.telemetry_pushing_to(&gateway.url());
            let output = if as_json {
                let mut command = telemetry;
                command.args(["-q", "record", "-"]);
                with_input(command, json.as_bytes())
            } else {
                record(telemetry, words)
            };
            is_silent_success(&output);
        }
        assert_eq!(moved(&gateway.metrics()), expected(), "{as_json}");
        assert_eq!(moved(&ledger(&scratch)), expected(), "{as_json}");
        assert_eq!(gateway.groups().len(), 1);
    }
}

#[test]
fn a_duration_falls_into_its_bucket_and_a_missing_one_into_none() {
    let scratch = Scratch::new();
    is_silent_success(&record(scratch.telemetry(), "llm --provider p --status ok --seconds 12.4"));
    is_silent_success(&record(scratch.telemetry(), "llm --provider p --status ok"));
    let shown = exposition::numbers(&ledger(&scratch));
    let bucket = |le: &str| {
        shown[&format!("sase_llm_invocation_duration_seconds_bucket{{provider=\"p\";le={le}}}")].value
    };
    assert_eq!((bucket("10"), bucket("20"), bucket("inf")), (0.0, 1.0, 1.0));
    assert_eq!(exposition::total(&ledger(&scratch), "sase_llm_invocations_total", &[]), Some(2.0));
}

#[test]
fn twenty_at_once_count_exactly() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let telemetry = scratch.telemetry_pushing_to(&gateway.url());
                let output = record(telemetry, "llm --provider p --status ok --seconds 2 --input-tokens 7");
                assert!(output.status.success(), "{output:?}");
            });
        }
    });
    is_silent_success(&record(scratch.telemetry_pushing_to(&gateway.url()), "zombie"));
    for shown in [ledger(&scratch), gateway.metrics()] {
        let total = |metric| exposition::total(&shown, metric, &[]);
        assert_eq!(total("sase_llm_input_tokens_total"), Some(140.0));
        assert_eq!(total("sase_llm_invocation_duration_seconds"), Some(20.0));
    }
}

#[test]
fn a_workspace_outlives_the_processes_that_acquire_and_release_it() {
    let scratch = Scratch::new();
    let tell = |words: &str| record(scratch.telemetry(), words);
    is_silent_success(&tell("workspace acquire --id a --project site"));
    // This one is killed while it waits for more, after what it was told is done.
    let mut killed = scratch.telemetry().args(["record", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = killed.stdin.take().unwrap();
    input
        .write_all(b"{\"event\":\"workspace\",\"action\":\"acquire\",\"id\":\"b\",\"project\":\"site\"}\n")
        .unwrap();
    let active = || exposition::total(&ledger(&scratch), "sase_workspace_active", &[("project", "site")]);
    crate::support::eventually("the lease of b", || (active() == Some(2.0)).then_some(()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(active(), Some(2.0));
    let again = tell("workspace acquire --id b --project other");
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        stderr(&again),
        "telemetry: not recorded: the workspace \"b\" is held already, for the project \"site\"\n"
    );
    is_silent_success(&tell("workspace release --id b --project site"));
    is_silent_success(&tell("workspace release --id a --failed"));
    assert_eq!(tell("workspace release --id a").status.code(), Some(1));
    assert_eq!(active(), Some(0.0));
    let total = |metric| exposition::total(&ledger(&scratch), metric, &[("project", "site")]);
    assert_eq!(total("sase_workspace_acquisitions_total"), Some(2.0));
    assert_eq!(total("sase_workspace_releases_total"), Some(1.0));
}

#[test]
fn a_ledger_that_others_hold_loses_no_event() {
    let scratch = Scratch::new();
    is_silent_success(&record(scratch.telemetry(), "zombie"));
    let lock = File::open(scratch.ledger_file().with_file_name("ledger.lock")).unwrap();
    lock.lock().unwrap();
    let begun = Instant::now();
    is_silent_success(&record(scratch.telemetry(), "zombie"));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(begun.elapsed() > Duration::from_millis(1900), "the ledger was not held");
    drop(lock);
    is_silent_success(&record(scratch.telemetry(), "zombie"));
    assert_eq!(exposition::total(&ledger(&scratch), "sase_zombie_detections_total", &[]), Some(3.0));
}

#[test]
fn a_ledger_that_cannot_be_written_is_a_failure_that_is_said() {
    let scratch = Scratch::new();
    let mut telemetry = scratch.telemetry();
    telemetry.env("SASE_TELEMETRY_LEDGER_PATH", "/dev/null/ledger");
    let output = record(telemetry, "mentor --status ok");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).starts_with("telemetry: not recorded: cannot "), "{}", stderr(&output));
    assert!(stderr(&output).contains("telemetry.ledger_path"), "{}", stderr(&output));
}

/// A file that may not grow is what a full disk is to whoever writes it.
#[test]
fn a_full_disk_is_a_failure_and_what_was_there_stays() {
    let scratch = Scratch::new();
    is_silent_success(&record(scratch.telemetry(), "zombie"));
    let ours = scratch.telemetry();
    for (words, input) in [("zombie", ""), ("-", "{\"event\":\"zombie\"}\n{\"event\":\"zombie\"}\n")] {
        let mut command = scratch.command("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" record $1"]);
        command.arg(ours.get_program()).arg(words);
        command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = with_input(command, input.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(stderr(&output).contains("not recorded: cannot "), "{}", stderr(&output));
    }
    is_silent_success(&record(scratch.telemetry(), "zombie"));
    assert_eq!(exposition::total(&ledger(&scratch), "sase_zombie_detections_total", &[]), Some(2.0));
}

#[test]
fn where_nothing_is_recorded_that_is_no_failure_and_said_to_whoever_asks() {
    for (name, value, why) in [
        ("SASE_TELEMETRY_CARRIER", "none", "telemetry.carrier is none"),
        ("SASE_TELEMETRY_ENABLED", "false", "telemetry.enabled is false"),
    ] {
        let scratch = Scratch::new();
        for (flags, said) in
            [(&["-v"][..], format!("telemetry: nothing is recorded: {why}\n")), (&[], String::new())]
        {
            for words in ["zombie", "workspace acquire --id a", "-"] {
                let mut telemetry = scratch.telemetry();
                telemetry.env(name, value).args(flags);
                let output = record(telemetry, words);
                assert_eq!((output.status.code(), stderr(&output)), (Some(0), said.clone()), "{words}");
            }
        }
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_gateway_that_does_not_answer_delays_the_caller_by_the_bound_and_costs_nothing() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::ZERO, 1);
    proxy.set(Mode::Hang);
    let scratch = Scratch::new();
    let begun = Instant::now();
    let output = record(scratch.telemetry_pushing_to(&proxy.url()), "zombie");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    is_silent_success(&output);
    assert_eq!(exposition::total(&ledger(&scratch), "sase_zombie_detections_total", &[]), Some(1.0));
    proxy.set(Mode::Refuse);
    let output = record(scratch.telemetry_pushing_to(&gateway.url()), "zombie");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_is_asked_wrongly_is_answered_with_what_is_known() {
    let scratch = Scratch::new();
    for (words, name) in [
        ("llm --provider claude --status okk", "record_unknown_value"),
        ("notificaton --type email", "record_unknown_event"),
        ("agent --status ok --kill-reason user", "record_fields_apart"),
        ("hook --type t --status passed --seconds -1", "record_negative_seconds"),
    ] {
        let output = record(scratch.telemetry(), words);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        reviewed(name, &stderr(&output), &[]);
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    for (words, name) in [("--help", "record_help"), ("bead --help", "record_bead_help")] {
        let output = record(scratch.telemetry(), words);
        assert!(output.status.success(), "{output:?}");
        reviewed(name, &String::from_utf8(output.stdout).unwrap(), &[]);
    }
}
