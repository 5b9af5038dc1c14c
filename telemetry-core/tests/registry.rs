//! Registries side by side, series that must not meet, and the limit on their number.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test reports by panicking, and its support is no different"
    )
)]

use std::sync::atomic::{AtomicBool, Ordering};
use telemetry_core::catalog::{
    AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS, AGENT_SPAWNS, AXE_LUMBERJACK_RESTARTS, AgentActive,
    AgentRunDuration, AgentRuns, AgentSpawns, LLM_RETRIES, LlmRetries, MENTOR_EXECUTIONS, MentorExecutions,
    RunStatus, SERIES_OVERFLOW, SeriesOverflow,
};
use telemetry_core::config::Config;
use telemetry_core::exposition::{Format, parse};
use telemetry_core::snapshot::{Reading, Snapshot, SnapshotSeries};
use telemetry_core::{Registry, catalog, default_registry};

const SPAWNS: &str = "sase_agent_spawns_total";
const OVERFLOW: &str = "telemetry_series_overflow_total";

fn registry() -> Registry {
    Registry::new(&Config::default())
}

fn limited_to(max_series_per_metric: usize) -> Registry {
    Registry::new(&Config { max_series_per_metric, ..Config::default() })
}

fn spawn(registry: &Registry, llm_provider: &str, project: &str) {
    AGENT_SPAWNS.in_registry(registry).with(|| AgentSpawns { llm_provider, project }).inc();
}

/// How many series the registry has, of all metrics together.
fn series(registry: &Registry) -> usize {
    registry.snapshot().metrics.iter().map(|metric| metric.series.len()).sum()
}

#[test]
fn two_registries_do_not_see_each_other() {
    let (one, other) = (registry(), registry());
    spawn(&one, "claude", "site");
    AXE_LUMBERJACK_RESTARTS.in_registry(&other).add(3);
    assert_eq!((series(&one), series(&other)), (1, 1));
    assert_eq!(one.snapshot().value(SPAWNS, &["claude", "site"]), Some(1.0));
    assert_eq!(other.snapshot().value("sase_axe_lumberjack_restarts_total", &[]), Some(3.0));
    assert!(default_registry().is_none(), "a registry of one's own turns nothing on");
}

#[test]
fn clones_are_the_same_registry() {
    let one = registry();
    spawn(&one.clone(), "claude", "site");
    spawn(&one, "claude", "site");
    assert_eq!(one.snapshot().value(SPAWNS, &["claude", "site"]), Some(2.0));
}

#[test]
fn label_sets_that_run_together_to_the_same_text_stay_apart() {
    let registry = registry();
    let sets =
        [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\u{ff}b", "c"), ("a", "\u{ff}bc"), ("", "")];
    for (times, (llm_provider, project)) in (1..).zip(sets) {
        let gauge = AGENT_ACTIVE.in_registry(&registry);
        gauge.with(|| AgentActive { llm_provider, project }).set(times);
        (0..times).for_each(|_| spawn(&registry, llm_provider, project));
    }
    let snapshot = registry.snapshot();
    for (times, (llm_provider, project)) in (1..).zip(sets) {
        for name in [SPAWNS, "sase_agent_active"] {
            assert_eq!(snapshot.value(name, &[llm_provider, project]), Some(f64::from(times)), "{name}");
        }
    }
}

#[test]
fn beyond_the_limit_nothing_is_lost_and_the_folded_are_counted() {
    let registry = limited_to(3);
    for project in ["a", "b", "c", "d", "e", "a", "d"] {
        spawn(&registry, "claude", project);
    }
    let snapshot = registry.snapshot();
    for (project, spawns) in [("a", 2.0), ("b", 1.0), ("c", 1.0)] {
        assert_eq!(snapshot.value(SPAWNS, &["claude", project]), Some(spawns));
    }
    assert_eq!(snapshot.value(SPAWNS, &["claude", "d"]), None);
    assert_eq!(snapshot.value(SPAWNS, &["__overflow__", "__overflow__"]), Some(3.0));
    assert_eq!(snapshot.value(OVERFLOW, &[SPAWNS]), Some(3.0));
    assert_eq!(series(&registry), 5, "three of their own, the one for the rest, and the count of the folded");
}

#[test]
fn the_limit_holds_for_bound_series_gauges_and_histograms_and_for_each_metric_by_itself() {
    let registry = limited_to(2);
    for workflow in ["a", "b", "c"] {
        let run = AgentRunDuration { llm_provider: "claude", workflow };
        AGENT_RUN_DURATION.in_registry(&registry).bind(run).observe(20.0);
        let active = AgentActive { llm_provider: "claude", project: workflow };
        AGENT_ACTIVE.in_registry(&registry).bind(active).inc();
    }
    LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
    let snapshot = registry.snapshot();
    for name in ["sase_agent_run_duration_seconds", "sase_agent_active"] {
        assert_eq!(snapshot.value(name, &["__overflow__", "__overflow__"]), Some(1.0), "{name}");
        assert_eq!(snapshot.value(OVERFLOW, &[name]), Some(1.0), "{name}");
    }
    assert_eq!(snapshot.value("sase_llm_retries_total", &["claude"]), Some(1.0));
    assert_eq!(snapshot.value(OVERFLOW, &["sase_llm_retries_total"]), None);
}

#[test]
fn a_limit_of_one_or_none_leaves_one_series_of_its_own() {
    for limit in [1, 0] {
        let registry = limited_to(limit);
        spawn(&registry, "claude", "a");
        spawn(&registry, "claude", "b");
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.value(SPAWNS, &["claude", "a"]), Some(1.0));
        assert_eq!(snapshot.value(SPAWNS, &["__overflow__", "__overflow__"]), Some(1.0));
    }
}

