//! The default registry at its limit of series. A process turns it on once, so that this is one test.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")
)]

use telemetry_core::catalog::{
    LLM_RETRIES, LlmRetries, MENTOR_EXECUTIONS, MentorExecutions, RunStatus, SERIES_OVERFLOW,
};
use telemetry_core::config::Config;
use telemetry_core::metric::MetricDef;
use telemetry_core::{Switch, default_registry, init};

/// What was counted beyond the limit of this metric, and how often something was.
fn beyond(def: &MetricDef) -> [Option<f64>; 2] {
    let snapshot = default_registry().unwrap().snapshot();
    [snapshot.value(def.name, &["__overflow__"]), snapshot.value(SERIES_OVERFLOW.def().name, &[def.name])]
}

#[test]
fn each_recording_beyond_the_limit_is_counted_as_one_however_it_is_made() {
    let early = LLM_RETRIES.bind(LlmRetries { provider: "early" });
    early.inc();
    let config = Config { enabled: Some(true), max_series_per_metric: 2, ..Config::default() };
    assert_eq!(init(&config), Switch::TurnedOn);

    // The series of closed labels are found without the registry from the second call on.
    for _ in 0..3 {
        for status in RunStatus::ALL {
            MENTOR_EXECUTIONS.with(|| MentorExecutions { status: *status }).inc();
        }
    }
    assert_eq!(beyond(MENTOR_EXECUTIONS.def()), [Some(6.0); 2]);

    for provider in ["a", "b"] {
        LLM_RETRIES.with(|| LlmRetries { provider }).inc();
    }
    assert_eq!(beyond(LLM_RETRIES.def()), [None; 2]);
    (0..3).for_each(|_| early.inc());
    assert_eq!(beyond(LLM_RETRIES.def()), [Some(3.0); 2]);
    let late = LLM_RETRIES.bind(LlmRetries { provider: "late" });
    (0..3).for_each(|_| late.inc());
    assert_eq!(beyond(LLM_RETRIES.def()), [Some(6.0); 2]);
}
