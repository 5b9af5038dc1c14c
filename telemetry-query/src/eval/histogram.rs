//! Quantiles of histograms, from their buckets.

use std::collections::HashMap;

use super::column::{ABSENT, Column, is_present, merged};
use super::{Evaluated, Evaluator};
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Scalar, Vector};

/// The label with a bucket's upper bound.
const BOUND: &str = "le";

/// How far two neighbouring counts may be apart, in proportion, to be one count that was rounded.
const ROUNDING: f64 = 1e-12;

impl Evaluator<'_> {
    pub(super) fn histogram_quantile(
        &self,
        quantile: &Scalar,
        input: &Vector,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        let quantile = self.scalar(quantile, grid)?;
        let mut order: Vec<Labels> = Vec::new();
        let mut histograms: HashMap<Labels, Vec<Bucket>> = HashMap::new();
        for column in self.vector(input, grid)? {
            // What has no bound that can be read is no bucket.
            let Ok(bound) = column.labels.get(BOUND).parse::<f64>() else { continue };
            let labels = column.labels.with(BOUND, "");
            let buckets = histograms.entry(labels).or_insert_with_key(|labels| {
                order.push(labels.clone());
                Vec::new()
            });
            buckets.push(Bucket { bound, counts: column.values });
        }
        self.account.hold(order.len().saturating_mul(grid.steps))?;
        let columns = order.into_iter().filter_map(|labels| {
            let mut buckets = histograms.remove(&labels)?;
            buckets.sort_by(|one, other| one.bound.total_cmp(&other.bound));
            let values = quantile.iter().enumerate().map(|(step, share)| at_step(&buckets, step, *share));
            Some(Column { labels: labels.without_name(), values: values.collect() })
        });
        merged(columns.collect())
    }
}

/// A bucket at all steps.
struct Bucket {
    bound: f64,
    counts: Vec<f64>,
}

fn at_step(buckets: &[Bucket], step: usize, share: f64) -> f64 {
    let present = buckets.iter().filter_map(|bucket| Some((bucket.bound, *bucket.counts.get(step)?)));
    let mut cumulative: Vec<(f64, f64)> = Vec::with_capacity(buckets.len());
    for (bound, count) in present.filter(|(_, count)| is_present(*count)) {
        match cumulative.last_mut() {
            Some(last) if last.0 == bound => last.1 += count,
            _ => cumulative.push((bound, count)),
        }
    }
    if cumulative.is_empty() { ABSENT } else { quantile(share, &mut cumulative) }
}

/// The value below which a share of the observations lies, by buckets of an upper bound and of how many lie below it. Within a
/// bucket observations are taken to be spread evenly.
fn quantile(share: f64, buckets: &mut [(f64, f64)]) -> f64 {
    if share.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&share) {
        return share.signum() * f64::INFINITY;
    }
    never_falling(buckets);
    let [finite @ .., (f64::INFINITY, observations)] = buckets else { return f64::NAN };
    let Some(&(highest, _)) = finite.last().filter(|_| *observations != 0.0) else { return f64::NAN };
    let mut rank = share * *observations;
    let position = finite.partition_point(|(_, count)| *count < rank || count.is_nan() || rank.is_nan());
    let Some(&(end, mut count)) = finite.get(position) else { return highest };
    let Some(&(start, below)) = position.checked_sub(1).and_then(|before| finite.get(before)) else {
        return if end <= 0.0 { end } else { end * (rank / count) };
    };
    count -= below;
    rank -= below;
    start + (end - start) * (rank / count)
}

/// Buckets that were not scraped at one moment, or that were rounded, may have a smaller count than those below them.
fn never_falling(buckets: &mut [(f64, f64)]) {
    let mut highest = buckets.first().map_or(0.0, |first| first.1);
    for (_, count) in buckets.iter_mut().skip(1) {
        if *count < highest || is_almost(*count, highest) {
            *count = highest;
        }
        highest = *count;
    }
}

fn is_almost(one: f64, other: f64) -> bool {
    let sum = one.abs() + other.abs();
    one != 0.0 && other != 0.0 && (one - other).abs() / sum.min(f64::MAX) < ROUNDING
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFINITY: f64 = f64::INFINITY;

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        let buckets = [(10.0, 2.0), (20.0, 6.0), (INFINITY, 8.0)];
        let at = |share| quantile(share, &mut buckets.clone());
        assert_eq!([at(0.0), at(0.125), at(0.25), at(0.5), at(0.75)], [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!([at(0.9), at(1.0), at(1.1), at(-0.1)], [20.0, 20.0, INFINITY, -INFINITY]);
        assert!(at(f64::NAN).is_nan());
    }

    #[test]
    fn a_lowest_bucket_below_zero_has_no_width() {
        assert_eq!(quantile(0.1, &mut [(-5.0, 4.0), (5.0, 6.0), (INFINITY, 6.0)]), -5.0);
    }

    #[test]
    fn what_is_no_whole_histogram_has_no_quantile() {
        assert!(quantile(0.5, &mut [(1.0, 5.0), (2.0, 6.0)]).is_nan());
        assert!(quantile(0.5, &mut [(INFINITY, 5.0)]).is_nan());
        assert!(quantile(0.5, &mut [(1.0, 0.0), (INFINITY, 0.0)]).is_nan());
    }

    #[test]
    fn counts_that_fall_are_raised() {
        let mut buckets = [(1.0, 5.0), (2.0, 4.0), (3.0, 10.0), (INFINITY, 10.0 - 1e-13)];
        never_falling(&mut buckets);
        assert_eq!(buckets.map(|(_, count)| count), [5.0, 5.0, 10.0, 10.0]);
    }
}
