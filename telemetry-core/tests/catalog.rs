//! The published catalog: names, kinds, labels, helps and buckets on which rules, dashboards and people rely.
//!
//! This is the one place that types them a second time. A metric may be added without touching it; one that is renamed, removed,
//! moved or changed breaks it, and breaks everybody who reads the metric too.

use std::collections::BTreeSet;
use telemetry_core::catalog::{self, CATALOG, OWN};
use telemetry_core::metric::{Combine, Kind, LabelDef, MetricDef, Values};

/// What is published of one metric.
#[derive(Debug, PartialEq)]
struct Published<'a> {
    subsystem: &'a str,
    name: &'a str,
    kind: Kind,
    /// Each label with its values: `Open`, or the known ones with a star behind those that count as failure.
    labels: Vec<(&'a str, String)>,
    help: &'a str,
}

type Label = (&'static str, &'static str);

const OPEN: &str = "open";
const RUN_STATUS: Label = ("status", "ok, error*, killed, other");
const HOOK_STATUS: Label = ("status", "passed, failed*, killed, other");
const VCS_STATUS: Label = ("status", "ok, error*, conflict, other");
const RETRY_OUTCOME: Label = ("outcome", "ok, error*, other");
const KILL_REASON: Label = ("reason", "signal, timeout, user, shutdown, oom, other");
const CYCLE_TYPE: Label = ("cycle_type", "tick, full, other");
const BEAD_OPERATION: Label = ("operation", "create, read, update, close, delete, other");
const VCS_OPERATION: Label = ("operation", "clone, fetch, checkout, commit, merge, rebase, push, other");
const LLM_PROVIDER: Label = ("llm_provider", OPEN);
const PROVIDER: Label = ("provider", OPEN);
const WORKFLOW: Label = ("workflow", OPEN);
const PROJECT: Label = ("project", OPEN);
const ERROR_TYPE: Label = ("error_type", OPEN);
const HOOK_TYPE: Label = ("hook_type", OPEN);
const TYPE: Label = ("type", OPEN);

const COUNTER: Kind = Kind::Counter;
const LIVE: Kind = Kind::Gauge(Combine::Live);
const STATE: Kind = Kind::Gauge(Combine::State);
const RUN: Kind = Kind::Histogram(&[10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0]);
const INVOCATION: Kind = Kind::Histogram(&[0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0]);
const STEP: Kind = Kind::Histogram(&[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0]);

type Row = (&'static str, Kind, &'static [Label], &'static str);

#[rustfmt::skip]
const PUBLISHED: [(&str, &[Row]); 7] = [
    ("Agent Lifecycle", &[
        ("sase_agent_runs_total", COUNTER, &[LLM_PROVIDER, RUN_STATUS, WORKFLOW], "Total agent runs"),
        ("sase_agent_run_duration_seconds", RUN, &[LLM_PROVIDER, WORKFLOW], "Agent run duration"),
        ("sase_agent_active", LIVE, &[LLM_PROVIDER, PROJECT], "Currently active agents"),
        ("sase_agent_spawns_total", COUNTER, &[LLM_PROVIDER, PROJECT], "Total agent spawns"),
        ("sase_agent_kills_total", COUNTER, &[KILL_REASON], "Total agent kills"),
    ]),
    ("LLM Provider", &[
        ("sase_llm_invocations_total", COUNTER, &[PROVIDER, RUN_STATUS], "Total LLM invocations"),
        ("sase_llm_invocation_duration_seconds", INVOCATION, &[PROVIDER], "Invocation duration"),
        ("sase_llm_errors_total", COUNTER, &[PROVIDER, ERROR_TYPE], "LLM errors"),
        ("sase_llm_retries_total", COUNTER, &[PROVIDER], "LLM retries"),
        ("sase_llm_retry_spawns_total", COUNTER, &[RETRY_OUTCOME], "Cross-process retries"),
        ("sase_llm_input_tokens_total", COUNTER, &[PROVIDER], "Input tokens consumed"),
        ("sase_llm_output_tokens_total", COUNTER, &[PROVIDER], "Output tokens generated"),
        ("sase_llm_cache_read_tokens_total", COUNTER, &[PROVIDER], "Cache-read tokens"),
    ]),
    ("Axe Orchestrator", &[
        ("sase_axe_cycles_total", COUNTER, &[CYCLE_TYPE], "Total axe cycles"),
        ("sase_axe_cycle_duration_seconds", STEP, &[CYCLE_TYPE], "Cycle duration"),
        ("sase_axe_lumberjacks_active", LIVE, &[], "Active lumberjacks"),
        ("sase_axe_lumberjack_restarts_total", COUNTER, &[], "Lumberjack restarts"),
        ("sase_axe_errors_total", COUNTER, &[ERROR_TYPE], "Axe errors"),
    ]),
    ("Hooks / Mentors / Workflows", &[
        ("sase_hook_executions_total", COUNTER, &[HOOK_TYPE, HOOK_STATUS], "Hook executions"),
        ("sase_hook_duration_seconds", STEP, &[HOOK_TYPE], "Hook duration"),
        ("sase_hook_retries_total", COUNTER, &[HOOK_TYPE], "Hook retries"),
        ("sase_mentor_executions_total", COUNTER, &[RUN_STATUS], "Mentor executions"),
        ("sase_workflow_executions_total", COUNTER, &[WORKFLOW, RUN_STATUS], "Workflow executions"),
        ("sase_workflow_duration_seconds", RUN, &[WORKFLOW], "Workflow duration"),
        ("sase_zombie_detections_total", COUNTER, &[], "Zombie process detections"),
    ]),
    ("Beads", &[
        ("sase_bead_operations_total", COUNTER, &[BEAD_OPERATION], "Bead CRUD operations"),
        ("sase_bead_status_transitions_total", COUNTER, &[("from_status", OPEN), ("to_status", OPEN)],
            "Bead status transitions"),
        ("sase_bead_active", STATE, &[PROJECT, ("status", OPEN)], "Active beads"),
    ]),
    ("VCS / Workspace", &[
        ("sase_vcs_commits_total", COUNTER, &[PROVIDER, TYPE], "VCS commits"),
        ("sase_vcs_operations_total", COUNTER, &[PROVIDER, VCS_OPERATION, VCS_STATUS], "VCS operations"),
        ("sase_workspace_acquisitions_total", COUNTER, &[PROJECT], "Workspace acquisitions"),
        ("sase_workspace_releases_total", COUNTER, &[PROJECT], "Workspace releases"),
        ("sase_workspace_active", LIVE, &[PROJECT], "Active workspaces"),
    ]),
    ("Notifications", &[
        ("sase_notifications_sent_total", COUNTER, &[TYPE, RUN_STATUS], "Notifications sent"),
    ]),
];

fn published() -> Vec<Published<'static>> {
    let with_subsystem = |(subsystem, rows): &(&'static str, &'static [Row])| {
        rows.iter().map(|row| published_row(subsystem, row)).collect::<Vec<_>>()
    };
    PUBLISHED.iter().flat_map(with_subsystem).collect()
}

