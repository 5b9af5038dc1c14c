//! What this dashboard has seen, where nobody else remembers: by how much everything rose since it was opened, or in the last half hour.

use super::found::Road;
use super::health::Known;
use crate::clock::now;
use crate::samples::{SeriesKey, series_key};
use chrono::{DateTime, Local};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};
use telemetry_catalog::quantity::seconds;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Bucket, Counter, Family, Histogram, Metric, Value};
use telemetry_stack::health::{Remembered, checks_over, conditions, overall};

/// How long ago what everything is compared with is, at most. A younger one is kept beside it from half of that on.
const LONG: Duration = Duration::from_secs(30 * 60);

/// What everything was.
#[derive(Debug, Default)]
pub(super) struct Memory {
    of: Option<Road>,
    /// The older first; two at most.
    bases: Vec<(SystemTime, Vec<Family<'static>>)>,
}

impl Memory {
    /// How well everything is, by what has become of the numbers since they were first given here; `None` at that time.
    pub(super) fn judge(&mut self, of: Road, families: &[Family<'_>], config: &Config) -> Option<Known> {
        if self.of != Some(of) {
            *self = Self { of: Some(of), bases: Vec::new() };
        }
        let to = SystemTime::now();
        let judged = self.bases.first().and_then(|(from, base)| judged(base, families, *from, to, config));
        let age = |(from, _): &(SystemTime, _)| to.duration_since(*from).unwrap_or_default();
        if self.bases.last().is_none_or(|last| age(last) >= LONG / 2) {
            self.bases.push((to, families.iter().cloned().map(Family::into_owned).collect()));
        }
        if self.bases.len() > 1 && self.bases.first().is_some_and(|first| age(first) >= LONG) {
            self.bases.remove(0);
        }
        judged
    }
}

fn judged(
    base: &[Family<'_>],
    families: &[Family<'_>],
    from: SystemTime,
    to: SystemTime,
    config: &Config,
) -> Option<Known> {
    let remembered = Remembered::new(&grown(base, families), from, to).ok()?;
    let checks = checks_over(config, Some(remembered.over()));
    let conditions = conditions(&remembered.findings(&checks, &config.health_thresholds), |_| None);
    let seen = seconds(to.duration_since(from).unwrap_or_default().as_secs_f64().round());
    // It is judged more seldom than the numbers are looked at.
    let until = DateTime::<Local>::from(to).format("%H:%M:%S");
    let notes = vec![format!("health is by what was seen here in the {seen} before {until}")];
    Some(Known { at: now(), verdict: overall(&conditions, true), conditions, notes })
}

/// By how much everything rose; gauges as they are now. A series that was not there says nothing but that it is there, since nobody knows
/// when it was counted.
fn grown(base: &[Family<'_>], families: &[Family<'_>]) -> Vec<Family<'static>> {
    let mut before: HashMap<SeriesKey<'_>, &Metric<'_>> = HashMap::new();
    for family in base {
        before.extend(family.metrics.iter().map(|metric| (series_key(&family.name, metric), metric)));
    }
    let risen = |family: &Family<'_>| {
        let metrics = family.metrics.iter().map(|metric| {
            let was = before.get(&series_key(&family.name, metric)).map_or(&metric.value, |was| &was.value);
            let value = rise(was, &metric.value).unwrap_or_else(|| metric.value.clone());
            Metric { value, ..metric.clone() }.into_owned()
        });
        Family { metrics: metrics.collect(), ..Family::new(family.name.to_string(), family.kind) }
    };
    families.iter().map(risen).collect()
}

/// By how much a value rose; `None` where it is no count, or has begun anew.
fn rise(was: &Value<'_>, is: &Value<'_>) -> Option<Value<'static>> {
    match (was, is) {
        (Value::Counter(was), Value::Counter(is)) if is.value >= was.value => {
            Some(Value::Counter(Counter::new(is.value - was.value)))
        }
        (Value::Histogram(was), Value::Histogram(is)) if is.count >= was.count => {
            let lower = was.buckets.iter().zip(&is.buckets);
            let buckets =
                lower.map(|(was, is)| Bucket::new(is.le, (is.cumulative - was.cumulative).max(0.0)));
            let less = |is: Option<f64>, was: Option<f64>| Some(is? - was.unwrap_or_default());
            Some(Value::Histogram(Histogram {
                buckets: buckets.collect(),
                sum: less(is.sum, was.sum),
                count: less(is.count, was.count),
                created: None,
            }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::verdict::Verdict;
    use telemetry_core::exposition::{Format, parse};

    fn runs(ok: u32, failed: u32) -> String {
        format!(
            "# TYPE sase_agent_runs_total counter\nsase_agent_runs_total{{status=\"ok\"}} {ok}\nsase_agent_runs_total{{status=\"error\"}} {failed}\n"
        )
    }

    #[test]
    fn what_was_counted_before_does_not_tell_how_it_is_now() {
        let families = |text: &str| -> Vec<_> {
            parse(text, Format::Text).unwrap().into_iter().map(Family::into_owned).collect()
        };
        let judge = |before: &str, now: &str| {
            let to = SystemTime::now();
            let from = to - Duration::from_secs(60);
            judged(&families(before), &families(now), from, to, &Config::default()).unwrap().verdict
        };
        assert_eq!(judge(&runs(0, 100), &runs(10, 100)), Verdict::Healthy);
        assert_eq!(judge(&runs(100, 0), &runs(100, 10)), Verdict::Critical);
        // It has begun anew.
        assert_eq!(judge(&runs(100, 50), &runs(1, 10)), Verdict::Critical);
    }

    #[test]
    fn at_first_nothing_is_known_and_another_source_is_a_new_beginning() {
        let text = runs(1, 1);
        let families = parse(&text, Format::Text).unwrap();
        let (mut memory, config) = (Memory::default(), Config::default());
        assert!(memory.judge(Road::Prometheus, &families, &config).is_none());
        assert!(memory.judge(Road::Prometheus, &families, &config).is_some());
        let other = Road::Served { name: "ledger", has_ledger: true };
        assert!(memory.judge(other, &families, &config).is_none());
        assert_eq!(memory.bases.len(), 1);
    }
}
