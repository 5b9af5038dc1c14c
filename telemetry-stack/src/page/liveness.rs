//! Whether what is shown is of now.
//!
//! What counts is when a target was last scraped with success, and not whether the source answers, or whether it has a young sample:
//! rules write samples of their own, and a failed scrape writes `up`, too.

use super::shared::{Answer, Trouble};
use super::span::millis;
use crate::source::Source;
use std::collections::HashMap;
use std::time::Duration;
use telemetry_catalog::STACK_JOB;
use telemetry_catalog::promql::Foreign;
use telemetry_query::{Labels, Steps};

/// How many intervals old the newest sample may be.
const INTERVALS: i64 = 3;

/// How far back a scrape that succeeded is looked for: closely, and then in steps for which a sample is looked back for.
const CLOSELY: i64 = 10 * 60 * 1000;
const FAR: i64 = 7 * 24 * 3600 * 1000;
const STRIDE: i64 = 5 * 60 * 1000;

/// When targets last answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reached {
    /// When this was asked. Times are in milliseconds since 1970.
    pub(super) at: i64,
    /// The last success of each job and instance within a week.
    pub(super) targets: HashMap<(String, String), i64>,
}

/// Whether what is shown is of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Liveness {
    /// The newest sample is this many milliseconds old, which is young.
    Live(i64),
    /// The newest sample is this many milliseconds old.
    Stale(i64),
    /// No target answered within a week.
    NoData,
    /// Nobody can tell, for this reason.
    Unknown(Trouble),
}

/// When each target last answered, as of `at`. The source is asked closely first, and only where it knows nothing of late over a week.
pub(super) fn reached(source: &dyn Source, at: i64, interval: Duration) -> Result<Reached, Trouble> {
    let step = millis(interval).clamp(CLOSELY / 300, STRIDE);
    let near = Steps { start: at - CLOSELY / step * step, end: at, step };
    let mut reached = Reached { at, targets: successes(source, near)? };
    if reached.newest().is_none_or(|newest| at - newest > CLOSELY / 2) || has_silent(source, &reached) {
        let far = Steps { start: at - FAR / STRIDE * STRIDE, end: at, step: STRIDE };
        for (target, time) in successes(source, far)? {
            let known = reached.targets.entry(target).or_insert(time);
            *known = time.max(*known);
        }
    }
    Ok(reached)
}

/// Whether there is a target of which nothing is known of late. A source that cannot tell which targets there are has none.
fn has_silent(source: &dyn Source, reached: &Reached) -> bool {
    let targets = source.targets().unwrap_or_default();
    targets.iter().any(|target| {
        let key = (target.job.clone(), target.instance.clone());
        target.last_scrape.is_some() && !reached.targets.contains_key(&key)
    })
}

fn successes(source: &dyn Source, steps: Steps) -> Result<HashMap<(String, String), i64>, Trouble> {
    let key = |labels: &Labels| (labels.get("job").to_owned(), labels.get("instance").to_owned());
    let newest = |values: &[telemetry_query::Sample]| {
        let seconds = values.iter().map(|sample| sample.value).fold(f64::NAN, f64::max);
        milliseconds(seconds)
    };
    let found = source.range(&expression(), steps)?.into_iter();
    Ok(found.filter_map(|series| Some((key(&series.labels), newest(&series.samples)?))).collect())
}

/// When the last scrape of each target was, where it succeeded. The time of a sample is only told of what is selected, and not of what
/// a comparison is left with, so that the two stand side by side.
fn expression() -> String {
    let up = Foreign::Up.name();
    format!("max by (job, instance) (timestamp({up}) and {up} == 1)")
}

#[expect(clippy::cast_possible_truncation, reason = "times of this age of the world fit")]
fn milliseconds(seconds: f64) -> Option<i64> {
    seconds.is_finite().then_some((seconds * 1000.0).round() as i64)
}

impl Reached {
    /// When any target that could tell of the fleet last answered. The stack that scrapes itself tells nothing of it.
    fn newest(&self) -> Option<i64> {
        let of_the_fleet = self.targets.iter().filter(|((job, _), _)| job != STACK_JOB);
        of_the_fleet.map(|(_, time)| *time).max()
    }
}

impl Liveness {
    pub(super) fn of(reached: &Answer<Reached>, interval: Duration) -> Self {
        let reached = match reached {
            Ok(reached) => reached,
            Err(trouble) => return Self::Unknown(trouble.clone()),
        };
        match reached.newest().map(|newest| (reached.at - newest).max(0)) {
            Some(age) if age < millis(interval).saturating_mul(INTERVALS) => Self::Live(age),
            Some(age) => Self::Stale(age),
            None => Self::NoData,
        }
    }

    /// Whether what is shown is of now.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn liveness(targets: &[(&str, i64)], interval: u64) -> Liveness {
        let targets = targets.iter().map(|(job, time)| (((*job).to_owned(), String::new()), *time));
        let reached = Reached { at: 100_000, targets: targets.collect() };
        Liveness::of(&Ok(Arc::new(reached)), Duration::from_secs(interval))
    }

    #[test]
    fn live_is_younger_than_three_intervals() {
        assert_eq!(liveness(&[("a", 55_001)], 15), Liveness::Live(44_999));
        assert_eq!(liveness(&[("a", 55_000)], 15), Liveness::Stale(45_000));
        assert_eq!(liveness(&[("a", 96_000)], 1), Liveness::Stale(4_000));
        assert_eq!(liveness(&[("a", 10), ("b", 99_000)], 1), Liveness::Live(1_000));
        assert_eq!(liveness(&[], 1), Liveness::NoData);
    }

    #[test]
    fn the_stack_that_scrapes_itself_does_not_make_the_fleet_live() {
        assert_eq!(liveness(&[(STACK_JOB, 100_000)], 15), Liveness::NoData);
        assert_eq!(liveness(&[(STACK_JOB, 100_000), ("a", 0)], 15), Liveness::Stale(100_000));
    }
}
