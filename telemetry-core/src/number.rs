//! The numbers that handles take: whole numbers and floats, seconds and durations.

use std::time::Duration;

/// A number that a counter or a gauge takes: any primitive integer up to 64 bits, `f32` or `f64`.
pub trait Number: Copy {
    /// The number, if it is whole and not negative; a counter adds it exactly, or as a float if it is more than 2^32.
    fn whole(self) -> Option<u64>;

    /// The nearest float.
    fn float(self) -> f64;
}

macro_rules! whole_numbers {
    ($($ty:ty),+) => {$(
        impl Number for $ty {
            #[inline]
            fn whole(self) -> Option<u64> {
                u64::try_from(self).ok()
            }

            #[inline]
            fn float(self) -> f64 {
                self as f64
            }
        }
    )+};
}

whole_numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

macro_rules! floats {
    ($($ty:ty),+) => {$(
        impl Number for $ty {
            #[inline]
            fn whole(self) -> Option<u64> {
                None
            }

            #[inline]
            fn float(self) -> f64 {
                f64::from(self)
            }
        }
    )+};
}

floats!(f32, f64);

/// A length of time: a [`Duration`], or a number of seconds.
pub trait Seconds: Copy {
    /// The length in seconds.
    fn seconds(self) -> f64;
}

impl Seconds for Duration {
    #[inline]
    fn seconds(self) -> f64 {
        self.as_secs_f64()
    }
}

impl Seconds for f64 {
    #[inline]
    fn seconds(self) -> f64 {
        self
    }
}
