//! The empty half of the registry, for builds without the feature `live`.

use crate::cell::Cell;
use crate::config::Config;
use crate::exposition::{Family, Format, write_end, write_families};
use crate::metric::Subsystem;
use crate::snapshot::Snapshot;
use std::marker::PhantomData;

/// A set of series: empty in this build, which lacks the feature `live`.
#[derive(Debug, Clone, Default)]
pub struct Registry(());

impl Registry {
    /// A registry, which stays empty.
    #[must_use]
    pub const fn new(_: &Config) -> Self {
        Self(())
    }

    /// Nothing: what cannot record needs no families.
    pub const fn declare(&self, _: &'static Subsystem) {}

    /// No series.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }

    /// Writes an exposition without a family.
    pub fn write(&self, format: Format, out: &mut String) {
        write_end(format, out);
    }

    /// Writes an exposition of the other families, and says that it did.
    #[must_use]
    pub fn write_with(&self, others: &[Family<'_>], format: Format, out: &mut String) -> bool {
        write_families(others, format, out);
        write_end(format, out);
        true
    }
}

/// A cell that a registry could keep.
pub trait Kept: Cell {}

impl<C: Cell> Kept for C {}

/// A series, of which there is none in this build.
#[derive(Debug)]
pub(crate) struct Series<C>(PhantomData<C>, std::convert::Infallible);

impl<C> Series<C> {
    pub(crate) const fn cell(&self) -> &C {
        match self.1 {}
    }
}