fn published_row(subsystem: &'static str, (name, kind, labels, help): &Row) -> Published<'static> {
    let labels = labels.iter().map(|(label, values)| (*label, (*values).to_owned())).collect();
    Published { subsystem, name, kind: *kind, labels, help }
}

fn declared() -> impl Iterator<Item = Published<'static>> {
    CATALOG
        .iter()
        .flat_map(|subsystem| subsystem.metrics.iter().map(|def| declared_row(subsystem.title, def)))
}

fn declared_row(subsystem: &'static str, def: &'static MetricDef) -> Published<'static> {
    let labels = def.labels.iter().map(|label| (label.name, values(label))).collect();
    Published { subsystem, name: def.name, kind: def.kind, labels, help: def.help }
}

fn values(label: &LabelDef) -> String {
    match label.values {
        Values::Open => OPEN.to_owned(),
        Values::Closed(known) => {
            let starred =
                known.iter().map(|value| format!("{}{}", value.text, if value.failure { "*" } else { "" }));
            starred.collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn what_is_published_is_declared_in_the_published_order() {
    let published = published();
    assert_eq!(published.len(), 34);
    let mut declared = declared();
    for metric in &published {
        let now = || self::declared().find(|other| other.name == metric.name);
        assert!(
            declared.any(|other| other == *metric),
            "published: {metric:#?}\ndeclared, if in another place: {:#?}",
            now()
        );
    }
}

#[test]
fn the_name_of_a_handle_follows_from_the_name_of_its_metric() {
    for def in catalog::metrics() {
        let bare = def.name.strip_prefix("sase_").unwrap();
        let bare = bare.strip_suffix("_total").or(bare.strip_suffix("_seconds")).unwrap_or(bare);
        assert_eq!(def.handle, bare.to_uppercase());
    }
}

#[test]
fn no_name_is_declared_twice() {
    let names: Vec<_> = catalog::metrics().chain(OWN.metrics.iter().copied()).map(|def| def.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn telemetry_about_telemetry_is_not_part_of_the_catalog() {
    assert!(OWN.metrics.iter().all(|def| def.name.starts_with("telemetry_")));
    assert!(catalog::metrics().all(|def| def.name.starts_with("sase_")));
}

#[test]
fn a_closed_label_ends_with_the_value_to_which_everything_unknown_folds() {
    let labels = catalog::metrics().flat_map(|def| def.labels);
    let closed: Vec<_> = labels.map(values).filter(|values| values != OPEN).collect();
    assert!(!closed.is_empty() && closed.iter().all(|values| values.ends_with(", other")), "{closed:?}");
}
