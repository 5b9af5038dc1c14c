//! The empty half of the handles: every type is empty, every call returns at once, and the compiler removes both.

use crate::label::LabelSet;
use crate::metric::MetricDef;
use crate::registry::{Kept, Registry, Series};
use std::marker::PhantomData;

type SlotOf<C> = fn() -> &'static Slot<C>;
type SeenOf<C> = fn() -> &'static [Seen<C>];

/// Where the default registry would keep a series that it has seen.
#[derive(Debug)]
pub struct Seen<C>(PhantomData<C>);

impl<C: Kept> Seen<C> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Where the default registry would keep its series of one metric.
#[derive(Debug)]
pub struct Slot<C>(PhantomData<C>);

impl<C: Kept> Slot<C> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(_: fn() -> &'static MetricDef) -> Self {
        Self(PhantomData)
    }
}

/// A registry that a handle belongs to.
pub trait Target<C: Kept> {
    #[doc(hidden)]
    fn bind<L: LabelSet>(&self, _: SlotOf<C>, _: L) -> Bound<C> {
        Bound(PhantomData)
    }

    #[doc(hidden)]
    fn is_on(&self) -> bool {
        false
    }

    #[doc(hidden)]
    #[inline]
    fn find<L: LabelSet>(&self, _: SlotOf<C>, _: SeenOf<C>, _: impl FnOnce() -> L) -> Ref<'_, C> {
        Ref(PhantomData)
    }
}

/// The default registry.
#[derive(Debug, Clone, Copy)]
pub struct Global;

impl<C: Kept> Target<C> for Global {}

/// A registry of its own, beside the default one.
#[derive(Debug, Clone)]
pub struct Own<C>(PhantomData<C>);

impl<C: Kept> Own<C> {
    pub(super) fn new(_: &Registry, _: &'static MetricDef) -> Self {
        Self(PhantomData)
    }
}

impl<C: Kept> Target<C> for Own<C> {}

/// One series, borrowed from its handle; records nothing.
#[derive(Debug)]
pub struct Ref<'h, C>(PhantomData<&'h C>);

impl<C> Clone for Ref<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Ref<'_, C> {}

impl<'h, C: Kept> Ref<'h, C> {
    #[inline]
    pub(super) fn series(&self) -> Option<&'h Series<C>> {
        None
    }

    #[inline]
    pub(super) fn as_ref(&self) -> Self {
        *self
    }
}

/// One series, bound to its labels once and kept.
#[derive(Debug)]
pub struct Bound<C>(PhantomData<C>);

impl<C: Kept> Bound<C> {
    #[inline]
    pub(super) fn series(&self) -> Option<&Series<C>> {
        None
    }

    /// The same series for one moment, such as to start a timer on it.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> Ref<'_, C> {
        Ref(PhantomData)
    }
}
