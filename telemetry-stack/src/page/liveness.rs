//! Whether what is shown is of now.
//!
//! What counts is when a target that tells of the fleet was last scraped with success, and not whether the source answers, or whether it has a
//! young sample: rules write samples of their own, a failed scrape writes `up`, too, and a Prometheus that scrapes itself tells nothing of
//! agents. Targets of the jobs that are scraped for the fleet tell of it even while it has counted nothing; others do where they bring
//! metrics of the catalog, whatever their job is called.

use super::shared::{Answer, Trouble};
use super::span::millis;
use crate::source::Source;
use std::collections::HashMap;
use std::time::Duration;
use telemetry_catalog::promql::Foreign;
use telemetry_catalog::{EXPOSITION_JOB, GATEWAY_JOB, WORKER_JOB};
use telemetry_core::catalog::metrics;
use telemetry_core::metric::{Kind, MetricDef};
use telemetry_query::{Labels, Steps};

/// How many intervals old the newest sample may be.
pub(crate) const INTERVALS: i64 = 3;

/// The jobs whose targets are there for the fleet.
pub(crate) const JOBS: [&str; 3] = [EXPOSITION_JOB, GATEWAY_JOB, WORKER_JOB];

/// How far back a scrape that succeeded is looked for: closely, and then in steps for which a sample is looked back for.
const CLOSELY: i64 = 10 * 60 * 1000;
const COARSELY: i64 = 15 * 1000;
pub(crate) const FAR: i64 = 7 * 24 * 3600 * 1000;
pub(crate) const STRIDE: i64 = 5 * 60 * 1000;

/// When targets last answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reached {
    /// When this was asked. Times are in milliseconds since 1970.
    pub(super) at: i64,
    /// The last success of each job and instance within a week.
    pub(super) targets: HashMap<(String, String), i64>,
    /// The last success of any that tells of the fleet.
    pub(super) fleet: Option<i64>,
}

/// Whether what is shown is of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Liveness {
    /// The newest sample is this many milliseconds old, which is young.
    Live(i64),
    /// The newest sample is this many milliseconds old.
    Stale(i64),
    /// No target that tells of the fleet answered within a week.
    NoData,
    /// Nobody can tell, for this reason.
    Unknown(Trouble),
}

/// When each target last answered, as of `at`. The source is asked closely first, and only where it knows nothing of late over a week.
pub(super) fn reached(source: &dyn Source, at: i64, interval: Duration) -> Result<Reached, Trouble> {
    let step = millis(interval).clamp(CLOSELY / 300, STRIDE);
    let near = Steps { start: at - CLOSELY / step * step, end: at, step };
    let answered = answered();
    let mut reached = Reached { at, targets: successes(source, &answered, near)?, fleet: None };
    let far = Steps { start: at - FAR / STRIDE * STRIDE, end: at, step: STRIDE };
    if reached.of_our_jobs().is_none_or(|newest| at - newest > CLOSELY / 2) || has_silent(source, &reached) {
        for (target, time) in successes(source, &answered, far)? {
            let known = reached.targets.entry(target).or_insert(time);
            *known = time.max(*known);
        }
    }
    reached.fleet = reached.of_our_jobs();
    if !reached.fleet.is_some_and(|newest| is_young(at - newest, interval)) {
        // Every series of the fleet is looked at for this, so that it is asked only where the jobs do not tell.
        let now = Steps { start: at, end: at, step: STRIDE };
        let others = newest(source, &brought(), &[now, Steps { step: step.max(COARSELY), ..near }, far])?;
        reached.fleet = reached.fleet.max(others);
    }
    Ok(reached)
}

/// The newest success in the first of these times in which there is one.
fn newest(source: &dyn Source, expr: &str, times: &[Steps]) -> Result<Option<i64>, Trouble> {
    for steps in times {
        let newest = successes(source, expr, *steps)?.into_values().max();
        if newest.is_some() {
            return Ok(newest);
        }
    }
    Ok(None)
}

fn is_young(age: i64, interval: Duration) -> bool {
    age < millis(interval).saturating_mul(INTERVALS)
}

/// Whether there is a target of which nothing is known of late. A source that cannot tell which targets there are has none.
fn has_silent(source: &dyn Source, reached: &Reached) -> bool {
    let targets = source.targets().unwrap_or_default();
    targets.iter().any(|target| {
        let key = (target.job.clone(), target.instance.clone());
        target.last_scrape.is_some() && !reached.targets.contains_key(&key)
    })
}

fn successes(
    source: &dyn Source,
    expr: &str,
    steps: Steps,
) -> Result<HashMap<(String, String), i64>, Trouble> {
    let key = |labels: &Labels| (labels.get("job").to_owned(), labels.get("instance").to_owned());
    let newest = |values: &[telemetry_query::Sample]| {
        let seconds = values.iter().map(|sample| sample.value).fold(f64::NAN, f64::max);
        milliseconds(seconds)
    };
    let found = source.range(expr, steps)?.into_iter();
    Ok(found.filter_map(|series| Some((key(&series.labels), newest(&series.samples)?))).collect())
}

/// When the last scrape of each target was, where it succeeded. The time of a sample is only told of what is selected, and not of what
/// a comparison is left with, so that the two stand side by side.
pub(crate) fn answered() -> String {
    let up = Foreign::Up.name();
    format!("max by (job, instance) (timestamp({up}) and {up} == 1)")
}

/// When what brought metrics of the catalog last answered. A gateway brings them under the names of the groups that were pushed to it.
pub(crate) fn brought() -> String {
    let (up, pushed) = (Foreign::Up.name(), Foreign::PushTime.name());
    let names: Vec<_> = metrics().map(series_name).collect();
    let ours = format!("on (job, instance) {{__name__=~\"{}\"}}", names.join("|"));
    format!(
        "max by (job, instance) (timestamp({up}) and {up} == 1 and {ours} or timestamp({pushed}) and {ours})"
    )
}

