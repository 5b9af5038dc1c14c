//! The real half of the handles: a flag, a slot per metric and the series behind it.

use super::published::Published;
use crate::label::LabelSet;
use crate::metric::MetricDef;
use crate::registry::{Kept, Known, Place, Registry, Series, Store, Written};
use crate::switch;
use crate::sync::SetOnce;
use std::sync::Arc;

type SlotOf<C> = fn() -> &'static Slot<C>;
type SeenOf<C> = fn() -> &'static [Seen<C>];

/// A series of the default registry that was recorded on before, of a metric without open labels: such a metric has one for each
/// combination of its values, where no registry and no store has to be asked for it.
#[derive(Debug)]
pub struct Seen<C: Kept>(Published<Series<C>>);

impl<C: Kept> Seen<C> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self {
        Self(Published::new())
    }

    #[cold]
    fn find(
        &'static self,
        slot: &'static Slot<C>,
        place: Known<impl LabelSet>,
    ) -> Option<&'static Series<C>> {
        let store = slot.store_when_on()?;
        Some(match store.own_series(place) {
            Some(series) => self.0.set(series),
            None => store.beyond_the_limit(),
        })
    }
}

/// Where the default registry keeps its series of one metric.
#[derive(Debug)]
pub struct Slot<C: Kept> {
    opened: Published<Store<C>>,
    /// The same, for whoever keeps it.
    kept: Published<Arc<Store<C>>>,
    def: fn() -> &'static MetricDef,
}

impl<C: Kept> Slot<C> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(def: fn() -> &'static MetricDef) -> Self {
        Self { opened: Published::new(), kept: Published::new(), def }
    }

    #[inline]
    fn store(&'static self) -> Option<&'static Store<C>> {
        if switch::is_on() { self.store_when_on() } else { None }
    }

    #[inline]
    fn store_when_on(&'static self) -> Option<&'static Store<C>> {
        match self.opened.get() {
            Some(store) => Some(store),
            None => self.open(),
        }
    }

    #[cold]
    fn open(&'static self) -> Option<&'static Store<C>> {
        let registry = switch::default_registry()?;
        // Threads that meet here get the same store, and a box is all that one of them leaves behind.
        let store = self.kept.set(Box::leak(Box::new(registry.store((self.def)()))));
        Some(self.opened.set(store))
    }

    /// The store, for whoever keeps it.
    fn shared(&'static self) -> Option<&'static Arc<Store<C>>> {
        self.store().and_then(|_| self.kept.get())
    }
}

/// A registry that a handle belongs to.
pub trait Target<C: Kept> {
    #[doc(hidden)]
    fn bind<L: LabelSet>(&self, slot: SlotOf<C>, labels: L) -> Bound<C>;

    #[doc(hidden)]
    fn is_on(&self) -> bool;

    #[doc(hidden)]
    fn find<L: LabelSet>(&self, slot: SlotOf<C>, seen: SeenOf<C>, labels: impl FnOnce() -> L) -> Ref<'_, C>;
}

/// The default registry, which [`init`](crate::init) turns on.
#[derive(Debug, Clone, Copy)]
pub struct Global;

impl<C: Kept> Target<C> for Global {
    #[inline]
    fn find<L: LabelSet>(&self, slot: SlotOf<C>, seen: SeenOf<C>, labels: impl FnOnce() -> L) -> Ref<'_, C> {
        if !switch::is_on() {
            return Ref { series: None };
        }
        let place = Known(labels());
        let series = match seen().get(place.combination()) {
            Some(seen) => match seen.0.get() {
                Some(series) => Some(series),
                None => seen.find(slot(), place),
            },
            None => slot().store_when_on().map(|store| store.series(place)),
        };
        Ref { series }
    }

    fn bind<L: LabelSet>(&self, slot: SlotOf<C>, labels: L) -> Bound<C> {
        match slot().shared() {
            Some(store) => Bound::now(store, labels),
            None => labels.with_values(|values| Bound::later(slot, values)),
        }
    }

    #[inline]
    fn is_on(&self) -> bool {
        switch::is_on()
    }
}

/// A registry of its own, beside the default one.
#[derive(Debug, Clone)]
pub struct Own<C: Kept>(Arc<Store<C>>);

impl<C: Kept> Own<C> {
    pub(super) fn new(registry: &Registry, def: &'static MetricDef) -> Self {
        Self(registry.store(def))
    }
}

impl<C: Kept> Target<C> for Own<C> {
    #[inline]
    fn find<L: LabelSet>(&self, _: SlotOf<C>, _: SeenOf<C>, labels: impl FnOnce() -> L) -> Ref<'_, C> {
        Ref { series: Some(self.0.series(Known(labels()))) }
    }

    fn bind<L: LabelSet>(&self, _: SlotOf<C>, labels: L) -> Bound<C> {
        Bound::now(&self.0, labels)
    }

    fn is_on(&self) -> bool {
        true
    }
}

/// One series, borrowed from its handle; records nothing while telemetry is off.
#[derive(Debug)]
pub struct Ref<'h, C: Kept> {
    series: Option<&'h Series<C>>,
}

impl<C: Kept> Clone for Ref<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Kept> Copy for Ref<'_, C> {}

impl<'h, C: Kept> Ref<'h, C> {
    #[inline]
    pub(super) fn series(&self) -> Option<&'h Series<C>> {
        self.series
    }

    #[inline]
    pub(super) fn as_ref(&self) -> Self {
        *self
    }
}

/// One series, bound to its labels once and kept.
#[derive(Debug)]
pub struct Bound<C: Kept> {
    series: SetOnce<Series<C>>,
    /// What there is as long as there is no series.
    without: Without<C>,
}

/// What a bound handle has that has no series of its own.
#[derive(Debug)]
enum Without<C: Kept> {
    /// It was bound while telemetry was off, and becomes live with this.
    Off { slot: SlotOf<C>, values: Box<[Box<str>]> },
    /// There were too many series when it was bound.
    Beyond(Arc<Store<C>>),
}

impl<C: Kept> Bound<C> {
    fn now(store: &Arc<Store<C>>, labels: impl LabelSet) -> Self {
        let series = store.own_series(Known(labels)).cloned();
        let without = Without::Beyond(Arc::clone(store));
        Self { series: series.map(SetOnce::from).unwrap_or_default(), without }
    }

    fn later(slot: SlotOf<C>, values: &[&str]) -> Self {
        let values = values.iter().map(|value| Box::from(*value)).collect();
        Self { series: SetOnce::default(), without: Without::Off { slot, values } }
    }

    #[inline]
    pub(super) fn series(&self) -> Option<&Series<C>> {
        match self.series.get() {
            Some(series) => Some(series),
            None if self.is_on() => self.resolve(),
            None => None,
        }
    }

    /// Whether it records; one without a series of its own is off as long as telemetry is.
    #[inline]
    fn is_on(&self) -> bool {
        matches!(self.without, Without::Beyond(_)) || switch::is_on()
    }

    /// The same series for one moment, such as to start a timer on it.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> Ref<'_, C> {
        Ref { series: self.series() }
    }

    #[cold]
    fn resolve(&self) -> Option<&Series<C>> {
        let (slot, values) = match &self.without {
            Without::Beyond(store) => return Some(store.beyond_the_limit()),
            Without::Off { slot, values } => (slot, values),
        };
        let store = slot().store()?;
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        Some(match store.own_series(Written { def: store.def(), values: &values }) {
            Some(series) => self.series.get_or_init(|| series.clone()),
            None => store.beyond_the_limit(),
        })
    }
}
