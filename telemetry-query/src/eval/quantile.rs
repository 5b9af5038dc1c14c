//! Quantiles of plain values.

use std::cmp::Ordering;

use super::window::count;

/// The value below which a share of the values lies, interpolated between two of them. NaN is less than any number.
pub(super) fn quantile(share: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || share.is_nan() {
        return f64::NAN;
    }
    if share < 0.0 {
        return f64::NEG_INFINITY;
    }
    if share > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|one, other| nan_first(*one, *other));
    let rank = share * count(values.len() - 1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is a position among the values"
    )]
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

/// Orders numbers with NaN before all of them.
pub(super) fn nan_first(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| other.is_nan().cmp(&one.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(0.5, &mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(quantile(0.25, &mut [1.0, 2.0]), 1.25);
        assert_eq!(quantile(1.0, &mut [1.0, 2.0]), 2.0);
        assert_eq!(quantile(0.0, &mut [7.0]), 7.0);
    }

    #[test]
    fn shares_outside_of_0_and_1_are_infinite() {
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
        assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
        assert!(quantile(0.5, &mut []).is_nan());
    }

    #[test]
    fn nan_is_less_than_any_number() {
        assert_eq!(quantile(1.0, &mut [f64::NAN, 5.0]), 5.0);
        assert!(quantile(0.0, &mut [5.0, f64::NAN, f64::NEG_INFINITY]).is_nan());
    }
}