/// Two series of one name would make an exposition that nobody reads.
#[test]
fn whatever_a_label_set_says_no_series_is_there_twice() {
    let registry = limited_to(2);
    for value in ["__overflow__", "a", "b", "c"] {
        spawn(&registry, value, value);
        LLM_RETRIES.in_registry(&registry).bind(LlmRetries { provider: value }).inc();
        AGENT_ACTIVE.in_registry(&registry).with(|| AgentActive { llm_provider: "a", project: value }).inc();
    }
    SERIES_OVERFLOW.in_registry(&registry).with(|| SeriesOverflow { metric: SPAWNS }).inc();
    let mut text = String::new();
    registry.write(Format::Text, &mut text);
    parse(&text, Format::Text).unwrap();
    let snapshot = registry.snapshot();
    for values in [&["__overflow__"; 2][..], &["a"; 2], &["b"; 2]] {
        let count = if values[0] == "__overflow__" { 2.0 } else { 1.0 };
        assert_eq!(snapshot.value(SPAWNS, values), Some(count), "{values:?}");
        assert_eq!(snapshot.value("sase_llm_retries_total", &values[1..]), Some(count), "{values:?}");
    }
    assert_eq!(snapshot.value("sase_agent_active", &["a", "__overflow__"]), Some(1.0));
    assert_eq!(snapshot.value("sase_agent_active", &["__overflow__", "__overflow__"]), Some(2.0));
    assert_eq!(snapshot.value(OVERFLOW, &[SPAWNS]), Some(1.0));
}

#[test]
fn threads_that_meet_the_limit_together_lose_nothing() {
    let registry = limited_to(50);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|i| spawn(&registry, "claude", &i.to_string())));
        }
    });
    let snapshot = registry.snapshot();
    let spawns = snapshot.metrics.iter().find(|metric| metric.def.name == SPAWNS).unwrap();
    let counts = spawns.series.iter().map(|series| match series.reading {
        Reading::Counter(count) => count,
        _ => panic!("a counter was expected"),
    });
    assert_eq!((spawns.series.len(), counts.sum::<f64>()), (51, 800.0));
    assert_eq!(snapshot.value(OVERFLOW, &[SPAWNS]), Some(600.0));
}

/// Threads that make and find the same series and others while the registry is read again and again: no reading goes back, and at the
/// end nothing is lost and nothing is there twice. The tables of series grow several times meanwhile.
#[test]
fn readings_while_threads_make_series_never_go_back_and_lose_nothing() {
    const THREADS: usize = 6;
    const PROJECTS: usize = 150;
    let registry = registry();
    let done = AtomicBool::new(false);
    let record = |thread: usize| {
        let runs = AGENT_RUNS.in_registry(&registry);
        for i in 0..20 * PROJECTS {
            let project = ((i + thread * 31) % PROJECTS).to_string();
            spawn(&registry, "claude", &project);
            let status = RunStatus::ALL[i % RunStatus::ALL.len()];
            runs.with(|| AgentRuns { llm_provider: "claude", status, workflow: &project }).inc();
        }
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || record(thread))).collect();
        scope.spawn(|| {
            let mut before = registry.snapshot();
            while !done.load(Ordering::Relaxed) {
                let now = registry.snapshot();
                assert_nothing_went_back(&before, &now);
                before = now;
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    let expected = (THREADS * 20) as f64;
    for (name, series) in [(SPAWNS, PROJECTS), ("sase_agent_runs_total", PROJECTS * 4)] {
        let counts = counts(&registry.snapshot(), name);
        assert_eq!(counts.len(), series, "{name}");
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<f64>(), expected * PROJECTS as f64, "{name}");
    }
    assert!(counts(&registry.snapshot(), SPAWNS).iter().all(|(_, count)| *count == expected));
}

/// The series of a counter with their counts, sorted by their values.
fn counts(snapshot: &Snapshot, name: &str) -> Vec<(Box<[Box<str>]>, f64)> {
    let metric = snapshot.metrics.iter().find(|metric| metric.def.name == name).unwrap();
    let count = |series: &SnapshotSeries| match series.reading {
        Reading::Counter(count) => (series.values.clone(), count),
        _ => panic!("a counter was expected"),
    };
    metric.series.iter().map(count).collect()
}

fn assert_nothing_went_back(before: &Snapshot, now: &Snapshot) {
    for name in [SPAWNS, "sase_agent_runs_total"] {
        let now = counts(now, name);
        for (values, count) in counts(before, name) {
            let at = now.binary_search_by(|(other, _)| other.cmp(&values));
            assert!(now[at.unwrap()].1 >= count, "{name} {values:?}");
        }
    }
}

#[test]
fn every_family_is_there_before_anything_was_recorded() {
    let snapshot = registry().snapshot();
    let names: Vec<_> = snapshot.families().into_iter().map(|family| family.name.into_owned()).collect();
    let expected: Vec<_> = catalog::metrics().map(|def| def.name).chain([OVERFLOW]).collect();
    assert_eq!(names, expected);
    assert!(snapshot.families().iter().all(|family| family.help.is_some() && family.metrics.is_empty()));
}

mod own {
    //! A catalog of somebody's own.
    use telemetry_core::catalog;

    catalog! {
        /// The coffee machine.
        pub COFFEE = "Coffee Machine", "coffee";
        /// Cups brewed
        counter CUPS = "coffee_cups_total", Cups<'a> { bean: &'a str };
        /// Water left in the tank
        gauge(State) WATER = "coffee_water_litres", Water;
    }
}

