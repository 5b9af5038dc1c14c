//! The real registry.

use super::handed::{Handed, HandedByProcess};
use super::lines::{write_histograms, write_scalars};
use super::list::List;
use super::order::{Order, Used};
use super::store::Store;
use crate::by_process::ByProcess;
use crate::catalog::{CATALOG, SERIES_OVERFLOW};
use crate::cell::{Cell, Common, CounterCell, GaugeCell, HistogramCell, Vacant};
use crate::config::Config;
use crate::exposition::{Family, Format, write_end, write_families};
use crate::metric::{MetricDef, Subsystem};
use crate::snapshot::{Reading, Snapshot};
use std::borrow::Borrow;
use std::fmt::Debug;
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
    declared: List<&'static Subsystem>,
    stores: Stores,
    /// Held by whoever makes one of these lists longer.
    growing: ByProcess<Mutex<()>>,
    /// All metrics in their order, as of when somebody last asked.
    order: ByProcess<Mutex<Arc<Order>>>,
    handed: HandedByProcess,
}

/// The stores of every metric that was ever used, by the kind of their cells.
#[derive(Debug, Default)]
pub struct Stores {
    counters: StoresOf<CounterCell>,
    gauges: StoresOf<GaugeCell>,
    histograms: StoresOf<HistogramCell>,
}

type StoresOf<C> = List<Arc<Store<C>>>;

/// A cell that a registry keeps: one of the three kinds.
pub trait Kept: Cell + Debug {
    /// What a series has of its cell: the cell itself where that only says where its memory is.
    #[doc(hidden)]
    type Held: Borrow<Self> + Clone + Debug + Send + Sync;

    /// Memory that cells of the same metric will have.
    #[doc(hidden)]
    type Vacant: Default + Debug + Send;

    #[doc(hidden)]
    fn held(def: &MetricDef, vacant: &mut Self::Vacant) -> Self::Held;

    #[doc(hidden)]
    fn read(&self) -> Reading;

    #[doc(hidden)]
    fn write(store: &Store<Self>, out: &mut String);

    #[doc(hidden)]
    fn stores(stores: &Stores) -> &List<Arc<Store<Self>>>;
}

impl Registry {
    /// An empty registry with the series limit of the configuration. It records at once, whatever `telemetry.enabled` says.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            max_series: config.max_series_per_metric,
            declared: CATALOG.iter().copied().collect(),
            stores: Stores::default(),
            growing: ByProcess::new(Mutex::default()),
            order: ByProcess::new(Mutex::default()),
            handed: HandedByProcess::new(Mutex::new(Handed::default())),
        }))
    }

    pub(super) fn handed_by_process(&self) -> &HandedByProcess {
        &self.0.handed
    }

    /// Makes the metrics of a catalog of your own appear with their type and help before anything is recorded on them.
    pub fn declare(&self, subsystem: &'static Subsystem) {
        let _growing = lock(&self.0.growing);
        if !self.0.declared.iter().any(|declared| *declared == subsystem) {
            self.0.declared.push(subsystem);
        }
    }

    /// The value of every series now.
    ///
    /// The catalog comes first, in its order and with the metrics that have no series yet; then what other catalogs declared,
    /// then what telemetry tells about itself. The series of a metric are sorted by their label values.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { metrics: self.order().read() }
    }

    /// Writes the value of every series now, as [`exposition::write`](crate::exposition::write()) writes a
    /// [`snapshot`](Self::snapshot), behind what `out` already has.
    ///
    /// It is many times faster, because the labels of a series are rendered only once, and allocates nothing where `out` has room and no
    /// series was born since the last time.
    ///
    /// ```
    /// use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
    /// use telemetry_core::{Registry, config::Config, exposition::Format};
    ///
    /// let registry = Registry::new(&Config::default());
    /// LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
    /// let mut out = String::new();
    /// registry.write(Format::Text, &mut out);
    /// assert!(out.contains("\nsase_llm_retries_total{provider=\"claude\"} 1\n"));
    /// ```
    pub fn write(&self, format: Format, out: &mut String) {
        self.order().write(format, out);
        write_end(format, out);
    }

    /// Writes one exposition of the registry and of other families, which come last; see [`write`](Self::write).
    ///
    /// Says whether it did. It writes nothing where the registry has a family of the same name as one of them, since these would have to
    /// be made one, and where the registry itself has two of one name or a name that Prometheus does not take.
    #[must_use]
    pub fn write_with(&self, others: &[Family<'_>], format: Format, out: &mut String) -> bool {
        let order = self.order();
        if !order.stands_beside(others.iter().map(|family| &*family.name)) {
            return false;
        }
        order.write(format, out);
        write_families(others, format, out);
        write_end(format, out);
        true
    }

    fn order(&self) -> Arc<Order> {
        let Inner { stores, declared, .. } = &*self.0;
        let mut order = lock(&self.0.order);
        if !order.is_of(stores, declared) {
            *order = Arc::new(Order::new(stores, declared));
        }
        Arc::clone(&order)
    }

    /// The store of one metric, made if it is new.
    ///
    /// Of two metrics that different catalogs declare under one name, the first is kept; the other one records into a store
    /// that no snapshot shows, since one exposition cannot hold both. So does what would be counted where the registry itself tells how
    /// often the limit of series was exceeded.
    pub(crate) fn store<C: Kept>(&self, def: &'static MetricDef) -> Arc<Store<C>> {
        let Inner { stores, max_series, .. } = &*self.0;
        let find = || C::stores(stores).iter().find(|store| store.def() == def);
        if let Some(store) = find() {
            return Arc::clone(store);
        }
        let _growing = lock(&self.0.growing);
        if let Some(store) = find() {
            return Arc::clone(store);
        }
        let store = Arc::new(Store::new(def, *max_series));
        if !self.is_declared_otherwise(def) && !stores.holds(def.name) {
            C::stores(stores).push(Arc::clone(&store));
        }
        store
    }

    /// Whether a declared subsystem gives the name to another definition.
    fn is_declared_otherwise(&self, def: &MetricDef) -> bool {
        self.0
            .declared
            .iter()
            .flat_map(|subsystem| subsystem.metrics)
            .any(|other| other.name == def.name && *other != def)
    }
}

