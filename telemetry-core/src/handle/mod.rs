//! The typed handles: what a program holds of a metric, and what it calls.
//!
//! A handle of the default registry is an empty value. While telemetry is off, a call through it reads one flag and returns; its
//! labels are not evaluated. Without the feature `live` there is no flag either, and the call compiles to nothing.

mod ops;
mod timer;

#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod published;
#[cfg(feature = "live")]
use live as half;

#[cfg(not(feature = "live"))]
mod stub;
#[cfg(not(feature = "live"))]
use stub as half;

pub use half::{Bound, Global, Own, Ref, Seen, Slot};
pub use timer::{ActiveGuard, Timer};

pub(crate) use half::Target;
#[cfg(feature = "live")]
pub(crate) use published::Published;

use crate::cell::{CounterCell, GaugeCell, HistogramCell};
use crate::declare::Schema;
use crate::metric::MetricDef;
use crate::registry::{Kept, Registry};
use std::marker::PhantomData;

/// The handle of one metric `S`, recorded by the cell `C`, in the registry `R`: by default the one that
/// [`init`](crate::init) turns on.
///
/// # Signals, allocators and forks
/// A handler of a signal must not record: it could come between a load and the store that belongs to it on the thread that it interrupts,
/// and undo or tear what that thread records; and the first call with a label set takes a lock and allocates. Set a flag in the
/// handler, and record where the program looks at it. Neither must an allocator: whoever makes a series allocates under that lock, and would
/// wait for itself. Let it add to an atomic number of its own.
///
/// A forked process has a copy of every series, with the counts of its parent; `telemetry-push` knows them for the parent's. If it was
/// forked while *another* thread was in the midst of an observation on a histogram, nobody will finish it in the child. The child's
/// first reading of that histogram waits half a second for it, then takes it as far as it came: a bucket and the count may have an
/// observation that the sum lacks. No other wait in the child is for a thread of its parent: a child has locks of its own, and a series
/// that the other thread was about to make is either there or is made anew when the child needs it. What the child may rely on beside
/// telemetry is for the system to say: a process with threads that only starts another program in a child (`exec`), as
/// [`Command`](std::process::Command) does, or forks before it has threads, has nothing to think of.
#[derive(Debug)]
pub struct Handle<C, S, R = Global> {
    registry: R,
    schema: PhantomData<fn() -> (C, S)>,
}

/// The handle of a counter.
pub type Counter<S, R = Global> = Handle<CounterCell, S, R>;
/// The handle of a gauge.
pub type Gauge<S, R = Global> = Handle<GaugeCell, S, R>;
/// The handle of a histogram.
pub type Histogram<S, R = Global> = Handle<HistogramCell, S, R>;

/// One series of a counter, bound to its labels once and kept.
pub type BoundCounter = Bound<CounterCell>;
/// One series of a gauge, bound to its labels once and kept.
pub type BoundGauge = Bound<GaugeCell>;
/// One series of a histogram, bound to its labels once and kept.
pub type BoundHistogram = Bound<HistogramCell>;

impl<C, S> Handle<C, S> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self {
        Self { registry: Global, schema: PhantomData }
    }
}

impl<C: Kept, S: Schema<Cell = C>> Handle<C, S> {
    /// The handle of the same metric in another registry. It records whether or not the default registry is on.
    #[must_use]
    pub fn in_registry(&self, registry: &Registry) -> Handle<C, S, Own<C>> {
        Handle { registry: Own::new(registry, S::DEF), schema: PhantomData }
    }
}

impl<C, S: Schema, R> Handle<C, S, R> {
    /// The definition of the metric.
    #[must_use]
    pub const fn def(&self) -> &'static MetricDef {
        S::DEF
    }
}

impl<C: Kept, S: Schema<Cell = C>, R: Target<C>> Handle<C, S, R> {
    /// The series with these labels, to record on at once. The closure is not called while telemetry is off.
    ///
    /// ```
    /// use telemetry_core::catalog::{LLM_OUTPUT_TOKENS, LlmOutputTokens};
    /// LLM_OUTPUT_TOKENS.with(|| LlmOutputTokens { provider: "claude" }).add(210);
    /// ```
    #[inline]
    pub fn with<'h, 'a>(&'h self, labels: impl FnOnce() -> S::Labels<'a>) -> Ref<'h, C> {
        self.registry.find(S::slot, S::seen, labels)
    }

    /// Calls `f` only while telemetry is on: for labels that have to be computed into a temporary first.
    ///
    /// ```
    /// use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
    /// # let region = 3;
    /// LLM_RETRIES.when_on(|retries| {
    ///     let provider = format!("claude-{region}");
    ///     retries.with(|| LlmRetries { provider: &provider }).inc();
    /// });
    /// ```
    #[inline]
    pub fn when_on(&self, f: impl FnOnce(&Self)) {
        if self.registry.is_on() {
            f(self);
        }
    }

    /// Creates the series with these labels at 0, if it is not there: `increase()` cannot see a counter that is born at 1.
    ///
    /// A gauge that is only created counts as not written: where processes share it, it replaces no other's value.
    #[inline]
    pub fn touch<'a>(&self, labels: impl FnOnce() -> S::Labels<'a>) {
        if self.registry.is_on() {
            let _created = self.bind(labels());
        }
    }

    /// Binds the labels once, for a series that is recorded on often. A series bound while telemetry is off becomes live when
    /// it is turned on; binding then copies the labels.
    #[must_use]
    pub fn bind(&self, labels: S::Labels<'_>) -> Bound<C> {
        self.registry.bind(S::slot, labels)
    }
}
