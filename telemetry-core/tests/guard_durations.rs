//! What a guard is told of how long something took, in place of what its clock says.
#![cfg(feature = "live")]

use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::catalog::{CycleType, RunStatus};
use telemetry_core::config::Config;
use telemetry_core::guard::{Agent, AgentRun, AxeCycle, HookExecution, LlmInvocation, WorkflowExecution};
use telemetry_core::snapshot::Reading;

const AGENT: Agent<'_> = Agent { llm_provider: "claude", project: "site", workflow: "fix" };

/// How a guard is told, after which it ends.
#[derive(Clone, Copy)]
enum Told {
    Nothing,
    Lasted(Duration),
    Unknown,
}

/// Tells the guard, as all of them are told.
macro_rules! tell {
    ($guard:ident, $told:ident) => {
        match $told {
            Told::Nothing => {}
            Told::Lasted(duration) => $guard.lasted(duration),
            Told::Unknown => $guard.lasted_unknown(),
        }
    };
}

/// Every guard with a duration, begun in this registry, told and ended.
const GUARDS: [fn(&Registry, Told); 5] = [
    |registry, told| {
        let mut run = AgentRun::begin_in(registry, AGENT);
        tell!(run, told);
        run.ok();
    },
    |registry, told| {
        let mut call = LlmInvocation::begin_in(registry, "claude");
        tell!(call, told);
        call.error("timeout");
    },
    |registry, told| {
        let mut cycle = AxeCycle::begin_in(registry, CycleType::Full);
        tell!(cycle, told);
        cycle.done();
    },
    |registry, told| {
        let mut hook = HookExecution::begin_in(registry, "lint");
        tell!(hook, told);
        // Dropped without an outcome, it took as long all the same.
    },
    |registry, told| {
        let mut workflow = WorkflowExecution::begin_in(registry, "fix");
        tell!(workflow, told);
        workflow.end(RunStatus::Killed);
    },
];

/// The number of observations and their sum in the one histogram series that is there.
fn observed(registry: &Registry) -> (u64, f64) {
    let snapshot = registry.snapshot();
    let all = snapshot.metrics.iter().flat_map(|metric| &metric.series);
    let mut readings = all.filter_map(|series| match &series.reading {
        Reading::Histogram(reading) => Some((reading.buckets.iter().sum(), reading.sum)),
        Reading::Counter(_) | Reading::Gauge { .. } => None,
    });
    let only = readings.next();
    assert!(readings.next().is_none(), "a guard has one duration");
    only.unwrap_or_default()
}

fn after(guard: fn(&Registry, Told), told: Told) -> (u64, f64) {
    let registry = Registry::new(&Config::default());
    guard(&registry, told);
    observed(&registry)
}

#[test]
fn what_a_guard_is_told_replaces_what_its_clock_says() {
    for guard in GUARDS {
        for seconds in [0.0, 12.4, 7201.0] {
            let told = Told::Lasted(Duration::from_secs_f64(seconds));
            assert_eq!(after(guard, told), (1, seconds));
        }
    }
}

#[test]
fn a_duration_that_nobody_knows_is_not_observed() {
    for guard in GUARDS {
        assert_eq!(after(guard, Told::Unknown), (0, 0.0));
    }
}

#[test]
fn a_guard_that_is_told_nothing_looks_at_its_clock() {
    for guard in GUARDS {
        let (count, sum) = after(guard, Told::Nothing);
        assert!(count == 1 && sum > 0.0, "{count} {sum}");
    }
}

#[test]
fn the_last_word_counts() {
    let registry = Registry::new(&Config::default());
    let mut run = AgentRun::begin_in(&registry, AGENT);
    run.lasted_unknown();
    run.lasted(Duration::MAX);
    run.lasted(Duration::from_secs(3));
    run.ok();
    let mut run = AgentRun::begin_in(&registry, AGENT);
    run.lasted(Duration::from_secs(1000));
    run.restart_clock();
    run.ok();
    let (count, sum) = observed(&registry);
    assert!(count == 2 && (3.0..1000.0).contains(&sum), "{count} {sum}");
}

#[test]
fn several_retries_are_counted_at_once() {
    let registry = Registry::new(&Config::default());
    let (call, hook) =
        (LlmInvocation::begin_in(&registry, "claude"), HookExecution::begin_in(&registry, "lint"));
    call.retries(3);
    call.retry();
    hook.retries(2);
    hook.retries(0);
    call.ok();
    hook.passed();
    let value = |name, label| registry.snapshot().value(name, &[label]);
    assert_eq!(value("sase_llm_retries_total", "claude"), Some(4.0));
    assert_eq!(value("sase_hook_retries_total", "lint"), Some(2.0));
}