impl Stores {
    /// Whether there is a family of this name already.
    fn holds(&self, name: &str) -> bool {
        name == SERIES_OVERFLOW.def().name || self.iter().any(|store| store.def().name == name)
    }

    pub(super) fn count(&self) -> usize {
        self.counters.iter().count() + self.gauges.iter().count() + self.histograms.iter().count()
    }

    /// All of them, by kind and age.
    pub(super) fn iter(&self) -> impl Iterator<Item = Arc<dyn Used>> {
        let counters = self.counters.iter().map(|store| Arc::clone(store) as Arc<dyn Used>);
        let gauges = self.gauges.iter().map(|store| Arc::clone(store) as _);
        let histograms = self.histograms.iter().map(|store| Arc::clone(store) as _);
        counters.chain(gauges).chain(histograms)
    }
}

/// The lock of this process: one that another thread holds at a fork is never released in the child.
fn lock<T: Default>(mutex: &ByProcess<Mutex<T>>) -> MutexGuard<'_, T> {
    mutex.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept for CounterCell {
    type Held = Self;
    type Vacant = Vacant;

    fn held(_: &MetricDef, vacant: &mut Vacant) -> Self {
        Self::among(vacant)
    }

    fn read(&self) -> Reading {
        Reading::Counter(self.get())
    }

    fn write(store: &Store<Self>, out: &mut String) {
        write_scalars(&store.sheet(), out, Self::get);
    }

    fn stores(stores: &Stores) -> &List<Arc<Store<Self>>> {
        &stores.counters
    }
}

impl Kept for GaugeCell {
    type Held = Arc<Self>;
    type Vacant = ();

    fn held(def: &MetricDef, (): &mut ()) -> Arc<Self> {
        Arc::new(Self::new(def))
    }

    fn read(&self) -> Reading {
        let (writes, value) = self.writes_and_value();
        Reading::Gauge { value, writes }
    }

    fn write(store: &Store<Self>, out: &mut String) {
        write_scalars(&store.sheet(), out, Self::get);
    }

    fn stores(stores: &Stores) -> &List<Arc<Store<Self>>> {
        &stores.gauges
    }
}

impl Kept for HistogramCell {
    type Held = Arc<Self>;
    type Vacant = Common;

    fn held(def: &MetricDef, common: &mut Common) -> Arc<Self> {
        Arc::new(Self::among(def, common))
    }

    fn read(&self) -> Reading {
        Reading::Histogram(HistogramCell::read(self))
    }

    fn write(store: &Store<Self>, out: &mut String) {
        write_histograms(store.def(), &store.sheet(), out);
    }

    fn stores(stores: &Stores) -> &List<Arc<Store<Self>>> {
        &stores.histograms
    }
}
