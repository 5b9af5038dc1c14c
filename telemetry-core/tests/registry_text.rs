//! The text of a registry: the same as that of its snapshot, and without an allocation.
#![cfg(feature = "live")]

use proptest::prelude::*;
use proptest::sample::select;
use std::sync::atomic::{AtomicBool, Ordering};
use telemetry_core::catalog::{AGENT_RUNS, AgentRuns, RunStatus, VcsStatus};
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, FamilyKind, Format, Metric, parse, write};
use telemetry_core::metric::MetricDef;
use telemetry_core::{Registry, catalog};

/// More bounds than are read on the stack.
const MANY: [f64; 40] = {
    let (mut bounds, mut i) = ([0.0; 40], 0);
    while i < 40 {
        bounds[i] = i as f64 * 1.5;
        i += 1;
    }
    bounds
};

catalog! {
    /// For this test.
    pub TESTS = "Tests", "tests";
    /// Open \ "labels"
    counter OPEN = "tests_open_total", Open<'a> { a: &'a str, b: &'a str };
    /// Closed labels and an open one
    counter MIXED = "tests_mixed_total", Mixed<'a> { status: RunStatus, a: &'a str };
    /// A closed label
    gauge(State) CLOSED = "tests_closed", Closed { status: VcsStatus };
    /// No labels
    gauge(Live) PLAIN = "tests_plain", Plain;
    /// Time
    histogram(&[-1.0, 1e-7, 0.25, 1e30]) TIME = "tests_seconds", Time<'a> { a: &'a str };
    /// Time without labels
    histogram(&MANY) PLAIN_TIME = "tests_plain_seconds", PlainTime;
}

/// What may be done to a registry.
#[derive(Debug, Clone)]
struct Act {
    metric: usize,
    a: &'static str,
    b: &'static str,
    closed: usize,
    /// Nothing only creates the series.
    value: Option<f64>,
}

const TEXTS: [&str; 10] =
    ["", "a", "b", "\"", "\\", "a\nb", "longer than eight", "{é},=\"\\n", "__overflow__", "zz\u{0}\u{7f}"];

fn act() -> impl Strategy<Value = Act> {
    let value = proptest::option::of(prop_oneof![
        any::<f64>(),
        (0_u32..2_000_000).prop_map(f64::from),
        (-1e4..1e4).prop_map(|value: f64| value),
        select(vec![0.0, 1e-5, 1e-4, 1e21, 9e15, 9_007_199_254_740_993.0]),
    ]);
    (0..6_usize, select(&TEXTS), select(&TEXTS), 0..16_usize, value)
        .prop_map(|(metric, a, b, closed, value)| Act { metric, a, b, closed, value })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any number will do")]
fn perform(registry: &Registry, act: &Act) {
    let &Act { metric, a, b, closed, value } = act;
    let status = RunStatus::ALL[closed % RunStatus::ALL.len()];
    let vcs_status = VcsStatus::ALL[closed % VcsStatus::ALL.len()];
    match metric {
        0 => {
            let open = OPEN.in_registry(registry);
            match value {
                Some(value) => open.with(|| Open { a, b }).add(value),
                None => open.touch(|| Open { a, b }),
            }
        }
        1 => MIXED
            .in_registry(registry)
            .with(|| Mixed { status, a })
            .add(value.map_or(1, |value| value as u64)),
        2 => match value {
            Some(value) => CLOSED.in_registry(registry).with(|| Closed { status: vcs_status }).set(value),
            None => CLOSED.in_registry(registry).touch(|| Closed { status: vcs_status }),
        },
        3 => PLAIN.in_registry(registry).set(value.unwrap_or(f64::NAN)),
        4 => TIME.in_registry(registry).with(|| Time { a }).observe(value.unwrap_or(0.25)),
        _ => PLAIN_TIME.in_registry(registry).observe(value.unwrap_or(3.0)),
    }
}

fn text(registry: &Registry, format: Format) -> String {
    let mut out = "before ".to_owned();
    registry.write(format, &mut out);
    out
}

fn text_of_snapshot(registry: &Registry, format: Format) -> String {
    let mut out = "before ".to_owned();
    write(&registry.snapshot().families(), format, &mut out);
    out
}

fn limited_to(max_series_per_metric: usize) -> Registry {
    Registry::new(&Config { max_series_per_metric, ..Config::default() })
}

proptest! {
    #[test]
    fn the_text_is_that_of_the_snapshot(
        limit in 1..12_usize,
        is_declared: bool,
        turns in proptest::collection::vec(proptest::collection::vec(act(), 0..12), 1..6),
    ) {
        let registry = limited_to(limit);
        if is_declared {
            registry.declare(&TESTS);
        }
        for acts in turns {
            acts.iter().for_each(|act| perform(&registry, act));
            for format in [Format::Text, Format::OpenMetrics] {
                prop_assert_eq!(text(&registry, format), text_of_snapshot(&registry, format));
            }
        }
    }
}

/// How a metric with such a name is told in each format, though `catalog!` would refuse the name of the counter.
#[test]
fn a_definition_made_by_hand_is_told_as_its_snapshot_is() {
    static UNUSUAL: MetricDef = MetricDef { name: "tests_unusual", ..*OPEN.def() };
    static NAMELESS: MetricDef = MetricDef { name: "_total", ..*OPEN.def() };
    let registry = limited_to(10);
    for def in [&UNUSUAL, &NAMELESS] {
        assert!(registry.add(def, &["a", "b"], &telemetry_core::snapshot::Reading::Counter(2.5)));
    }
    for format in [Format::Text, Format::OpenMetrics] {
        let text = text(&registry, format);
        assert!(text.contains("\ntests_unusual{a=\"a\",b=\"b\"} 2.5\n"), "{text}");
        assert_eq!(text, text_of_snapshot(&registry, format));
    }
}

#[test]
fn every_text_holds_together_while_threads_make_series() {
    const THREADS: usize = 3;
    const PROJECTS: usize = 200;
    let (registry, done) = (limited_to(150), AtomicBool::new(false));
    let record = |thread: usize| {
        for i in 0..4 * PROJECTS {
            let project = ((i + thread * 31) % PROJECTS).to_string();
            OPEN.in_registry(&registry).with(|| Open { a: "x", b: &project }).inc();
            TIME.in_registry(&registry).with(|| Time { a: &project }).observe(0.5);
        }
    };
    let series = |text: &str| {
        // What is read back is sound: no label set stands twice, no bucket falls, and a count is that of its buckets.
        let families = parse(text, Format::Text).unwrap();
        families.iter().map(|family| family.metrics.len()).sum::<usize>()
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || record(thread))).collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let (mut before, mut out) = (0, String::new());
                while !done.load(Ordering::Relaxed) {
                    out.clear();
                    registry.write(Format::Text, &mut out);
                    let now = series(&out);
                    assert!(now >= before, "{now} after {before}");
                    before = now;
                }
            });
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    let end = text(&registry, Format::Text);
    assert_eq!(end, text_of_snapshot(&registry, Format::Text));
    let of_open = end.lines().filter(|line| line.starts_with("tests_open_total{"));
    let counts: Vec<f64> = of_open.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert_eq!((counts.len(), counts.iter().sum::<f64>()), (151, (THREADS * 4 * PROJECTS) as f64));
}

