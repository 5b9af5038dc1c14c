//! The metrics of a registry in the order in which they are told.
//!
//! The catalog comes first, in its order and with the metrics that have no series yet; then what other catalogs declared, then what
//! telemetry tells about itself.

use super::list::List;
use super::live::{Kept, Stores};
use super::place::LabelValues;
use super::store::{Series, Store};
use crate::catalog::SERIES_OVERFLOW;
use crate::exposition::{
    Format, end_of_labels, is_label_name, is_metric_name, write_families, write_labels, write_line,
};
use crate::metric::{MetricDef, Subsystem};
use crate::snapshot::{Reading, SnapshotMetric, SnapshotSeries, family_without_metrics};
use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;

/// A metric that was used, whatever its kind.
pub(super) trait Used: Debug + Send + Sync {
    fn def(&self) -> &'static MetricDef;

    /// Its series now.
    fn read(&self) -> SnapshotMetric;

    /// How often something was recorded beyond its limit of series.
    fn folded(&self) -> u64;

    /// Writes the lines of its series now.
    fn write(&self, out: &mut String);
}

/// All metrics of a registry.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Of how many used metrics and declared catalogs it knows.
    known: (usize, usize),
    /// The used ones, by kind and age.
    used: Vec<Arc<dyn Used>>,
    told: Vec<Told>,
    /// Whether each name stands once and Prometheus takes them all. `catalog!` sees to it; a definition made by hand may be anything.
    is_sound: bool,
}

/// Where the values of a metric come from.
#[derive(Debug)]
enum Told {
    Used(Arc<dyn Used>),
    /// Nobody has used it yet.
    Declared(&'static MetricDef),
    /// How often the limit of series was exceeded, for every metric.
    Overflow,
}

impl Order {
    pub(super) fn is_of(&self, stores: &Stores, declared: &List<&'static Subsystem>) -> bool {
        self.known == (stores.count(), declared.iter().count())
    }

    pub(super) fn new(stores: &Stores, declared: &List<&'static Subsystem>) -> Self {
        // First, so that what is added meanwhile is missed here and not for ever.
        let known = (stores.count(), declared.iter().count());
        let used: Vec<_> = stores.iter().collect();
        let declared: Vec<_> = declared.iter().flat_map(|subsystem| subsystem.metrics).copied().collect();
        let mut told: Vec<_> = used.iter().cloned().map(Told::Used).chain([Told::Overflow]).collect();
        for def in &declared {
            if !told.iter().any(|metric| metric.def().name == def.name) {
                told.push(Told::Declared(def));
            }
        }
        told.sort_by_key(|metric| position(&declared, metric.def()));
        let is_sound = is_sound(&told);
        Self { known, used, told, is_sound }
    }

    /// Whether the metrics can be one exposition with others of these names without anything being left out or put together.
    pub(super) fn stands_beside<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        self.is_sound && names.all(|name| self.told.iter().all(|metric| metric.def().name != name))
    }

    pub(super) fn read(&self) -> Vec<SnapshotMetric> {
        let read = |metric: &Told| match metric {
            Told::Used(metric) => metric.read(),
            Told::Declared(def) => SnapshotMetric { def, series: Vec::new() },
            Told::Overflow => self.read_overflow(),
        };
        self.told.iter().map(read).collect()
    }

    /// Writes every metric, of which more may follow.
    pub(super) fn write(&self, format: Format, out: &mut String) {
        for metric in &self.told {
            write_families(&[family_without_metrics(metric.def())], format, out);
            match metric {
                Told::Used(metric) => metric.write(out),
                Told::Declared(_) => {}
                Told::Overflow => self.write_overflow(out),
            }
        }
    }

    fn read_overflow(&self) -> SnapshotMetric {
        let series = self.overflowing().map(|(def, folded)| SnapshotSeries {
            values: Box::from([Box::from(def.name)]),
            reading: Reading::Counter(folded as f64),
        });
        SnapshotMetric { def: SERIES_OVERFLOW.def(), series: series.collect() }
    }

    fn write_overflow(&self, out: &mut String) {
        let own = SERIES_OVERFLOW.def();
        for (def, folded) in self.overflowing() {
            out.push_str(own.name);
            write_labels(out, own.labels.iter().map(|label| (label.name, def.name)));
            write_line(out, end_of_labels(true), folded as f64);
        }
    }

    fn overflowing(&self) -> impl Iterator<Item = (&'static MetricDef, u64)> {
        let folded = self.used.iter().map(|metric| (metric.def(), metric.folded()));
        folded.filter(|(_, folded)| *folded > 0)
    }
}

impl Told {
    fn def(&self) -> &'static MetricDef {
        match self {
            Self::Used(metric) => metric.def(),
            Self::Declared(def) => def,
            Self::Overflow => SERIES_OVERFLOW.def(),
        }
    }
}

/// The place among the declared ones; what nobody declared comes after them, and telemetry's own metrics last.
fn position(declared: &[&MetricDef], def: &MetricDef) -> usize {
    let own = usize::from(def.name == SERIES_OVERFLOW.def().name);
    declared.iter().position(|other| other.name == def.name).unwrap_or(declared.len() + own)
}

fn is_sound(told: &[Told]) -> bool {
    let mut names = HashSet::new();
    told.iter().map(Told::def).all(|def| {
        is_metric_name(def.name)
            && def.labels.iter().all(|label| is_label_name(label.name))
            && names.insert(def.name)
    })
}

impl<C: Kept> Used for Store<C> {
    fn def(&self) -> &'static MetricDef {
        self.def()
    }

    fn read(&self) -> SnapshotMetric {
        read(self)
    }

    fn folded(&self) -> u64 {
        self.folded()
    }

    fn write(&self, out: &mut String) {
        C::write(self, out);
    }
}

fn read<C: Kept>(store: &Store<C>) -> SnapshotMetric {
    let mut series: Vec<_> = store.kept().map(|(values, series)| read_series(values, series)).collect();
    series.sort_by(|a, b| a.values.cmp(&b.values));
    series.extend(store.overflow().map(|(values, series)| read_series(values, series)));
    SnapshotMetric { def: store.def(), series }
}

fn read_series<C: Kept>(values: LabelValues, series: &Series<C>) -> SnapshotSeries {
    SnapshotSeries { values, reading: series.cell().read() }
}