/// A name under which a metric has one series for each label set.
fn series_name(def: &MetricDef) -> String {
    let suffix = if matches!(def.kind, Kind::Histogram(_)) { "_count" } else { "" };
    format!("{}{suffix}", def.name)
}

#[expect(clippy::cast_possible_truncation, reason = "times of this age of the world fit")]
fn milliseconds(seconds: f64) -> Option<i64> {
    seconds.is_finite().then_some((seconds * 1000.0).round() as i64)
}

impl Reached {
    /// When any target of the jobs that are there for the fleet last answered.
    fn of_our_jobs(&self) -> Option<i64> {
        let ours = self.targets.iter().filter(|((job, _), _)| JOBS.contains(&job.as_str()));
        ours.map(|(_, time)| *time).max()
    }
}

impl Liveness {
    pub(super) fn of(reached: &Answer<Reached>, interval: Duration) -> Self {
        let reached = match reached {
            Ok(reached) => reached,
            Err(trouble) => return Self::Unknown(trouble.clone()),
        };
        match reached.fleet.map(|newest| (reached.at - newest).max(0)) {
            Some(age) if is_young(age, interval) => Self::Live(age),
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
    use crate::source::{SeenTarget, SourceError};
    use std::sync::Arc;
    use telemetry_catalog::STACK_JOB;
    use telemetry_query::{Limits, MemoryStore, Query, Sample, Series};

    const NOW: i64 = 1_700_000_000_000;
    const INTERVAL: Duration = Duration::from_secs(15);

    /// Samples in memory.
    #[derive(Default)]
    struct Memory(MemoryStore);

    impl Memory {
        /// A series with a sample of this value so many seconds ago.
        fn with(mut self, labels: &[(&str, &str)], value: f64, seconds: i64) -> Self {
            let labels = Labels::new(labels.iter().copied());
            self.0.append(&labels, [Sample::new(NOW - seconds * 1000, value)]);
            self
        }

        fn up(self, job: &str, value: f64, seconds: i64) -> Self {
            self.with(&[("__name__", "up"), ("job", job), ("instance", "one")], value, seconds)
        }

        fn runs(self, job: &str, seconds: i64) -> Self {
            let labels =
                [("__name__", "sase_agent_runs_total"), ("job", job), ("instance", "one"), ("status", "ok")];
            self.with(&labels, 1.0, seconds)
        }

        fn liveness(&self) -> Liveness {
            Liveness::of(&reached(self, NOW, INTERVAL).map(Arc::new), INTERVAL)
        }
    }

    impl Source for Memory {
        fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            Ok(Vec::new())
        }

        fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
            let refused = |error: &dyn std::error::Error| SourceError::Query(error.to_string());
            let query = Query::parse(expr).map_err(|error| refused(&error))?;
            query.range(&self.0, steps, &Limits::default()).map_err(|error| refused(&error))
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn live_is_younger_than_three_intervals() {
        let liveness = |fleet, interval| {
            let reached = Reached { at: 100_000, fleet, ..Reached::default() };
            Liveness::of(&Ok(Arc::new(reached)), Duration::from_secs(interval))
        };
        assert_eq!(liveness(Some(55_001), 15), Liveness::Live(44_999));
        assert_eq!(liveness(Some(55_000), 15), Liveness::Stale(45_000));
        assert_eq!(liveness(Some(96_000), 1), Liveness::Stale(4_000));
        assert_eq!(liveness(None, 1), Liveness::NoData);
    }

    #[test]
    fn jobs_that_are_there_for_the_fleet_tell_of_it_before_it_counts_anything() {
        for job in JOBS {
            assert_eq!(Memory::default().up(job, 1.0, 5).liveness(), Liveness::Live(5_000), "{job}");
        }
        assert_eq!(Memory::default().up(JOBS[0], 0.0, 5).liveness(), Liveness::NoData);
    }

    #[test]
    fn who_scrapes_itself_does_not_make_the_fleet_live() {
        for job in [STACK_JOB, "prometheus", "node"] {
            let alone = Memory::default().up(job, 1.0, 5);
            assert_eq!(alone.liveness(), Liveness::NoData, "{job}");
            assert_eq!(alone.up(GATEWAY_JOB, 1.0, 100).liveness(), Liveness::Stale(100_000), "{job}");
        }
        // Groups of others are at a gateway that has another name, too.
        let pushed = [("__name__", "push_time_seconds"), ("job", "backup"), ("instance", "one")];
        assert_eq!(Memory::default().up("pgw", 1.0, 5).with(&pushed, 1.0, 5).liveness(), Liveness::NoData);
    }

    #[test]
    fn whatever_brings_metrics_of_the_catalog_tells_of_the_fleet() {
        let brought = |seconds| Memory::default().up("mine", 1.0, seconds).runs("mine", seconds);
        assert_eq!(brought(5).liveness(), Liveness::Live(5_000));
        assert_eq!(brought(400).liveness(), Liveness::Stale(400_000));
        assert_eq!(brought(7_000).liveness(), Liveness::Stale(7_000_000));
        let fails = Memory::default().up("mine", 0.0, 5).runs("mine", 5);
        assert_eq!(fails.liveness(), Liveness::NoData);
        let pushed = [("__name__", "push_time_seconds"), ("job", "sase_agent"), ("instance", "one")];
        let gateway = Memory::default().up("pgw", 1.0, 5).with(&pushed, 1.0, 5).runs("sase_agent", 5);
        assert_eq!(gateway.liveness(), Liveness::Live(5_000));
    }
}
