//! Quantiles of histograms, estimated exactly as Prometheus estimates them.
//!
//! The reference is the function `histogram_quantile` of PromQL
//! (<https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>), for classic buckets in
//! `promql/quantile.go` of Prometheus. A percentile on the screen and the same percentile on a dashboard must not differ.

use telemetry_core::exposition::Histogram;

/// Neighbouring counts that differ by less than this part of the larger one are taken for equal, since sums of floats may differ so much
/// by rounding alone. The number is that of Prometheus.
const ROUNDING: f64 = 1e-12;

/// Observations counted in buckets, of one series or of several that have the same bounds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Upper bound and cumulative count of each bucket, with rising bounds.
    buckets: Vec<(f64, f64)>,
}

/// An estimated quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// About this much, interpolated inside a bucket.
    At(f64),
    /// Inside the first bucket, of which nothing is known but where it ends. Prometheus takes its observations to be spread evenly from 0 on, and
    /// does not tell: of runs of half a second in a bucket up to 10 s it says that their median is 5 s.
    Below {
        /// It is no more than this, the first bound.
        bound: f64,
        /// What Prometheus says.
        guess: f64,
    },
    /// More than this, the last finite bound. Prometheus returns the bound itself and does not tell.
    Beyond(f64),
}

impl Estimate {
    /// The number that Prometheus has for it, for a comparison with what was asked there.
    #[must_use]
    pub const fn as_prometheus(self) -> f64 {
        match self {
            Self::At(value) | Self::Beyond(value) | Self::Below { guess: value, .. } => value,
        }
    }
}

/// Two distributions have different bounds, so that no sum of their buckets would mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the buckets have different bounds")]
pub struct DifferentBounds;

impl Distribution {
    /// A distribution with these buckets: upper bound and cumulative count, in any order. Counts of equal bounds are added.
    #[must_use]
    pub fn new(buckets: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut buckets: Vec<_> = buckets.into_iter().collect();
        buckets.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        buckets.dedup_by(|(le, count), (kept_le, kept_count)| {
            let same = le == kept_le;
            *kept_count += if same { *count } else { 0.0 };
            same
        });
        Self { buckets }
    }

    /// Adds the counts of each bucket, which is what `sum by (le)` does in PromQL.
    ///
    /// # Errors
    /// [`DifferentBounds`], and nothing is added: a bucket that only one of the two has would count for both.
    pub fn add(&mut self, other: &Self) -> Result<(), DifferentBounds> {
        if !self.has_bounds_of(other) {
            return Err(DifferentBounds);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|((_, count), (_, more))| *count += more);
        Ok(())
    }

    /// The sums of these distributions, one for each set of bounds among them, in the order in which those first appear.
    #[must_use]
    pub fn sums(distributions: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut sums: Vec<Self> = Vec::new();
        for distribution in distributions {
            if !sums.iter_mut().any(|sum| sum.add(&distribution).is_ok()) {
                sums.push(distribution);
            }
        }
        sums
    }

    /// The value below which this share of all observations lies, for a share from 0 to 1.
    ///
    /// As in Prometheus: observations are taken to be spread evenly inside their bucket; the lowest bucket begins at 0 if its bound is
    /// positive, which [`Estimate::Below`] tells, and is its bound otherwise; in the bucket `+Inf` the answer is the last finite bound, told by
    /// [`Estimate::Beyond`]; counts that fall from one bucket to the next are raised to the largest before them; below 0 and above 1 the
    /// answer is infinite. `None` stands for NaN: there is no observation, no bucket `+Inf`, or no other bucket.
    ///
    /// ```
    /// use telemetry_catalog::{Distribution, Estimate};
    ///
    /// let runs = Distribution::new([(10.0, 5.0), (30.0, 9.0), (f64::INFINITY, 10.0)]);
    /// assert_eq!(runs.quantile(0.7), Some(Estimate::At(20.0)));
    /// assert_eq!(runs.quantile(0.99), Some(Estimate::Beyond(30.0)));
    /// ```
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Estimate> {
        match share {
            _ if share.is_nan() => None,
            _ if share < 0.0 => Some(Estimate::At(f64::NEG_INFINITY)),
            _ if share > 1.0 => Some(Estimate::At(f64::INFINITY)),
            _ => interpolate(&self.rising()?, share),
        }
    }

