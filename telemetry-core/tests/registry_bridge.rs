//! The bridge in both directions: what the `prometheus` crate writes of our series, and what we read of its own.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")
)]

use prometheus::{
    CounterVec, GaugeVec, HistogramOpts, HistogramVec, IntCounter, Opts, Registry as Theirs, TextEncoder,
    core::Collector as _,
};
use std::time::Duration;
use telemetry_core::bridge::{RegistryCollector, families_of};
use telemetry_core::catalog::{
    AGENT_RUN_DURATION, AGENT_SPAWNS, AgentRunDuration, AgentSpawns, BEAD_ACTIVE, BeadActive,
};
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, FamilyKind, Format, Label, parse, write};
use telemetry_core::guard::{Agent, AgentRun};
use telemetry_core::{Registry, catalog};

fn ours() -> Registry {
    Registry::new(&Config::default())
}

fn with_collector(ours: &Registry) -> Theirs {
    let theirs = Theirs::new();
    theirs.register(Box::new(RegistryCollector::new(ours))).unwrap();
    theirs
}

fn their_text(registry: &Theirs) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

/// Our own families as they are when they have been written and read, without those that have no series.
fn our_families(registry: &Registry) -> Vec<Family<'static>> {
    let snapshot = registry.snapshot();
    let mut families: Vec<_> =
        snapshot.families().into_iter().filter(|family| !family.metrics.is_empty()).collect();
    families.sort_by(|a, b| a.name.cmp(&b.name));
    families.into_iter().map(Family::into_owned).collect()
}

/// Records on every kind of metric, with label values that need escapes.
fn record(registry: &Registry) {
    let run =
        AgentRun::begin_in(registry, Agent { llm_provider: "claude", project: "site", workflow: "fix" });
    run.ok();
    let odd = AgentSpawns { llm_provider: "a\"b\\c", project: "two\nlines, {braces} and ünicode" };
    AGENT_SPAWNS.in_registry(registry).with(|| odd).add(2.5);
    BEAD_ACTIVE.in_registry(registry).with(|| BeadActive { project: "", status: "open" }).set(-3);
    let duration = AGENT_RUN_DURATION.in_registry(registry);
    let duration = duration.bind(AgentRunDuration { llm_provider: "claude", workflow: "long" });
    [10, 11, 9000].iter().for_each(|seconds| duration.observe(Duration::from_secs(*seconds)));
}

#[test]
fn their_encoder_writes_our_series_and_we_read_back_our_snapshot() {
    let ours = ours();
    record(&ours);
    let text = their_text(&with_collector(&ours));
    assert_eq!(parse(&text, Format::Text).unwrap(), our_families(&ours), "{text}");
}

#[test]
fn the_way_through_their_registry_and_back_changes_nothing() {
    let ours = ours();
    record(&ours);
    assert_eq!(families_of(&with_collector(&ours)), our_families(&ours));
}

#[test]
fn the_values_are_those_of_the_moment_of_the_question() {
    let ours = ours();
    let theirs = with_collector(&ours);
    assert_eq!(their_text(&theirs), "", "their registry leaves out families without a series");
    record(&ours);
    assert!(their_text(&theirs).contains("sase_agent_active{llm_provider=\"claude\",project=\"site\"} 0\n"));
}

#[test]
fn a_registry_is_registered_once_and_can_be_taken_out_again() {
    let ours = ours();
    let theirs = with_collector(&ours);
    assert!(theirs.register(Box::new(RegistryCollector::new(&ours))).is_err());
    theirs.unregister(Box::new(RegistryCollector::new(&ours))).unwrap();
    record(&ours);
    assert!(theirs.gather().is_empty());
}

#[test]
fn a_collector_describes_every_metric_with_its_labels() {
    let collector = RegistryCollector::new(&ours());
    let described = collector.desc();
    for def in catalog::metrics() {
        let desc = described.iter().find(|desc| desc.fq_name == def.name).unwrap();
        assert_eq!(desc.help, def.help);
        assert_eq!(desc.variable_labels, def.labels.iter().map(|label| label.name).collect::<Vec<_>>());
    }
}

