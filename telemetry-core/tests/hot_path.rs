//! The price of a call in what does not depend on the machine: instructions and allocations. Time is for `cargo bench -p telemetry-peers`.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(
        clippy::print_stdout,
        clippy::unwrap_used,
        reason = "a test reports by panicking and says what it skips, and its support is no different"
    )
)]

mod instructions;

use instructions::Counted;
use telemetry_core::config::Config;
use telemetry_core::exposition::Format;
use telemetry_core::{Registry, catalog};

catalog! {
    /// For this test.
    pub TESTS = "Tests", "tests";
    /// Calls
    counter CALLS = "tests_calls_total", Calls<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
    /// Time of calls
    histogram(&[0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]) TIME = "tests_seconds",
        Time<'a> { provider: &'a str, workflow: &'a str };
}

/// A first touch allocates less than the `prometheus` crate's, which takes 918 bytes in 23 allocations for these labels.
#[test]
fn a_new_series_takes_little_and_one_that_is_there_nothing() {
    const SERIES: u64 = 1000;
    let registry = Registry::new(&Config::default());
    let calls = CALLS.in_registry(&registry);
    let projects: Vec<_> = (0..SERIES).map(|i| format!("telemetry-{i}")).collect();
    let touch_all = || {
        for project in &projects {
            calls.with(|| Calls { provider: "claude", project, workflow: "fix_failing_tests" }).inc();
        }
    };
    let first = allocation_counter::measure(touch_all);
    let (bytes, count) = (first.bytes_current / SERIES as i64, first.count_total / SERIES);
    println!("a series takes {bytes} bytes in {count} allocations");
    assert!(bytes < 918, "{bytes}");
    assert!(count <= 8, "{count}");
    // What this thread notes of where the series are.
    assert!(allocation_counter::measure(touch_all).count_total <= 1);
    assert_eq!(allocation_counter::measure(touch_all).count_total, 0);
}

/// Series, tables, sheets and what threads noted of where series are.
#[test]
fn a_registry_that_is_gone_leaves_nothing_behind() {
    let projects: Vec<_> = (0..300).map(|i| format!("telemetry-{i}")).collect();
    let live = || {
        let registry = Registry::new(&Config::default());
        let (calls, time) = (CALLS.in_registry(&registry), TIME.in_registry(&registry));
        for project in projects.iter().cycle().take(5 * projects.len()) {
            calls.with(|| Calls { provider: "claude", project, workflow: "review" }).add(0.5);
            time.with(|| Time { provider: "claude", workflow: project }).observe(1.0);
        }
        registry.write(Format::Text, &mut String::new());
        registry.snapshot()
    };
    // What a thread and a program keep for all registries is made once.
    let _first = live();
    assert_eq!(allocation_counter::measure(|| drop(live())).bytes_current, 0);
}

#[test]
fn an_observation_of_a_series_that_is_there_allocates_nothing() {
    let registry = Registry::new(&Config::default());
    let time = TIME.in_registry(&registry);
    let observe = || time.with(|| Time { provider: "claude", workflow: "review" }).observe(3.2);
    observe();
    observe();
    assert_eq!(allocation_counter::measure(observe).count_total, 0);
}

/// Instructions that a call may take.
const LIMITS: [((&str, &str), f64); 11] = [
    (("open", "on"), 90.0),
    (("open-anew", "on"), 275.0),
    (("mixed", "on"), 60.0),
    (("closed", "on"), 20.0),
    (("plain", "on"), 12.5),
    (("bound", "on"), 11.5),
    (("histogram", "on"), 125.0),
    (("bound-histogram", "on"), 64.0),
    (("open", "off"), 5.7),
    (("closed", "off"), 4.5),
    (("histogram", "off"), 6.7),
];

const TEST: &str = "a_call_takes_no_more_instructions_than_it_may";

#[test]
fn a_call_takes_no_more_instructions_than_it_may() {
    let Some(calls) = Counted::build("calls", TEST) else { return };
    let loop_around = of_a_call(&calls, "nothing", "on");
    instructions::hold(&LIMITS, |(work, switch)| of_a_call(&calls, work, switch) - loop_around);

    // Without the feature `live` there is only the loop. It stands in the same place, so it is built when the other was counted.
    let Some(calls) = Counted::build_with(&["--no-default-features"], "calls", TEST) else { return };
    let loop_around = of_a_call(&calls, "nothing", "off");
    for work in ["open", "open-anew", "mixed", "closed", "plain", "bound", "histogram", "bound-histogram"] {
        let taken = of_a_call(&calls, work, "off") - loop_around;
        println!("{work} without the feature: {taken:.2}");
        assert!(taken < 0.1, "{work}: {taken}");
    }
}

/// What hashes label values, of which each run has others: some put more keys into one place than others.
const HASHED: [&str; 4] = ["open", "open-anew", "mixed", "histogram"];

/// The median of some runs. The few calls that are taken off have other hashes again, so that they are few.
fn of_a_call(calls: &Counted, work: &str, switch: &str) -> f64 {
    let of = |times| calls.instructions(&[work, switch, times]);
    let runs = if switch == "on" && HASHED.contains(&work) { 5 } else { 1 };
    let mut taken: Vec<_> = (0..runs).map(|_| (of("110") - of("10")) / 10_000.0).collect();
    taken.sort_by(f64::total_cmp);
    taken[runs / 2]
}
