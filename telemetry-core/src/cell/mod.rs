//! The cells that hold one series each: atomics only, never a lock on the way of a caller.

mod chunk;
mod counter;
mod gauge;
mod histogram;
// Said by itself, since the lints for tests know it only so.
#[cfg(test)]
#[cfg(loom)]
mod interleavings;
pub(crate) mod lane;

#[doc(hidden)]
pub use chunk::Vacant;
pub use counter::CounterCell;
pub use gauge::GaugeCell;
#[doc(hidden)]
pub use histogram::Common;
pub use histogram::{HistogramCell, HistogramReading};

use crate::metric::MetricDef;
use crate::sync::atomic::{AtomicU64, Ordering};

/// What records one series of a metric.
pub trait Cell: Send + Sync + Sized + 'static {
    /// A cell at zero.
    fn new(def: &MetricDef) -> Self;
}

/// The size from which a float is added to no sum: not even 2^64 of those below it make one infinite, after which it could never count
/// again.
const TOO_LARGE: f64 = f64::MAX / u64::MAX as f64;

/// Whether a sum takes this number: not one that is infinite, or so large that a few of them would be, and nothing that is not a number.
#[inline(always)]
const fn can_be_summed(number: f64) -> bool {
    size(number) < size(TOO_LARGE)
}

/// Bits that rise with the size of a number, whatever its sign, and are highest for infinity and for what is not a number.
#[inline(always)]
const fn size(number: f64) -> u64 {
    number.to_bits() << 1
}

/// Adds to a float that is kept as its bits.
fn add_float(bits: &AtomicU64, amount: f64) {
    let mut seen = bits.load(Ordering::Relaxed);
    loop {
        let sum = (f64::from_bits(seen) + amount).to_bits();
        match bits.compare_exchange_weak(seen, sum, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}