#[test]
fn prefix_and_labels_of_their_registry_are_added_to_our_series() {
    let ours = ours();
    record(&ours);
    let labels = [("zone".to_owned(), "north".to_owned())].into();
    let theirs = Theirs::new_custom(Some("fleet".to_owned()), Some(labels)).unwrap();
    theirs.register(Box::new(RegistryCollector::new(&ours))).unwrap();
    let families = families_of(&theirs);
    assert!(families.iter().all(|family| family.name.starts_with("fleet_sase_")));
    assert!(
        families
            .iter()
            .flat_map(|family| &family.metrics)
            .all(|metric| metric.labels.contains(&Label::new("zone", "north")))
    );
}

/// A registry as any library of the ecosystem fills it.
fn somebody_elses() -> Theirs {
    let theirs = Theirs::new();
    let requests = CounterVec::new(Opts::new("http_requests_total", "Requests\nserved"), &["path"]).unwrap();
    requests.with_label_values(&["/a\"b\\"]).inc_by(7.5);
    let load = GaugeVec::new(Opts::new("load", "Load"), &["core"]).unwrap();
    for (core, value) in [("0", f64::NAN), ("1", f64::INFINITY), ("2", f64::NEG_INFINITY), ("3", -1e-9)] {
        load.with_label_values(&[core]).set(value);
    }
    let options = HistogramOpts::new("latency_seconds", "Latency").buckets(vec![0.1, 10.0]);
    let latency = HistogramVec::new(options, &["path"]).unwrap();
    [0.05, 5.0, 50.0].iter().for_each(|seconds| latency.with_label_values(&["/"]).observe(*seconds));
    let plain = IntCounter::new("jobs", "A counter whose name does not say so").unwrap();
    plain.inc_by(1 << 40);
    theirs.register(Box::new(requests)).unwrap();
    theirs.register(Box::new(load)).unwrap();
    theirs.register(Box::new(latency)).unwrap();
    theirs.register(Box::new(plain)).unwrap();
    theirs
}

const SOMEBODY_ELSES: &str = r#"# HELP http_requests_total Requests\nserved
# TYPE http_requests_total counter
http_requests_total{path="/a\"b\\"} 7.5
# HELP jobs A counter whose name does not say so
# TYPE jobs counter
jobs 1099511627776
# HELP latency_seconds Latency
# TYPE latency_seconds histogram
latency_seconds_bucket{path="/",le="0.1"} 1
latency_seconds_bucket{path="/",le="10"} 2
latency_seconds_bucket{path="/",le="+Inf"} 3
latency_seconds_sum{path="/"} 55.05
latency_seconds_count{path="/"} 3
# HELP load Load
# TYPE load gauge
load{core="0"} NaN
load{core="1"} +Inf
load{core="2"} -Inf
load{core="3"} -1e-09
"#;

#[test]
fn we_write_what_somebody_elses_registry_holds() {
    let families = families_of(&somebody_elses());
    let mut text = String::new();
    write(&families, Format::Text, &mut text);
    assert_eq!(text, SOMEBODY_ELSES);
    assert_eq!(families[1].kind, FamilyKind::Counter);
}

#[test]
fn a_family_that_cannot_be_written_takes_no_other_with_it() {
    let theirs = somebody_elses();
    let twice = IntCounter::new("load_total", "The same series twice").unwrap();
    theirs.register(Box::new(Twice(twice))).unwrap();
    let names: Vec<_> = families_of(&theirs).into_iter().map(|family| family.name).collect();
    assert_eq!(names, ["http_requests_total", "jobs", "latency_seconds", "load"]);
}

/// A collector with a mistake.
struct Twice(IntCounter);

impl prometheus::core::Collector for Twice {
    fn desc(&self) -> Vec<&prometheus::core::Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        [self.0.collect(), self.0.collect()].concat()
    }
}
