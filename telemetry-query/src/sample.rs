//! One value at one time, and the mark of a series that has ended.

/// The bits of the value by which Prometheus marks that a series has ended ("stale NaN").
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The value that a store returns where a series has ended: queries do not see it, nor what was before it.
///
/// It is a NaN that no computation has as its result; compare it with [`is_stale`] and never with `==`.
pub const STALE: f64 = f64::from_bits(STALE_BITS);

/// Whether a value is the mark of a series that has ended; an ordinary NaN is not.
#[must_use]
pub const fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// A value at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970 in UTC.
    pub timestamp: i64,
    /// The value; NaN and the infinities are values like any other, [`STALE`] is the end of the series.
    pub value: f64,
}

impl Sample {
    /// A value at a time in milliseconds since 1970.
    #[must_use]
    pub const fn new(timestamp: i64, value: f64) -> Self {
        Self { timestamp, value }
    }
}
