//! What fell into each bucket of a histogram alone, of series that count everything up to a bound, as Prometheus has them.

use crate::data::Clean;
use std::collections::BTreeMap;
use telemetry_catalog::panel::Unit;

/// A bucket: its upper bound, and how much fell into it alone at each moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// The upper bound.
    pub bound: f64,
    /// How much fell into it alone, by the moment in milliseconds since 1970.
    pub cells: BTreeMap<i64, f64>,
}

/// The buckets by their bounds, without those below in each. What is named by no bound is no bucket.
#[must_use]
pub fn buckets(series: &[Clean]) -> Vec<Bucket> {
    let bounded = series.iter().filter_map(|series| Some((bound(&series.name)?, series)));
    let mut bounded: Vec<_> = bounded.collect();
    bounded.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut below: BTreeMap<i64, f64> = BTreeMap::new();
    let mut buckets = Vec::new();
    for (bound, series) in bounded {
        let mut cells = BTreeMap::new();
        for &(time, all) in series.runs.iter().flatten() {
            let own = all - below.insert(time, all).unwrap_or(0.0);
            cells.insert(time, own.max(0.0));
        }
        buckets.push(Bucket { bound, cells });
    }
    buckets
}

/// The bound that ends a name, such as `10`, `+Inf` or `claude, 10`.
#[must_use]
pub fn bound(name: &str) -> Option<f64> {
    let word = name.rsplit([' ', ',', '=']).next()?;
    word.trim_matches('"').parse::<f64>().ok().filter(|bound| !bound.is_nan())
}

/// What the bucket in that place is called.
#[must_use]
pub fn name(buckets: &[Bucket], place: usize, unit: Unit) -> String {
    let Some(bound) = buckets.get(place).map(|bucket| bucket.bound) else { return String::new() };
    match place.checked_sub(1).map(|below| buckets[below].bound) {
        Some(below) if bound == f64::INFINITY => format!("> {}", unit.shown(below)),
        _ => format!("≤ {}", unit.shown(bound)),
    }
}
