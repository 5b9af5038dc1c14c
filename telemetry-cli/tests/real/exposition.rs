//! A real Prometheus and its checker read what a process serves of itself.

use std::time::Duration;

use serde_json::Value;
use telemetry_core::catalog::{self, *};
use telemetry_core::config::Config;
use telemetry_core::guard::*;
use telemetry_core::metric::{Kind, MetricDef};
use telemetry_core::{Registry, Snapshot, build_info};
use telemetry_server::{Exposition, Server};

use crate::support::{Prometheus, Scrape, eventually, http, promtool, require};

/// How many metrics the workload drives; one that is added to the catalog later is served without being driven here.
const DRIVEN: usize = 34;

#[test]
fn prometheus_knows_every_family_with_its_type_and_help_and_every_value() {
    require!(Prometheus);
    let registry = registry();
    let server = serve(&registry);
    drive_every_metric(&registry);
    let prometheus = Prometheus::start(&[Scrape::of("axe", server.local_addr())]);
    prometheus.await_up("axe");
    assert_eq!(prometheus.targets()[0]["health"], "up");
    let metadata = prometheus.metadata();
    for def in catalog::metrics().chain([BUILD_INFO.def(), SERIES_OVERFLOW.def()]) {
        let (kind, help) = described(&metadata, def);
        assert_eq!((kind, help), (def.kind.as_str(), def.help), "{}", def.name);
    }
    every_value_arrives(&prometheus, &registry.snapshot());
    let [version] = &prometheus.query("telemetry_build_info")[..] else { panic!("one build, one series") };
    assert_eq!((version.value, version.labels["version"].as_str()), (1.0, build_info::VERSION));
    assert_eq!(version.labels["rust_version"], build_info::RUST_VERSION);
}

#[test]
fn prometheus_knows_every_family_before_anything_was_recorded() {
    require!(Prometheus);
    let server = serve(&registry());
    let prometheus = Prometheus::start(&[Scrape::of("axe", server.local_addr())]);
    prometheus.await_up("axe");
    let metadata = prometheus.metadata();
    for def in catalog::metrics() {
        assert_eq!(described(&metadata, def), (def.kind.as_str(), def.help), "{}", def.name);
    }
}

#[test]
fn promtool_has_nothing_to_complain_of() {
    require!(Promtool);
    let registry = registry();
    let server = serve(&registry);
    assert_eq!(promtool::complaints(&served(&server)), "");
    drive_every_metric(&registry);
    let text = served(&server);
    assert_eq!(promtool::complaints(&text), "", "{text}");
}

fn registry() -> Registry {
    // Few enough series that the workload reaches the limit, so that the metric about that is driven too.
    Registry::new(&Config { max_series_per_metric: 20, ..Config::default() })
}

fn serve(registry: &Registry) -> Server {
    let mut config = Config::default();
    config.prometheus.exposition_port = 0;
    Exposition::of(registry).serve(&config).unwrap()
}

fn served(server: &Server) -> String {
    let answer = http::get(&format!("http://{}/metrics", server.local_addr())).unwrap();
    assert_eq!(answer.status, 200);
    answer.body
}

/// Type and help as Prometheus has them. It asks for OpenMetrics, where the name of a counter's family lacks its `_total`.
fn described<'m>(metadata: &'m Value, def: &MetricDef) -> (&'m str, &'m str) {
    let bare = def.name.strip_suffix("_total").unwrap_or(def.name);
    let entries = [def.name, bare].into_iter().find_map(|name| metadata[name].as_array());
    let [entry] = entries.unwrap_or_else(|| panic!("{} is not known", def.name)).as_slice() else {
        panic!("{} is described in several ways", def.name)
    };
    (entry["type"].as_str().unwrap(), entry["help"].as_str().unwrap())
}

