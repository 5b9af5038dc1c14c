//! The real registry.

use super::handed::{Handed, HandedByProcess};
use super::place::LabelValues;
use super::store::{Series, Store};
use crate::catalog::{CATALOG, SERIES_OVERFLOW};
use crate::cell::{Cell, CounterCell, GaugeCell, HistogramCell};
use crate::config::Config;
use crate::metric::{MetricDef, Subsystem};
use crate::snapshot::{Reading, Snapshot, SnapshotMetric, SnapshotSeries};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A set of series, seen by nobody else.
///
/// The static handles use the one that [`init`](crate::init) turns on. Tests and embedders can have others, through
/// [`Handle::in_registry`](crate::handle::Handle::in_registry) and the guards' `begin_in`. Clones are the same registry.
///
/// ```
/// use telemetry_core::{Registry, config::Config};
/// use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
///
/// let registry = Registry::new(&Config::default());
/// LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
/// assert_eq!(registry.snapshot().value("sase_llm_retries_total", &["claude"]), Some(1.0));
/// ```
#[derive(Debug, Clone)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max_series: usize,
    declared: Mutex<Vec<&'static Subsystem>>,
    stores: Mutex<Stores>,
    handed: HandedByProcess,
}

/// The stores of every metric that was ever used, by the kind of their cells.
#[derive(Debug, Default)]
pub struct Stores {
    counters: StoresOf<CounterCell>,
    gauges: StoresOf<GaugeCell>,
    histograms: StoresOf<HistogramCell>,
}

type StoresOf<C> = Vec<Arc<Store<C>>>;

/// A cell that a registry keeps: one of the three kinds.
pub trait Kept: Cell {
    #[doc(hidden)]
    fn read(&self) -> Reading;

    #[doc(hidden)]
    fn stores(stores: &mut Stores) -> &mut Vec<Arc<Store<Self>>>;
}

impl Registry {
    /// An empty registry with the series limit of the configuration. It records at once, whatever `telemetry.enabled` says.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            max_series: config.max_series_per_metric,
            declared: Mutex::new(CATALOG.to_vec()),
            stores: Mutex::default(),
            handed: HandedByProcess::new(Handed::default()),
        }))
    }

    pub(super) fn handed_by_process(&self) -> &HandedByProcess {
        &self.0.handed
    }

    /// Makes the metrics of a catalog of your own appear with their type and help before anything is recorded on them.
    pub fn declare(&self, subsystem: &'static Subsystem) {
        let mut declared = lock(&self.0.declared);
        if !declared.contains(&subsystem) {
            declared.push(subsystem);
        }
    }

    /// The value of every series now.
    ///
    /// The catalog comes first, in its order and with the metrics that have no series yet; then what other catalogs declared,
    /// then what telemetry tells about itself. The series of a metric are sorted by their label values.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut found = self.read_all::<CounterCell>();
        found.extend(self.read_all::<GaugeCell>());
        found.extend(self.read_all::<HistogramCell>());
        let overflow = overflow_metric(found.iter().map(|(metric, folded)| (metric.def, *folded)));
        let mut metrics: Vec<_> = found.into_iter().map(|(metric, _)| metric).collect();
        metrics.push(overflow);
        let declared = lock(&self.0.declared);
        for def in declared.iter().flat_map(|subsystem| subsystem.metrics) {
            if !metrics.iter().any(|metric| metric.def.name == def.name) {
                metrics.push(SnapshotMetric { def, series: Vec::new() });
            }
        }
        let order: Vec<_> =
            declared.iter().flat_map(|subsystem| subsystem.metrics).map(|def| def.name).collect();
        metrics.sort_by_key(|metric| position(&order, metric.def));
        Snapshot { metrics }
    }

    /// The store of one metric, made if it is new.
    ///
    /// Of two metrics that different catalogs declare under one name, the first is kept; the other one records into a store
    /// that no snapshot shows, since one exposition cannot hold both.
    pub(crate) fn store<C: Kept>(&self, def: &'static MetricDef) -> Arc<Store<C>> {
        let mut stores = lock(&self.0.stores);
        if let Some(store) = C::stores(&mut stores).iter().find(|store| store.def() == def) {
            return Arc::clone(store);
        }
        let store = Arc::new(Store::new(def, self.0.max_series));
        if !self.is_declared_otherwise(def) && !stores.holds(def.name) {
            C::stores(&mut stores).push(Arc::clone(&store));
        }
        store
    }

    /// Whether a declared subsystem gives the name to another definition.
    fn is_declared_otherwise(&self, def: &MetricDef) -> bool {
        let declared = lock(&self.0.declared);
        declared
            .iter()
            .flat_map(|subsystem| subsystem.metrics)
            .any(|other| other.name == def.name && *other != def)
    }

    fn read_all<C: Kept>(&self) -> Vec<(SnapshotMetric, u64)> {
        let stores = C::stores(&mut lock(&self.0.stores)).clone();
        stores.iter().map(|store| read_store(store)).collect()
    }
}

impl Stores {
    fn holds(&self, name: &str) -> bool {
        let counters = self.counters.iter().map(|store| store.def());
        let gauges = self.gauges.iter().map(|store| store.def());
        let histograms = self.histograms.iter().map(|store| store.def());
        counters.chain(gauges).chain(histograms).any(|def| def.name == name)
    }
}

fn read_store<C: Kept>(store: &Store<C>) -> (SnapshotMetric, u64) {
    let mut series: Vec<_> = store.kept().map(|(values, series)| read_series(values, series)).collect();
    series.sort_by(|a, b| a.values.cmp(&b.values));
    let mut times_folded = 0;
    if let Some((values, overflow, folded)) = store.overflow() {
        series.push(read_series(values, overflow));
        times_folded = folded;
    }
    (SnapshotMetric { def: store.def(), series }, times_folded)
}

fn read_series<C: Kept>(values: LabelValues, series: &Series<C>) -> SnapshotSeries {
    SnapshotSeries { values, reading: series.cell().read() }
}

fn overflow_metric<'m>(folded: impl Iterator<Item = (&'m MetricDef, u64)>) -> SnapshotMetric {
    let series = folded
        .filter(|(_, folded)| *folded > 0)
        .map(|(def, folded)| SnapshotSeries {
            values: Box::from([Box::from(def.name)]),
            reading: Reading::Counter(folded as f64),
        })
        .collect();
    SnapshotMetric { def: SERIES_OVERFLOW.def(), series }
}

/// The place among the declared names; what nobody declared comes after them, and telemetry's own metrics last.
fn position(order: &[&str], def: &MetricDef) -> usize {
    let own = usize::from(def.name == SERIES_OVERFLOW.def().name);
    order.iter().position(|name| *name == def.name).unwrap_or(order.len() + own)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept for CounterCell {
    fn read(&self) -> Reading {
        Reading::Counter(self.get())
    }

    fn stores(stores: &mut Stores) -> &mut Vec<Arc<Store<Self>>> {
        &mut stores.counters
    }
}

impl Kept for GaugeCell {
    fn read(&self) -> Reading {
        Reading::Gauge { value: self.get(), writes: self.writes() }
    }

    fn stores(stores: &mut Stores) -> &mut Vec<Arc<Store<Self>>> {
        &mut stores.gauges
    }
}

impl Kept for HistogramCell {
    fn read(&self) -> Reading {
        Reading::Histogram(HistogramCell::read(self))
    }

    fn stores(stores: &mut Stores) -> &mut Vec<Arc<Store<Self>>> {
        &mut stores.histograms
    }
}
