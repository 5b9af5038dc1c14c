//! What a process counted since it was last asked: the difference of two snapshots of its registry.

use telemetry_core::metric::{Combine, Kind, MetricDef};
use telemetry_core::snapshot::{Reading, Snapshot, SnapshotMetric, SnapshotSeries};

/// What a process counted since its last merge, and what its live gauges stand at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Change {
    pub(crate) metrics: Vec<MetricChange>,
}

/// The changed series of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricChange {
    pub(crate) def: &'static MetricDef,
    pub(crate) series: Vec<(Box<[Box<str>]>, SeriesChange)>,
}

/// What happened to one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SeriesChange {
    /// A counter rose by this much; by 0 where it was only created.
    Count(f64),
    /// A histogram got these observations, per bucket, with this sum.
    Observations { buckets: Vec<u64>, sum: f64 },
    /// A state was set to this value, or only created.
    State(Option<f64>),
    /// A live gauge of this process stands at this value.
    Live(f64),
}

impl Change {
    /// What happened between two snapshots of one registry.
    pub(crate) fn between(before: &Snapshot, now: &Snapshot) -> Self {
        let metrics = now
            .metrics
            .iter()
            .map(|metric| change_of(before, metric))
            .filter(|metric| !metric.series.is_empty());
        Self { metrics: metrics.collect() }
    }

    /// The live gauges of the process.
    pub(crate) fn live(&self) -> impl Iterator<Item = &MetricChange> {
        self.metrics.iter().filter(|metric| metric.def.kind == Kind::Gauge(Combine::Live))
    }
}

fn change_of(before: &Snapshot, now: &SnapshotMetric) -> MetricChange {
    let earlier = before.metrics.iter().find(|metric| metric.def.name == now.def.name);
    let series = now.series.iter().filter_map(|series| {
        let earlier = earlier.and_then(|metric| reading_of(metric, series));
        Some((series.values.clone(), difference(now.def.kind, earlier, &series.reading)?))
    });
    MetricChange { def: now.def, series: series.collect() }
}

fn reading_of<'s>(metric: &'s SnapshotMetric, series: &SnapshotSeries) -> Option<&'s Reading> {
    metric.series.iter().find(|other| other.values == series.values).map(|other| &other.reading)
}

/// What one series gained; `None` where nothing happened to it.
fn difference(kind: Kind, before: Option<&Reading>, now: &Reading) -> Option<SeriesChange> {
    match (before, now) {
        (None, Reading::Counter(count)) => Some(SeriesChange::Count(*count)),
        (Some(Reading::Counter(before)), Reading::Counter(count)) => {
            (count > before).then(|| SeriesChange::Count(count - before))
        }
        (None, Reading::Histogram(now)) => {
            Some(SeriesChange::Observations { buckets: now.buckets.clone(), sum: now.sum })
        }
        (Some(Reading::Histogram(before)), Reading::Histogram(now)) if before != now => {
            let buckets = now
                .buckets
                .iter()
                .zip(&before.buckets)
                .map(|(now, before)| now.saturating_sub(*before))
                .collect();
            Some(SeriesChange::Observations { buckets, sum: now.sum - before.sum })
        }
        (_, Reading::Gauge { value, .. }) if kind == Kind::Gauge(Combine::Live) => {
            Some(SeriesChange::Live(*value))
        }
        (None, Reading::Gauge { value, writes }) => {
            Some(SeriesChange::State((*writes > 0).then_some(*value)))
        }
        (Some(Reading::Gauge { writes: before, .. }), Reading::Gauge { value, writes }) => {
            (writes > before).then_some(SeriesChange::State(Some(*value)))
        }
        _ => None,
    }
}