/// For each metric, Prometheus has as many series as the registry, and their values have the same sum.
fn every_value_arrives(prometheus: &Prometheus, snapshot: &Snapshot) {
    for metric in &snapshot.metrics {
        let name = metric.def.name;
        let (queried, part) = match metric.def.kind {
            Kind::Histogram(_) => (format!("{name}_count"), "observations"),
            Kind::Counter | Kind::Gauge(_) => (name.to_owned(), "values"),
        };
        let ours = metric.series.iter().map(|series| {
            let values: Vec<_> = series.values.iter().map(AsRef::as_ref).collect();
            snapshot.value(name, &values).unwrap()
        });
        let expected = (ours.len(), ours.sum::<f64>());
        eventually(&format!("{expected:?} {part} of {name}"), || {
            let samples = prometheus.query(&queried);
            let found = (samples.len(), samples.iter().map(|sample| sample.value).sum::<f64>());
            (found == expected).then_some(())
        });
    }
}

/// Records on every metric of the catalog, with values that need escapes and more projects than the registry keeps apart.
fn drive_every_metric(registry: &Registry) {
    agents(registry);
    models(registry);
    axe(registry);
    hooks_mentors_and_workflows(registry);
    beads_and_workspaces(registry);
    let snapshot = registry.snapshot();
    let driven = snapshot.metrics.iter().filter(|metric| !metric.series.is_empty());
    assert_eq!(driven.filter(|metric| catalog::metrics().any(|def| def == metric.def)).count(), DRIVEN);
    assert!(snapshot.value(SERIES_OVERFLOW.def().name, &[AGENT_SPAWNS.def().name]) > Some(0.0));
}

fn agents(registry: &Registry) {
    let begin = |project: &str| {
        AgentRun::begin_in(registry, Agent { llm_provider: "claude", project, workflow: "fix \"it\"\\\nnow" })
    };
    begin("site").ok();
    begin("site").error();
    begin("site").killed(KillReason::Timeout);
    drop(begin("site"));
    (0..30).for_each(|project| begin(&format!("project {project}")).ok());
    let durations = AGENT_RUN_DURATION.in_registry(registry);
    let long = durations.bind(AgentRunDuration { llm_provider: "claude", workflow: "long" });
    [5, 10, 599, 9000].map(Duration::from_secs).into_iter().for_each(|took| long.observe(took));
}

fn models(registry: &Registry) {
    let call = LlmInvocation::begin_in(registry, "claude");
    call.retry();
    call.input_tokens(900);
    call.output_tokens(210);
    call.cache_read_tokens(40);
    call.ok();
    LlmInvocation::begin_in(registry, "claude").error("rate_limit");
    LLM_RETRY_SPAWNS.in_registry(registry).with(|| LlmRetrySpawns { outcome: RetryOutcome::Ok }).inc();
}

fn axe(registry: &Registry) {
    let cycle = AxeCycle::begin_in(registry, CycleType::Tick);
    cycle.error("disk");
    cycle.done();
    AXE_LUMBERJACKS_ACTIVE.in_registry(registry).set(3);
    AXE_LUMBERJACK_RESTARTS.in_registry(registry).inc();
    ZOMBIE_DETECTIONS.in_registry(registry).add(2);
}

fn hooks_mentors_and_workflows(registry: &Registry) {
    let hook = HookExecution::begin_in(registry, "pre_commit");
    hook.retry();
    hook.passed();
    MentorExecution::begin_in(registry).ok();
    WorkflowExecution::begin_in(registry, "fix").ok();
    NotificationSending::begin_in(registry, "email").ok();
}

fn beads_and_workspaces(registry: &Registry) {
    let (from_status, to_status) = ("open", "closed");
    let change = BeadChange { operation: BeadOperation::Close, project: "site", from_status, to_status };
    BeadTransition::begin_in(registry, change).done_leaving(3, 8);
    VcsAction::begin_in(registry, "git", VcsOperation::Commit).committed("fix");
    WorkspaceLease::acquire_in(registry, "site").release();
}