    /// How many observations are in each bucket, the lowest first and that of `+Inf` last, which is how they are spread.
    ///
    /// Counts that fall from one bucket to the next are raised, as for a quantile. Empty where there is no quantile either: without an
    /// observation, without a bucket `+Inf`, and without another one.
    ///
    /// ```
    /// use telemetry_catalog::Distribution;
    ///
    /// let runs = Distribution::new([(10.0, 5.0), (30.0, 9.0), (f64::INFINITY, 10.0)]);
    /// assert_eq!(runs.counts(), [5.0, 4.0, 1.0]);
    /// ```
    #[must_use]
    pub fn counts(&self) -> Vec<f64> {
        let buckets = self.rising().filter(|buckets| buckets.last().is_some_and(|(_, all)| *all > 0.0));
        let mut below = 0.0;
        let own = |(_, count): (f64, f64)| count - std::mem::replace(&mut below, count);
        buckets.unwrap_or_default().into_iter().map(own).collect()
    }

    /// The buckets with counts that never fall; `None` where Prometheus would not look at them.
    fn rising(&self) -> Option<Vec<(f64, f64)>> {
        let &(last, _) = self.buckets.last()?;
        if last != f64::INFINITY || self.buckets.len() < 2 {
            return None;
        }
        let mut buckets = self.buckets.clone();
        let mut before = buckets.first()?.1;
        for (_, count) in &mut buckets {
            let rounded = (*count - before).abs() <= ROUNDING * count.abs();
            if rounded || *count < before {
                *count = before;
            }
            before = *count;
        }
        Some(buckets)
    }

    fn has_bounds_of(&self, other: &Self) -> bool {
        let bounds =
            |distribution: &Self| distribution.buckets.iter().map(|(le, _)| le.to_bits()).collect::<Vec<_>>();
        bounds(self) == bounds(other)
    }
}

impl From<&Histogram<'_>> for Distribution {
    fn from(histogram: &Histogram<'_>) -> Self {
        Self::new(histogram.buckets.iter().map(|bucket| (bucket.le, bucket.cumulative)))
    }
}

