//! What can be recorded: the same calls on a series that was just looked up, on a bound one, and on the handle of a metric
//! that has no labels.

use super::{ActiveGuard, Bound, Handle, Ref, Target, Timer};
use crate::cell::{CounterCell, GaugeCell, HistogramCell};
use crate::declare::Unlabelled;
use crate::number::{Number, Seconds};
use crate::registry::{Kept, Series};

impl<C: Kept, S: Unlabelled<Cell = C>, R: Target<C>> Handle<C, S, R> {
    #[inline]
    fn series(&self) -> Option<&Series<C>> {
        self.as_ref().series()
    }

    #[inline]
    fn as_ref(&self) -> Ref<'_, C> {
        self.with(S::labels)
    }
}

/// The calls of a counter. With `CounterCell` and `Bound` it expands to
/// `impl Bound<CounterCell> { pub fn inc(&self) { … } … }`; the generics in front are those of the type.
macro_rules! counter_calls {
    ([$($generics:tt)*] $ty:ty $(where $($bound:tt)+)?) => {
        impl $($generics)* $ty $(where $($bound)+)? {
            /// Adds one.
            #[inline]
            pub fn inc(&self) {
                self.add(1_u64);
            }

            /// Adds a number, whole or not. What is negative, not a number, infinite or more than 10^288 is ignored.
            #[inline]
            pub fn add(&self, amount: impl Number) {
                if let Some(series) = self.series() {
                    series.cell().add(amount);
                }
            }
        }
    };
}

counter_calls!([] Ref<'_, CounterCell>);
counter_calls!([] Bound<CounterCell>);
counter_calls!([<S, R>] Handle<CounterCell, S, R> where S: Unlabelled<Cell = CounterCell>, R: Target<CounterCell>);

/// The calls of a gauge, as [`counter_calls!`] for a counter.
macro_rules! gauge_calls {
    ([$($generics:tt)*] $ty:ty $(where $($bound:tt)+)?) => {
        impl $($generics)* $ty $(where $($bound)+)? {
            /// Replaces the value.
            #[inline]
            pub fn set(&self, value: impl Number) {
                if let Some(series) = self.series() {
                    series.cell().set(value);
                }
            }

            /// Adds one.
            #[inline]
            pub fn inc(&self) {
                self.add(1.0);
            }

            /// Subtracts one.
            #[inline]
            pub fn dec(&self) {
                self.sub(1.0);
            }

            /// Adds a number.
            #[inline]
            pub fn add(&self, amount: impl Number) {
                if let Some(series) = self.series() {
                    series.cell().add(amount);
                }
            }

            /// Subtracts a number.
            #[inline]
            pub fn sub(&self, amount: impl Number) {
                if let Some(series) = self.series() {
                    series.cell().sub(amount);
                }
            }

            /// Adds one now and subtracts it when the guard is dropped. A guard that was made while telemetry was off
            /// subtracts nothing.
            #[must_use = "the gauge goes down again when the guard is dropped"]
            pub fn track(&self) -> ActiveGuard<'_> {
                ActiveGuard::new(self.as_ref())
            }
        }
    };
}

gauge_calls!([] Ref<'_, GaugeCell>);
gauge_calls!([] Bound<GaugeCell>);
gauge_calls!([<S, R>] Handle<GaugeCell, S, R> where S: Unlabelled<Cell = GaugeCell>, R: Target<GaugeCell>);

/// The calls of a histogram, as [`counter_calls!`] for a counter.
macro_rules! histogram_calls {
    ([$($generics:tt)*] $ty:ty $(where $($bound:tt)+)?) => {
        impl $($generics)* $ty $(where $($bound)+)? {
            /// Counts one observation: a [`Duration`](std::time::Duration) or a number of seconds. What is not a number, infinite or
            /// larger than 10^288 is ignored.
            #[inline]
            pub fn observe(&self, seconds: impl Seconds) {
                if let Some(series) = self.series() {
                    series.cell().observe(seconds.seconds());
                }
            }

            /// Observes the time from now until the timer is dropped.
            #[must_use = "the time is observed when the timer is dropped"]
            pub fn start_timer(&self) -> Timer<'_> {
                Timer::new(self.as_ref())
            }
        }
    };
}

histogram_calls!([] Ref<'_, HistogramCell>);
histogram_calls!([] Bound<HistogramCell>);
histogram_calls!([<S, R>] Handle<HistogramCell, S, R> where S: Unlabelled<Cell = HistogramCell>, R: Target<HistogramCell>);