mod rival {
    //! Another catalog that takes a name which is taken.
    use telemetry_core::catalog;

    catalog! {
        /// The tea kettle.
        pub TEA = "Tea Kettle", "tea";
        /// Cups poured
        counter CUPS = "coffee_cups_total", Cups<'a> { kettle: &'a str };
    }
}

#[test]
fn a_catalog_of_ones_own_is_shown_when_declared_and_when_recorded() {
    let registry = registry();
    let coffee = |registry: &Registry| {
        let snapshot = registry.snapshot();
        let names = snapshot.metrics.iter().map(|metric| metric.def.name);
        names.filter(|name| name.starts_with("coffee_")).collect::<Vec<_>>()
    };
    own::CUPS.in_registry(&registry).with(|| own::Cups { bean: "arabica" }).inc();
    assert_eq!(coffee(&registry), ["coffee_cups_total"]);
    registry.declare(&own::COFFEE);
    registry.declare(&own::COFFEE);
    assert_eq!(coffee(&registry), ["coffee_cups_total", "coffee_water_litres"]);
}

#[test]
fn of_two_metrics_of_one_name_the_first_is_shown() {
    let registry = registry();
    own::CUPS.in_registry(&registry).with(|| own::Cups { bean: "arabica" }).inc();
    rival::CUPS.in_registry(&registry).with(|| rival::Cups { kettle: "red" }).inc();
    let snapshot = registry.snapshot();
    let shown = snapshot.metrics.iter().filter(|metric| metric.def.name == "coffee_cups_total");
    assert_eq!(shown.count(), 1);
    assert_eq!(snapshot.value("coffee_cups_total", &["arabica"]), Some(1.0));
    assert_eq!(snapshot.value("coffee_cups_total", &["red"]), None);
}

#[test]
fn a_timer_observes_once_unless_it_is_discarded_and_a_tracked_gauge_comes_down_again() {
    let registry = registry();
    let run = AgentRunDuration { llm_provider: "claude", workflow: "fix" };
    let time = AGENT_RUN_DURATION.in_registry(&registry).bind(run);
    drop(time.start_timer());
    time.start_timer().discard();
    assert_eq!(registry.snapshot().value("sase_agent_run_duration_seconds", &["claude", "fix"]), Some(1.0));

    let active = AGENT_ACTIVE.in_registry(&registry);
    let active = active.bind(AgentActive { llm_provider: "claude", project: "site" });
    let value = || registry.snapshot().value("sase_agent_active", &["claude", "site"]);
    let first = active.track();
    let second = active.track();
    assert_eq!(value(), Some(2.0));
    drop(first);
    assert_eq!(value(), Some(1.0));
    drop(second);
    assert_eq!(value(), Some(0.0));
}

#[test]
fn what_is_recorded_first_does_not_take_a_name_from_what_was_declared_before() {
    let registry = registry();
    registry.declare(&own::COFFEE);
    rival::CUPS.in_registry(&registry).with(|| rival::Cups { kettle: "red" }).inc();
    own::CUPS.in_registry(&registry).with(|| own::Cups { bean: "arabica" }).inc();
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.value("coffee_cups_total", &["arabica"]), Some(1.0));
    assert_eq!(snapshot.value("coffee_cups_total", &["red"]), None);
}

#[test]
fn what_is_touched_is_there_at_zero_and_a_touched_gauge_counts_as_not_written() {
    let registry = registry();
    MENTOR_EXECUTIONS.in_registry(&registry).touch(|| MentorExecutions { status: RunStatus::Ok });
    let touched = AgentActive { llm_provider: "claude", project: "site" };
    AGENT_ACTIVE.in_registry(&registry).touch(|| touched);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.value("sase_mentor_executions_total", &["ok"]), Some(0.0));
    let active = snapshot.metrics.iter().find(|metric| metric.def.name == "sase_agent_active").unwrap();
    assert_eq!(active.series[0].reading, Reading::Gauge { value: 0.0, writes: 0 });
}
