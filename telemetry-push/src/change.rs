//! What a process counted since it was last asked: the difference of two snapshots of its registry.

use crate::families::Families;
use crate::kept::Amount;
use telemetry_core::metric::{Combine, Kind};
use telemetry_core::snapshot::{Reading, Snapshot, SnapshotMetric, SnapshotSeries};

/// What a process counted since its last merge, and what its live gauges stand at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Change {
    /// What is to be added to the ledger.
    pub(crate) counted: Families,
    /// The live gauges of the process, which are summed over the living.
    pub(crate) live: Families,
}

impl Change {
    /// What happened between two snapshots of one registry; what was inherited from a parent process is no live value of this one.
    pub(crate) fn between(before: &Snapshot, inherited: &Snapshot, now: &Snapshot) -> Self {
        let mut change = Self::default();
        for metric in now.metrics.iter().filter(|metric| !metric.series.is_empty()) {
            let of = |snapshot| earlier(snapshot, metric);
            if metric.def.kind == Kind::Gauge(Combine::Live) {
                change.live.collect(metric, |series| live(of(inherited), series));
            } else {
                change.counted.collect(metric, |series| counted(of(before), series));
            }
        }
        change
    }
}

impl Families {
    /// Takes the series of a metric for which there is an amount.
    fn collect(&mut self, metric: &SnapshotMetric, amount: impl Fn(&SnapshotSeries) -> Option<Amount>) {
        let series = metric.series.iter().filter_map(|series| {
            let values = series.values.iter().map(ToString::to_string).collect();
            Some((values, amount(series)?))
        });
        let mut series = series.peekable();
        if series.peek().is_some() {
            self.of_def(metric.def).series.extend(series);
        }
    }
}

fn earlier<'s>(snapshot: &'s Snapshot, metric: &SnapshotMetric) -> Option<&'s SnapshotMetric> {
    snapshot.metrics.iter().find(|earlier| earlier.def.name == metric.def.name)
}

fn reading_of<'s>(metric: Option<&'s SnapshotMetric>, series: &SnapshotSeries) -> Option<&'s Reading> {
    // The series are sorted by their values, but for the one beyond the limit, which is the last.
    let (last, sorted) = metric?.series.split_last()?;
    let found = sorted.binary_search_by(|other| other.values.cmp(&series.values)).ok();
    let found =
        found.and_then(|at| sorted.get(at)).or_else(|| (last.values == series.values).then_some(last));
    found.map(|found| &found.reading)
}

fn live(inherited: Option<&SnapshotMetric>, series: &SnapshotSeries) -> Option<Amount> {
    let Reading::Gauge { value, .. } = series.reading else { return None };
    let of_parent = match reading_of(inherited, series) {
        Some(Reading::Gauge { value, .. }) => *value,
        _ => 0.0,
    };
    Some(Amount::Number(value - of_parent))
}

/// What one series gained; `None` where nothing happened to it.
fn counted(before: Option<&SnapshotMetric>, series: &SnapshotSeries) -> Option<Amount> {
    match (reading_of(before, series), &series.reading) {
        (None, Reading::Counter(count)) => Some(Amount::Number(*count)),
        (Some(Reading::Counter(before)), Reading::Counter(count)) => {
            (count > before).then(|| Amount::Number(count - before))
        }
        (None, Reading::Histogram(now)) => {
            let buckets = now.buckets.iter().map(|count| *count as f64).collect();
            Some(Amount::Observations { buckets, sum: now.sum })
        }
        (Some(Reading::Histogram(before)), Reading::Histogram(now)) if before != now => {
            let gained = now.buckets.iter().zip(&before.buckets);
            let buckets = gained.map(|(now, before)| now.saturating_sub(*before) as f64).collect();
            Some(Amount::Observations { buckets, sum: now.sum - before.sum })
        }
        (None, Reading::Gauge { value, writes }) => {
            Some(if *writes > 0 { Amount::Number(*value) } else { Amount::Created })
        }
        (Some(Reading::Gauge { writes: before, .. }), Reading::Gauge { value, writes }) => {
            (writes > before).then_some(Amount::Number(*value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Change;
    use telemetry_core::catalog::{AGENT_ACTIVE, AgentActive, LLM_RETRIES, LlmRetries};
    use telemetry_core::config::Config;
    use telemetry_core::{Registry, Snapshot};

    #[test]
    fn what_did_not_change_is_no_change_and_live_gauges_are_always_told() {
        let registry = Registry::new(&Config { max_series_per_metric: 2, ..Config::default() });
        for provider in ["b", "a", "__z", "c"] {
            LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider }).inc();
        }
        let labels = || AgentActive { llm_provider: "a", project: "p" };
        AGENT_ACTIVE.in_registry(&registry).with(labels).add(2);
        let before = registry.snapshot();
        let still = Change::between(&before, &Snapshot::default(), &registry.snapshot());
        assert!(still.counted.is_empty(), "{still:?}");
        assert_eq!(still.live.0.len(), 1);
        AGENT_ACTIVE.in_registry(&registry).with(labels).add(1);
        let forked = Change::between(&before, &before, &registry.snapshot());
        let active = &forked.live.0[AGENT_ACTIVE.def().name];
        assert_eq!(active.series.values().collect::<Vec<_>>(), [&crate::kept::Amount::Number(1.0)]);
    }
}
