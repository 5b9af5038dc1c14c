//! Which bucket a value belongs to.
//!
//! The leading bits of a float are its power of two and the quarter of the way to the next one, and rise with it. A table says for each
//! of these steps how many bounds are below it, so that one comparison is left. Counting all bounds below a value, or halving them, takes
//! several times as many instructions; and what is stored in the bucket waits for it.

use std::{array, hint};

/// Bits of a float that do not tell one step from another.
const REST: u32 = f64::MANTISSA_DIGITS - 1 - 2;

/// How many steps the table has: 32 powers of two, so that the last bound can be 4 billion times the first.
const STEPS: usize = 128;

/// How many bounds a value is compared with beside the table; those behind them are searched.
const NEAR: usize = 16;

/// What the table has for a step in which there is more than one bound: more than there are near ones.
const SEARCH: u8 = u8::MAX;

/// The upper bounds of the buckets of one metric, which its cells share.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Bounds {
    /// The first bounds, and infinity where there are fewer.
    near: [f64; NEAR],
    /// How many bounds are below each step; what is less than the first belongs to it.
    below: [u8; STEPS],
    /// The number of the first step among those of all floats.
    first: i64,
    all: &'static [f64],
}

impl Bounds {
    pub(super) fn new(all: &'static [f64]) -> Self {
        // Below zero and at zero there are no steps.
        let first = all.iter().find(|bound| **bound > 0.0).map_or(0, |bound| step(*bound));
        Self {
            near: array::from_fn(|at| all.get(at).copied().unwrap_or(f64::INFINITY)),
            below: array::from_fn(|at| below(all, first, at)),
            first,
            all,
        }
    }

    /// How many buckets there are: one more than bounds, for the values above them all.
    pub(super) const fn buckets(&self) -> usize {
        self.all.len() + 1
    }

    /// The number of the bucket to which a finite value belongs.
    #[inline]
    pub(super) fn bucket(&self, value: f64) -> usize {
        let at = step(value).wrapping_sub(self.first);
        // Whether a value is below the first bound is often as good as random, and a wrong guess would cost more than all the rest.
        let at = hint::select_unpredictable(at > 0, at, 0) as usize;
        let below = self.below.get(at).copied().map_or(NEAR, usize::from);
        match self.near.get(below) {
            Some(bound) => below + usize::from(*bound < value),
            None => self.search(value),
        }
    }

    #[cold]
    fn search(&self, value: f64) -> usize {
        bounds_below(self.all, value)
    }
}

/// The number of the step that begins at this float or less; below zero it is negative.
#[inline(always)]
const fn step(value: f64) -> i64 {
    value.to_bits().cast_signed() >> REST
}

/// Where a step begins, which is nowhere beyond infinity.
fn beginning(step: i64) -> f64 {
    f64::from_bits(step.min(self::step(f64::INFINITY)).cast_unsigned() << REST)
}

/// What the table has in this place.
fn below(all: &[f64], first: i64, at: usize) -> u8 {
    let up_to = |at: usize| bounds_below(all, beginning(first + at as i64));
    let below = if at == 0 { 0 } else { up_to(at) };
    if up_to(at + 1) - below > 1 { SEARCH } else { u8::try_from(below).unwrap_or(SEARCH) }
}

fn bounds_below(all: &[f64], value: f64) -> usize {
    all.partition_point(|bound| *bound < value)
}

#[cfg(test)]
mod tests {
    use super::Bounds;

    /// Values at the bounds, beside them and far from them.
    fn values(bounds: &[f64]) -> impl Iterator<Item = f64> {
        let far = [0.0, -0.0, 1e-300, 1.0, 3.7, f64::MIN, f64::MAX, f64::MIN_POSITIVE, -1e-300];
        let near = |bound: &f64| [*bound, bound.next_up(), bound.next_down(), bound * 1.1, bound * 0.9];
        far.into_iter().chain(bounds.iter().flat_map(near).filter(|value| value.is_finite()))
    }

    fn check(bounds: Vec<f64>) {
        let bounds: &'static [f64] = bounds.leak();
        let table = Bounds::new(bounds);
        for value in values(bounds) {
            let expected = bounds.iter().take_while(|bound| **bound < value).count();
            assert_eq!(table.bucket(value), expected, "{value} of {bounds:?}");
        }
    }

    #[test]
    fn a_value_gets_the_bucket_that_a_comparison_with_each_bound_gives_it() {
        let linear =
            |from: f64, by: f64| move |count: i32| (0..count).map(|i| from + f64::from(i) * by).collect();
        let exponential =
            |from: f64, by: f64| move |count: i32| (0..count).map(|i| from * by.powi(i)).collect();
        for count in 0..=40 {
            for bounds in [linear(0.0, 1.0), linear(-3.0, 0.25), linear(1e6, 1e-3)] {
                check(bounds(count));
            }
            for bounds in [exponential(1e-3, 2.0), exponential(10.0, 1.05), exponential(1e-290, 1e7)] {
                check(bounds(count));
            }
            for bounds in [exponential(1e295, 10.0), exponential(f64::MIN_POSITIVE / 4.0, 1.5)] {
                check(bounds(count.min(13)));
            }
        }
        check(vec![0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]);
        check(vec![-1e300, -1.0, 0.0, 1e-300, 1e300, f64::INFINITY]);
    }
}