#[test]
fn a_text_into_a_string_with_room_allocates_nothing() {
    let registry = limited_to(50);
    for i in 0..60 {
        let project = i.to_string();
        let status = RunStatus::Ok;
        AGENT_RUNS
            .in_registry(&registry)
            .with(|| AgentRuns { llm_provider: "a", status, workflow: &project })
            .inc();
        for (metric, value) in [(0, 1e-9), (1, 0.0), (2, 1.5e300), (3, -0.1), (4, 0.3), (4, 12.0)] {
            let act = Act { metric, a: "\\", b: "\n", closed: i, value: Some(value) };
            perform(&registry, &act);
        }
        TIME.in_registry(&registry).with(|| Time { a: &project }).observe(1e10);
    }
    for format in [Format::Text, Format::OpenMetrics] {
        let mut out = String::new();
        registry.write(format, &mut out);
        let once = out.clone();
        let again = || {
            out.clear();
            registry.write(format, &mut out);
        };
        assert_eq!(allocation_counter::measure(again).count_total, 0);
        assert_eq!(out, once);
    }
}

#[test]
fn other_families_come_behind_those_of_the_registry_and_before_the_end() {
    let registry = limited_to(50);
    let load = [Family::new("load", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 0.5)])];
    for format in [Format::Text, Format::OpenMetrics] {
        let snapshot = registry.snapshot();
        let mut both = snapshot.families();
        both.extend(load.clone());
        let (mut expected, mut out) = (String::new(), String::new());
        write(&both, format, &mut expected);
        assert!(registry.write_with(&load, format, &mut out));
        assert_eq!(out, expected);
    }
}

#[test]
fn what_has_to_be_made_one_is_not_written_side_by_side() {
    static REFUSED: MetricDef = MetricDef { name: "tests refused", ..*OPEN.def() };
    let registry = limited_to(50);
    let mut out = String::new();
    let same = [Family::new("sase_agent_runs_total", FamilyKind::Counter)];
    assert!(!registry.write_with(&same, Format::Text, &mut out));
    assert!(registry.write_with(&[], Format::Text, &mut out));
    out.clear();
    assert!(registry.add(&REFUSED, &["a", "b"], &telemetry_core::snapshot::Reading::Counter(1.0)));
    assert!(!registry.write_with(&[], Format::Text, &mut out));
    assert_eq!(out, "");
}
