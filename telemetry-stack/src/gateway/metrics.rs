//! What the gateway tells about itself, beside what was pushed to it.

use std::time::Duration;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Format, write};
use telemetry_core::{Registry, Snapshot, catalog, closed_label};

/// What the names of the gateway's own metrics begin with. Nobody else can push one that does.
const PREFIX: &str = "telemetry_gateway_";

closed_label! {
    /// With which status a push or a deletion was answered.
    pub enum PushCode {
        Ok = "200",
        Accepted = "202",
        Bad = "400" (failure),
        TooLarge = "413" (failure),
        Unsupported = "415" (failure),
        Internal = "500" (failure),
        Unavailable = "503" (failure),
        NoRoom = "507" (failure),
        Other = "other" (failure),
    }
}

catalog! {
    /// What the gateway tells about itself.
    pub GATEWAY = "Gateway", "gateway";

    /// Pushes and deletions answered, by HTTP status code
    counter PUSHES = "telemetry_gateway_pushes_total", Pushes { code: PushCode };
    /// Time from a push or a deletion until it is answered, which is after it is durable
    histogram(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]) PUSH_DURATION =
        "telemetry_gateway_push_duration_seconds", PushDuration;
    /// Groups that are kept
    gauge(Live) GROUPS = "telemetry_gateway_groups", Groups;
    /// Series that are kept, each line of a histogram being one
    gauge(Live) SERIES = "telemetry_gateway_series", SeriesKept;
    /// Groups that vanished because their time to live was over
    counter EXPIRED = "telemetry_gateway_expired_groups_total", ExpiredGroups;
    /// Transactions written to the disk, each of which may hold many pushes
    counter COMMITS = "telemetry_gateway_commits_total", Commits;
}

/// Whether a family may only be the gateway's own.
pub(super) fn is_own(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The gateway's own registry.
#[derive(Debug)]
pub(super) struct Instruments {
    registry: Registry,
}

impl Default for Instruments {
    /// Every series whose labels are known is there from the start: nobody sees a counter that is born at 1 rise.
    fn default() -> Self {
        let registry = Registry::new(&Config::default());
        registry.declare(&GATEWAY);
        let pushes = PUSHES.in_registry(&registry);
        PushCode::ALL.iter().for_each(|&code| pushes.touch(|| Pushes { code }));
        PUSH_DURATION.in_registry(&registry).touch(|| PushDuration);
        EXPIRED.in_registry(&registry).touch(|| ExpiredGroups);
        COMMITS.in_registry(&registry).touch(|| Commits);
        Self { registry }
    }
}

impl Instruments {
    pub(super) fn answered(&self, status: u16, took: Duration) {
        let code = PushCode::fold(&status.to_string());
        PUSHES.in_registry(&self.registry).with(|| Pushes { code }).inc();
        PUSH_DURATION.in_registry(&self.registry).observe(took);
    }

    pub(super) fn expired(&self, groups: usize) {
        EXPIRED.in_registry(&self.registry).add(groups as u64);
    }

    pub(super) fn committed(&self) {
        COMMITS.in_registry(&self.registry).inc();
    }

    /// The gateway's own metrics as text, with so many groups and series.
    pub(super) fn text(&self, groups: usize, series: usize) -> String {
        GROUPS.in_registry(&self.registry).set(groups as f64);
        SERIES.in_registry(&self.registry).set(series as f64);
        let mut metrics = self.registry.snapshot().metrics;
        metrics.retain(|metric| GATEWAY.metrics.contains(&metric.def));
        let mut text = String::new();
        write(&Snapshot { metrics }.families(), Format::Text, &mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_gateway_is_refused_as_a_pushed_one() {
        assert!(GATEWAY.metrics.iter().all(|metric| is_own(metric.name)));
    }

    #[test]
    fn known_codes_are_there_from_the_start() {
        let instruments = Instruments::default();
        instruments.answered(507, Duration::ZERO);
        instruments.answered(418, Duration::ZERO);
        let text = instruments.text(3, 4);
        for line in [
            "telemetry_gateway_pushes_total{code=\"200\"} 0\n",
            "telemetry_gateway_pushes_total{code=\"507\"} 1\n",
            "telemetry_gateway_pushes_total{code=\"other\"} 1\n",
            "telemetry_gateway_push_duration_seconds_count 2\n",
            "telemetry_gateway_groups 3\n",
            "telemetry_gateway_series 4\n",
            "telemetry_gateway_expired_groups_total 0\n",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