/// The quantile of buckets that end in `+Inf` and whose counts never fall.
fn interpolate(buckets: &[(f64, f64)], share: f64) -> Option<Estimate> {
    let (&(_, observations), finite) = buckets.split_last()?;
    if observations == 0.0 {
        return None;
    }
    let rank = share * observations;
    let reached = finite.partition_point(|(_, count)| *count < rank);
    let Some(&(end, count)) = finite.get(reached) else {
        return finite.last().map(|&(bound, _)| Estimate::Beyond(bound));
    };
    let before = reached.checked_sub(1).and_then(|before| finite.get(before));
    if before.is_none() && end <= 0.0 {
        return Some(Estimate::At(end));
    }
    let &(start, below) = before.unwrap_or(&(0.0, 0.0));
    let value = start + (end - start) * ((rank - below) / (count - below));
    // Of the bound itself it is known how many observations are below it.
    let is_guess = before.is_none() && rank < count;
    let estimate = if is_guess { Estimate::Below { bound: end, guess: value } } else { Estimate::At(value) };
    (!value.is_nan()).then_some(estimate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Estimate::{At, Beyond};

    const INF: f64 = f64::INFINITY;

    fn below(bound: f64, guess: f64) -> Option<Estimate> {
        Some(Estimate::Below { bound, guess })
    }

    fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<Estimate> {
        Distribution::new(buckets.iter().copied()).quantile(share)
    }

    #[test]
    fn values_are_interpolated_inside_their_bucket() {
        let buckets = [(1.0, 2.0), (2.0, 6.0), (4.0, 10.0), (INF, 10.0)];
        for (share, expected) in [(0.2, 1.0), (0.4, 1.5), (0.6, 2.0), (0.8, 3.0), (1.0, 4.0)] {
            assert_eq!(quantile(&buckets, share), Some(At(expected)), "{share}");
        }
        for (share, guess) in [(0.0, 0.0), (0.1, 0.5)] {
            assert_eq!(quantile(&buckets, share), below(1.0, guess), "{share}");
            assert_eq!(quantile(&buckets, share).map(Estimate::as_prometheus), Some(guess));
        }
    }

    #[test]
    fn counts_are_those_of_each_bucket_and_never_less_than_none() {
        let counts = |buckets: &[(f64, f64)]| Distribution::new(buckets.iter().copied()).counts();
        assert_eq!(counts(&[(INF, 12.0), (1.0, 2.0), (2.0, 8.0), (4.0, 8.0)]), [2.0, 6.0, 0.0, 4.0]);
        assert_eq!(counts(&[(1.0, 5.0), (2.0, 3.0), (INF, 6.0)]), [5.0, 0.0, 1.0]);
    }

    #[test]
    fn the_last_bucket_answers_with_its_lower_bound_and_tells() {
        let buckets = [(7200.0, 5.0), (INF, 10.0)];
        assert_eq!(quantile(&buckets, 0.5), Some(At(7200.0)));
        assert_eq!(quantile(&buckets, 0.51), Some(Beyond(7200.0)));
    }

    #[test]
    fn the_lowest_bucket_begins_at_zero_only_below_a_positive_bound() {
        assert_eq!(quantile(&[(10.0, 4.0), (INF, 4.0)], 0.25), below(10.0, 2.5));
        assert_eq!(quantile(&[(0.0, 4.0), (5.0, 4.0), (INF, 4.0)], 0.25), Some(At(0.0)));
        assert_eq!(quantile(&[(-5.0, 4.0), (5.0, 8.0), (INF, 8.0)], 0.25), Some(At(-5.0)));
        assert_eq!(quantile(&[(-5.0, 4.0), (5.0, 8.0), (INF, 8.0)], 0.75), Some(At(0.0)));
    }

    #[test]
    fn without_observations_or_buckets_there_is_no_quantile() {
        for buckets in [
            &[][..],
            &[(INF, 3.0)],
            &[(1.0, 3.0)],
            &[(1.0, 3.0), (2.0, 3.0)],
            &[(1.0, 0.0), (INF, 0.0)],
            &[(1.0, f64::NAN), (INF, f64::NAN)],
        ] {
            assert_eq!(quantile(buckets, 0.5), None, "{buckets:?}");
            assert!(Distribution::new(buckets.iter().copied()).counts().is_empty(), "{buckets:?}");
        }
    }

    #[test]
    fn shares_that_are_none_are_answered_as_prometheus_answers() {
        let buckets = [(1.0, 2.0), (INF, 2.0)];
        assert_eq!(quantile(&buckets, f64::NAN), None);
        assert_eq!(quantile(&buckets, -0.1), Some(At(f64::NEG_INFINITY)));
        assert_eq!(quantile(&buckets, 1.1), Some(At(INF)));
        assert_eq!(quantile(&[(1.0, 0.0), (INF, 2.0)], 0.0), None, "nothing divided by nothing");
    }

    #[test]
    fn counts_that_fall_are_raised_to_the_largest_before_them() {
        let fallen = [(1.0, 4.0), (2.0, 3.0), (4.0, 8.0), (INF, 7.0)];
        let raised = [(1.0, 4.0), (2.0, 4.0), (4.0, 8.0), (INF, 8.0)];
        for share in [0.1, 0.5, 0.6, 0.9, 1.0] {
            assert_eq!(quantile(&fallen, share), quantile(&raised, share), "{share}");
        }
        let rounded = [(1.0, 10.0), (2.0, 10.0 + 1e-12), (INF, 10.0)];
        assert_eq!(quantile(&rounded, 1.0), Some(At(1.0)));
    }

    #[test]
    fn order_and_repeated_bounds_do_not_matter() {
        let shuffled = [(INF, 10.0), (1.0, 1.0), (4.0, 10.0), (1.0, 1.0), (2.0, 6.0)];
        let sorted = [(1.0, 2.0), (2.0, 6.0), (4.0, 10.0), (INF, 10.0)];
        assert_eq!(Distribution::new(shuffled), Distribution::new(sorted));
    }

    #[test]
    fn sums_are_taken_by_bound_and_never_across_different_bounds() {
        let [fine, more, coarse] = [
            Distribution::new([(1.0, 1.0), (INF, 2.0)]),
            Distribution::new([(1.0, 3.0), (INF, 4.0)]),
            Distribution::new([(5.0, 1.0), (INF, 2.0)]),
        ];
        assert_eq!(fine.clone().add(&coarse), Err(DifferentBounds));
        let sums = Distribution::sums([fine, coarse.clone(), more]);
        assert_eq!(sums, [Distribution::new([(1.0, 4.0), (INF, 6.0)]), coarse]);
    }
}
