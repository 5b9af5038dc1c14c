//! Every event, as words and as JSON: both are the same event, and it moves just what it should.

use super::{Event, Place};
use crate::args::{Cli, Command};
use std::collections::BTreeSet;
use std::path::Path;
use telemetry_core::Registry;
use telemetry_core::catalog::{
    AGENT_ACTIVE, AXE_LUMBERJACKS_ACTIVE, BeadOperation, CycleType, HookStatus, KillReason, RetryOutcome,
    RunStatus, VcsOperation, VcsStatus, metrics,
};
use telemetry_core::config::Config;
use telemetry_core::snapshot::{Reading, SnapshotMetric};
use telemetry_push::Ledger;

/// The words after `telemetry record`, the same event as JSON, and what it moves: series with their values, and histograms with their
/// count and sum.
type Case = (&'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        "agent --status ok --seconds 93.5 --provider claude --project site --workflow fix",
        r#"{"event":"agent","status":"ok","seconds":93.5,"provider":"claude","project":"site","workflow":"fix"}"#,
        "sase_agent_runs_total claude ok fix = 1
         sase_agent_run_duration_seconds claude fix = 1 in 93.5
         sase_agent_spawns_total claude site = 1",
    ),
    (
        "agent --status killed --kill-reason timeout",
        r#"{"event":"agent","status":"killed","kill_reason":"timeout"}"#,
        "sase_agent_runs_total unknown killed unknown = 1
         sase_agent_spawns_total unknown unknown = 1
         sase_agent_kills_total timeout = 1",
    ),
    (
        "agent --status killed",
        r#"{"event":"agent","status":"killed","seconds":null,"provider":null}"#,
        "sase_agent_runs_total unknown killed unknown = 1
         sase_agent_spawns_total unknown unknown = 1
         sase_agent_kills_total other = 1",
    ),
    (
        "agent --status error",
        r#"{"event":"agent","status":"error"}"#,
        "sase_agent_runs_total unknown error unknown = 1
         sase_agent_spawns_total unknown unknown = 1",
    ),
    (
        "agent --status other",
        r#"{"event":"agent","status":"other"}"#,
        "sase_agent_runs_total unknown other unknown = 1
         sase_agent_spawns_total unknown unknown = 1",
    ),
    (
        "llm --provider claude --status ok --seconds 12.4 --input-tokens 900 --output-tokens 210 \
         --cache-read-tokens 40 --retries 2",
        r#"{"event":"llm","provider":"claude","status":"ok","seconds":12.4,"input_tokens":900,"output_tokens":210,
            "cache_read_tokens":40,"retries":2}"#,
        "sase_llm_invocations_total claude ok = 1
         sase_llm_invocation_duration_seconds claude = 1 in 12.4
         sase_llm_retries_total claude = 2
         sase_llm_input_tokens_total claude = 900
         sase_llm_output_tokens_total claude = 210
         sase_llm_cache_read_tokens_total claude = 40",
    ),
    (
        "llm --provider claude --status error --error-type rate_limit --seconds 0",
        r#"{"event":"llm","provider":"claude","status":"error","error_type":"rate_limit","seconds":0}"#,
        "sase_llm_invocations_total claude error = 1
         sase_llm_invocation_duration_seconds claude = 1 in 0
         sase_llm_errors_total claude rate_limit = 1",
    ),
    (
        "llm --provider claude --status error",
        r#"{"event":"llm","provider":"claude","status":"error"}"#,
        "sase_llm_invocations_total claude error = 1
         sase_llm_errors_total claude unknown = 1",
    ),
    (
        "llm --provider claude --status killed",
        r#"{"event":"llm","provider":"claude","status":"killed"}"#,
        "sase_llm_invocations_total claude killed = 1",
    ),
    (
        "llm --provider claude --status other",
        r#"{"event":"llm","provider":"claude","status":"other"}"#,
        "sase_llm_invocations_total claude other = 1",
    ),
    (
        "retry-spawn --outcome error",
        r#"{"event":"retry_spawn","outcome":"error"}"#,
        "sase_llm_retry_spawns_total error = 1",
    ),
    (
        "axe cycle --type full --seconds 42 --error-type disk --error-type timeout --error-type disk",
        r#"{"event":"axe","action":"cycle","type":"full","seconds":42,"error_type":["disk","timeout","disk"]}"#,
        "sase_axe_cycles_total full = 1
         sase_axe_cycle_duration_seconds full = 1 in 42
         sase_axe_errors_total disk = 2
         sase_axe_errors_total timeout = 1",
    ),
    (
        "axe cycle --type tick --error-type disk",
        r#"{"event":"axe","action":"cycle","type":"tick","error_type":"disk"}"#,
        "sase_axe_cycles_total tick = 1
         sase_axe_errors_total disk = 1",
    ),
    ("axe restart", r#"{"event":"axe","action":"restart"}"#, "sase_axe_lumberjack_restarts_total = 1"),
    (
        "hook --type lint --status failed --seconds 1.5 --retries 2",
        r#"{"event":"hook","type":"lint","status":"failed","seconds":1.5,"retries":2}"#,
        "sase_hook_executions_total lint failed = 1
         sase_hook_duration_seconds lint = 1 in 1.5
         sase_hook_retries_total lint = 2",
    ),
    (
        "hook --type lint --status passed",
        r#"{"event":"hook","type":"lint","status":"passed"}"#,
        "sase_hook_executions_total lint passed = 1",
    ),
    (
        "hook --type lint --status killed",
        r#"{"event":"hook","type":"lint","status":"killed"}"#,
        "sase_hook_executions_total lint killed = 1",
    ),
    (
        "hook --type lint --status other",
        r#"{"event":"hook","type":"lint","status":"other"}"#,
        "sase_hook_executions_total lint other = 1",
    ),
    (
        "mentor --status killed",
        r#"{"event":"mentor","status":"killed"}"#,
        "sase_mentor_executions_total killed = 1",
    ),
    (
        "workflow --workflow fix --status error --seconds 340",
        r#"{"event":"workflow","workflow":"fix","status":"error","seconds":340}"#,
        "sase_workflow_executions_total fix error = 1
         sase_workflow_duration_seconds fix = 1 in 340",
    ),
    (
        "workflow --workflow fix --status ok",
        r#"{"event":"workflow","workflow":"fix","status":"ok"}"#,
        "sase_workflow_executions_total fix ok = 1",
    ),
    ("zombie", r#"{"event":"zombie"}"#, "sase_zombie_detections_total = 1"),
    (
        "bead --operation read",
        r#"{"event":"bead","operation":"read"}"#,
        "sase_bead_operations_total read = 1",
    ),
    (
        "bead --operation update --from open --to doing",
        r#"{"event":"bead","operation":"update","from":"open","to":"doing"}"#,
        "sase_bead_operations_total update = 1
         sase_bead_status_transitions_total open doing = 1",
    ),
    (
        "bead --operation close --from doing --to done --project site --active-from 4 --active-to 17",
        r#"{"event":"bead","operation":"close","from":"doing","to":"done","project":"site","active_from":4,"active_to":17}"#,
        "sase_bead_operations_total close = 1
         sase_bead_status_transitions_total doing done = 1
         sase_bead_active site doing = 4
         sase_bead_active site done = 17",
    ),
    (
        "vcs --provider git --operation commit --status ok --commit-type fix",
        r#"{"event":"vcs","provider":"git","operation":"commit","status":"ok","commit_type":"fix"}"#,
        "sase_vcs_commits_total git fix = 1
         sase_vcs_operations_total git commit ok = 1",
    ),
    (
        "vcs --provider git --operation merge --status conflict",
        r#"{"event":"vcs","provider":"git","operation":"merge","status":"conflict"}"#,
        "sase_vcs_operations_total git merge conflict = 1",
    ),
    (
        "workspace acquire --id ws-7 --project site",
        r#"{"event":"workspace","action":"acquire","id":"ws-7","project":"site"}"#,
        "sase_workspace_acquisitions_total{project=\"site\"} 1
         sase_workspace_active{project=\"site\"} 1",
    ),
    (
        "workspace release --id held",
        r#"{"event":"workspace","action":"release","id":"held"}"#,
        "sase_workspace_acquisitions_total{project=\"old\"} 1
         sase_workspace_releases_total{project=\"old\"} 1",
    ),
    (
        "workspace release --id held --project old --failed",
        r#"{"event":"workspace","action":"release","id":"held","project":"old","failed":true}"#,
        "sase_workspace_acquisitions_total{project=\"old\"} 1",
    ),
    (
        "notification --type email --status error",
        r#"{"event":"notification","type":"email","status":"error"}"#,
        "sase_notifications_sent_total email error = 1",
    ),
];

/// Metrics that no event moves: both count what is alive in a process that lives itself, and an event is over.
const UNMOVED: [&str; 2] = [AGENT_ACTIVE.def().name, AXE_LUMBERJACKS_ACTIVE.def().name];

/// The event of these words.
fn words(words: &str) -> Result<Event, String> {
    let line = ["telemetry", "record"].into_iter().chain(words.split_whitespace());
    let cli = Cli::read(line).map_err(|error| error.to_string())?;
    let Command::Record(args) = cli.command else { unreachable!("{words}") };
    let event = args.event().cloned().ok_or("no event")?;
    event.check().map(|()| event)
}

fn ledger(folder: &Path) -> Ledger {
    Ledger::new(&Config { ledger_path: Some(folder.to_owned()), ..Config::default() }).unwrap()
}

/// What this event moves, in a ledger of its own; one in which the workspace `held` is held where it is about to be released.
fn moved(event: &Event) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (registry, ledger) = (Registry::new(&Config::default()), ledger(folder.path()));
    if format!("{event:?}").contains("\"held\"") {
        ledger.acquire_workspace("held", "old").unwrap();
    }
    event.record(&Place { registry: &registry, ledger: &ledger }).unwrap();
    let leased = ledger.totals(&mut Vec::new()).unwrap().map(|totals| totals.exposition());
    let leased = leased.iter().flat_map(|text| text.lines());
    let leased = leased.filter(|line| !line.starts_with('#') && !line.ends_with(" 0")).map(str::to_owned);
    registry.snapshot().metrics.iter().flat_map(series).chain(leased).collect()
}

/// The series that are not 0.
fn series(metric: &SnapshotMetric) -> Vec<String> {
    let line = |values: &[Box<str>], reading: &Reading| {
        let name = [&[Box::from(metric.def.name)], values].concat().join(" ");
        match reading {
            Reading::Counter(value) | Reading::Gauge { value, .. } if *value != 0.0 => {
                Some(format!("{name} = {value}"))
            }
            Reading::Histogram(reading) if reading.buckets.iter().any(|count| *count > 0) => {
                Some(format!("{name} = {} in {}", reading.buckets.iter().sum::<u64>(), reading.sum))
            }
            _ => None,
        }
    };
    metric.series.iter().filter_map(|series| line(&series.values, &series.reading)).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).collect()
}

#[test]
fn words_and_json_are_the_same_event_and_move_just_what_they_should() {
    for (words, json, expected) in CASES {
        let event = self::words(words).unwrap_or_else(|error| panic!("{words}: {error}"));
        assert_eq!(Event::read(json).as_ref(), Ok(&event), "{json}");
        assert_eq!(moved(&event), lines(expected), "{words}");
    }
}

#[test]
fn every_metric_is_moved_by_some_event_or_known_not_to_be() {
    let names = |text: &'static str| lines(text).into_iter().filter_map(|line| line.split([' ', '{']).next());
    let moved: BTreeSet<_> = CASES.iter().flat_map(|(_, _, moves)| names(moves)).collect();
    let all: BTreeSet<_> = metrics().map(|def| def.name).collect();
    assert_eq!(all.difference(&moved).copied().collect::<Vec<_>>(), UNMOVED);
    assert_eq!(moved.difference(&all).count(), 0);
}

#[test]
fn fields_that_do_not_go_together_are_refused_alike_in_words_and_in_json() {
    for (refused, json) in [
        ("agent --status ok --kill-reason user", r#"{"event":"agent","status":"ok","kill_reason":"user"}"#),
        (
            "llm --provider p --status ok --error-type x",
            r#"{"event":"llm","provider":"p","status":"ok","error_type":"x"}"#,
        ),
        (
            "vcs --provider git --operation commit --status error --commit-type fix",
            r#"{"event":"vcs","provider":"git","operation":"commit","status":"error","commit_type":"fix"}"#,
        ),
        ("bead --operation update --from open", r#"{"event":"bead","operation":"update","from":"open"}"#),
        (
            "bead --operation update --from a --to b --project p --active-from 1",
            r#"{"event":"bead","operation":"update","from":"a","to":"b","project":"p","active_from":1}"#,
        ),
        (
            "bead --operation update --from a --to b --active-from 1 --active-to 1",
            r#"{"event":"bead","operation":"update","from":"a","to":"b","active_from":1,"active_to":1}"#,
        ),
    ] {
        assert!(words(refused).is_err(), "{refused}");
        assert!(Event::read(json).is_err(), "{json}");
    }
}

#[test]
fn numbers_are_counts_or_times_that_can_be() {
    for (number, refused) in [
        ("0", false),
        ("1000000000000", false),
        ("1000000000001", true),
        ("-1", true),
        ("1.5", true),
        ("18446744073709551616", true),
        ("\"7\"", true),
    ] {
        let json = format!(r#"{{"event":"llm","provider":"p","status":"ok","input_tokens":{number}}}"#);
        assert_eq!(Event::read(&json).is_err(), refused, "{json}");
        let flags = format!("llm --provider p --status ok --input-tokens {number}");
        assert_eq!(words(&flags).is_err(), refused, "{flags}");
    }
    for (seconds, refused) in
        [("0", false), ("1e3", false), ("-0.1", true), ("1e400", true), ("NaN", true), ("", true)]
    {
        let json = format!(r#"{{"event":"workflow","workflow":"w","status":"ok","seconds":{seconds}}}"#);
        assert_eq!(Event::read(&json).is_err(), refused, "{json}");
        let flags = format!("workflow --workflow w --status ok --seconds={seconds}");
        assert_eq!(words(&flags).is_err(), refused, "{flags}");
    }
}

#[test]
fn a_workspace_is_acquired_and_released_once_and_a_refusal_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, ledger) = (Registry::new(&Config::default()), ledger(folder.path()));
    let place = Place { registry: &registry, ledger: &ledger };
    let tell = |told: &str| words(told).unwrap().record(&place);
    assert_eq!(tell("workspace release --id a"), Err("no workspace \"a\" is held".to_owned()));
    assert_eq!(tell("workspace acquire --id a --project p"), Ok(()));
    assert_eq!(
        tell("workspace acquire --id a --project q"),
        Err("the workspace \"a\" is held already, for the project \"p\"".to_owned())
    );
    assert_eq!(
        tell("workspace release --id a --project q"),
        Err("the workspace \"a\" is held for another project: \"p\"".to_owned())
    );
    assert_eq!(tell("workspace release --id a --project p"), Ok(()));
    assert_eq!(tell("workspace release --id a"), Err("no workspace \"a\" is held".to_owned()));
}

/// What is kept of a text is what the library keeps of it.
#[test]
fn open_labels_are_any_text() {
    for text in [" ", "a b", "ü\u{1F980}", "quote\"s\\n", "\u{0}\u{1b}[31m\n"] {
        let json = serde_json::json!({ "event": "hook", "type": text, "status": "passed" }).to_string();
        let event = Event::read(&json).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (registry, ledger) = (Registry::new(&Config::default()), ledger(folder.path()));
        event.record(&Place { registry: &registry, ledger: &ledger }).unwrap();
        assert_eq!(registry.snapshot().value("sase_hook_executions_total", &[text, "passed"]), Some(1.0));
    }
}

/// The schema that is published for whoever writes events.
fn schema() -> serde_json::Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/event.schema.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Takes fields away, gives them other values and adds one: some of these are right and most are wrong.
fn variations(event: &serde_json::Value) -> Vec<serde_json::Value> {
    let fields = event.as_object().unwrap();
    let odd = serde_json::json!([
        null,
        "",
        "other",
        "killed",
        -1,
        1.5,
        1.0,
        1e3,
        7,
        1_000_000_000_001_u64,
        true,
        [],
        ["x"],
        {}
    ]);
    let mut all = Vec::new();
    for field in fields.keys() {
        let mut without = fields.clone();
        without.remove(field);
        all.push(without);
        for value in odd.as_array().unwrap() {
            let mut other = fields.clone();
            other.insert(field.clone(), value.clone());
            all.push(other);
        }
    }
    let mut more = fields.clone();
    more.insert("more".to_owned(), 1.into());
    all.push(more);
    all.into_iter().map(Into::into).collect()
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let mut refused = 0;
    for (_, json, _) in CASES {
        let event = serde_json::from_str(json).unwrap();
        for event in std::iter::once(&event).chain(&variations(&event)) {
            let read = Event::read(&event.to_string());
            assert_eq!(validator.is_valid(event), read.is_ok(), "{event}: {read:?}");
            refused += usize::from(read.is_err());
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn the_schema_lists_every_value_of_the_closed_labels() {
    let schema = schema();
    let listed = |event: usize, field: &str| {
        let values = schema["oneOf"][event]["properties"][field]["enum"].as_array().unwrap().clone();
        values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
    };
    let declared =
        |values: &mut dyn Iterator<Item = &'static str>| values.map(str::to_owned).collect::<BTreeSet<_>>();
    let status = declared(&mut RunStatus::ALL.iter().map(|value| value.as_str()));
    for event in [0, 1, 6, 7, 13] {
        assert_eq!(listed(event, "status"), status);
    }
    for (event, field, values) in [
        (0, "kill_reason", declared(&mut KillReason::ALL.iter().map(|value| value.as_str()))),
        (2, "outcome", declared(&mut RetryOutcome::ALL.iter().map(|value| value.as_str()))),
        (3, "type", declared(&mut CycleType::ALL.iter().map(|value| value.as_str()))),
        (5, "status", declared(&mut HookStatus::ALL.iter().map(|value| value.as_str()))),
        (9, "operation", declared(&mut BeadOperation::ALL.iter().map(|value| value.as_str()))),
        (10, "operation", declared(&mut VcsOperation::ALL.iter().map(|value| value.as_str()))),
        (10, "status", declared(&mut VcsStatus::ALL.iter().map(|value| value.as_str()))),
    ] {
        assert_eq!(listed(event, field), values, "{event} {field}");
    }
}

#[test]
fn the_schema_has_the_fields_of_every_event_and_no_others() {
    for described in schema()["oneOf"].as_array().unwrap() {
        let fields = described["properties"].as_object().unwrap();
        let tags =
            fields.iter().filter_map(|(name, field)| Some((name.clone(), field.get("const")?.clone())));
        let mut line: serde_json::Map<_, _> = tags.collect();
        let expected: BTreeSet<_> = fields.keys().filter(|name| !line.contains_key(*name)).cloned().collect();
        line.insert("more".to_owned(), 1.into());
        let error = Event::read(&serde_json::Value::Object(line).to_string()).unwrap_err();
        assert!(error.starts_with("unknown field `more`, "), "{error}");
        let (named, _suggested) = error.split_once(';').unwrap_or((&error, ""));
        let named: BTreeSet<_> = named.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        assert_eq!(named, expected);
    }
}
