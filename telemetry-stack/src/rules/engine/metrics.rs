//! What the evaluation of rules tells of itself.

use crate::history::Appended;
use std::time::Duration;
use telemetry_core::config::Config;
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_core::{Registry, catalog, closed_label};

closed_label! {
    /// How an evaluation of a rule ended.
    pub enum Outcome { Ok = "ok", Error = "error" (failure), Other = "other" (failure) }
}

catalog! {
    /// What the evaluation of rules tells of itself.
    pub RULES = "Rules", "rules";

    /// Evaluations of rules, by how they ended
    counter EVALUATIONS = "telemetry_rules_evaluations_total", Evaluations<'a> { group: &'a str, outcome: Outcome };
    /// Evaluations of whole groups that were left out, because the one before took too long or the clock was set
    counter MISSED = "telemetry_rules_evaluations_missed_total", Missed<'a> { group: &'a str };
    /// How long the last evaluation of a group took
    gauge(Live) LAST_DURATION = "telemetry_rules_last_duration_seconds", LastDuration<'a> { group: &'a str };
    /// Samples of recorded series and of alerts that were left out because they were not younger than the latest of their series
    counter OUT_OF_ORDER = "telemetry_rules_samples_out_of_order_total", OutOfOrder;
}

/// A registry of the rules' own, whether or not telemetry is on.
#[derive(Debug)]
pub(super) struct Instruments {
    registry: Registry,
}

impl Instruments {
    /// Every series is there from the start: nobody sees a counter that is born at 1 rise.
    pub(super) fn new<'a>(groups: impl Iterator<Item = &'a str>) -> Self {
        let registry = Registry::new(&Config::default());
        registry.declare(&RULES);
        OUT_OF_ORDER.in_registry(&registry).touch(|| OutOfOrder);
        for group in groups {
            let evaluations = EVALUATIONS.in_registry(&registry);
            Outcome::ALL.iter().for_each(|&outcome| evaluations.touch(|| Evaluations { group, outcome }));
            MISSED.in_registry(&registry).touch(|| Missed { group });
        }
        Self { registry }
    }

    pub(super) fn evaluated(&self, group: &str, outcome: Outcome) {
        EVALUATIONS.in_registry(&self.registry).with(|| Evaluations { group, outcome }).inc();
    }

    pub(super) fn missed(&self, group: &str, times: u64) {
        MISSED.in_registry(&self.registry).with(|| Missed { group }).add(times);
    }

    pub(super) fn took(&self, group: &str, time: Duration) {
        LAST_DURATION.in_registry(&self.registry).with(|| LastDuration { group }).set(time.as_secs_f64());
    }

    pub(super) fn appended(&self, appended: Appended) {
        OUT_OF_ORDER.in_registry(&self.registry).add(appended.out_of_order as u64);
    }

    pub(super) fn metrics(&self) -> Vec<SnapshotMetric> {
        let mut metrics = self.registry.snapshot().metrics;
        metrics.retain(|metric| RULES.metrics.contains(&metric.def));
        metrics
    }
}
