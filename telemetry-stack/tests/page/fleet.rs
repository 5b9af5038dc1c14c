//! A fleet that was made up: every metric of the catalog over some hours, in a store in memory.

use fastrand::Rng;
use std::sync::Mutex;
use telemetry_core::catalog::{OWN, metrics};
use telemetry_core::metric::{Kind, LabelDef, MetricDef, Values};
use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Series, Steps, Value};
use telemetry_stack::source::{SeenTarget, Source, SourceError};

/// The most label sets of one metric.
const SETS: usize = 8;

/// Asks a store in memory.
pub(crate) struct Fleet {
    pub(crate) store: MemoryStore,
    pub(crate) targets: Vec<SeenTarget>,
    /// The expressions that were asked.
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Fleet {
    /// A store with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { store: MemoryStore::default(), targets: Vec::new(), asked: Mutex::default() }
    }

    /// Every metric of the catalog until `now`, in milliseconds since 1970, with a sample every `step` seconds.
    pub(crate) fn busy(now: i64, hours: i64, step: i64) -> Self {
        let mut fleet = Self::empty();
        let times: Vec<i64> = (0..=hours * 3600 / step).rev().map(|at| now - at * step * 1000).collect();
        let mut random = Rng::with_seed(7);
        for def in metrics().chain(OWN.metrics.iter().copied()) {
            for labels in label_sets(def) {
                fleet.write(def, &labels, &times, &mut random);
            }
        }
        for (job, instance) in [
            ("pushgateway", "127.0.0.1:9091"),
            ("sase_axe", "127.0.0.1:9464"),
            ("telemetry", "127.0.0.1:9090"),
        ] {
            fleet.up(job, instance, &times);
            fleet.targets.push(SeenTarget {
                job: job.to_owned(),
                instance: instance.to_owned(),
                up: Some(true),
                last_scrape: times.last().copied(),
                error: String::new(),
            });
        }
        let pushed =
            Labels::new([("__name__", "push_time_seconds"), ("job", "sase_agent"), ("instance", "host")]);
        let pushes = times.iter().map(|time| Sample::new(*time, *time as f64 / 1000.0 - 4.0));
        fleet.store.append(&pushed, pushes);
        fleet
    }

    /// A target that answered at these times.
    pub(crate) fn up(&mut self, job: &str, instance: &str, times: &[i64]) {
        let labels = Labels::new([("__name__", "up"), ("job", job), ("instance", instance)]);
        self.store.append(&labels, times.iter().map(|time| Sample::new(*time, 1.0)));
    }

    fn write(&mut self, def: &MetricDef, labels: &[(String, String)], times: &[i64], random: &mut Rng) {
        match def.kind {
            Kind::Counter => {
                let chance = chance(def.name, labels);
                let most = if def.name.contains("tokens") { 40_000 } else { 1 };
                self.count(
                    def.name,
                    labels,
                    times,
                    |random| u64::from(random.f64() < chance) * random.u64(1..=most),
                    random,
                );
            }
            Kind::Gauge(_) => {
                let mut value = random.u64(1..5);
                let samples: Vec<_> = times
                    .iter()
                    .map(|time| {
                        if random.f64() < 0.1 {
                            value = (value + random.u64(0..3)).saturating_sub(1).min(9);
                        }
                        let value = if def.name.ends_with("_info") { 1 } else { value };
                        Sample::new(*time, value as f64)
                    })
                    .collect();
                self.store.append(&named(def.name, labels, None), samples);
            }
            Kind::Histogram(bounds) => self.observe(def.name, labels, bounds, times, random),
        }
    }

    fn count(
        &mut self,
        name: &str,
        labels: &[(String, String)],
        times: &[i64],
        mut next: impl FnMut(&mut Rng) -> u64,
        random: &mut Rng,
    ) {
        let mut total = 0;
        let samples: Vec<_> = times
            .iter()
            .map(|time| {
                total += next(random);
                Sample::new(*time, total as f64)
            })
            .collect();
        self.store.append(&named(name, labels, None), samples);
    }

    fn observe(
        &mut self,
        name: &str,
        labels: &[(String, String)],
        bounds: &[f64],
        times: &[i64],
        random: &mut Rng,
    ) {
        let mut counts = vec![0_u64; bounds.len() + 1];
        let mut rows: Vec<Vec<Sample>> = vec![Vec::new(); bounds.len() + 1];
        let (mut sums, mut sum) = (Vec::new(), 0.0);
        for time in times {
            if random.f64() < 0.3 {
                // The product of two is small more often than large.
                let middle = bounds[bounds.len() / 2];
                let observed = middle * random.f64() * random.f64() * 1.6;
                sum += observed;
                let at = bounds.iter().position(|bound| observed <= *bound).unwrap_or(bounds.len());
                counts[at..].iter_mut().for_each(|count| *count += 1);
            }
            rows.iter_mut().zip(&counts).for_each(|(row, count)| row.push(Sample::new(*time, *count as f64)));
            sums.push(Sample::new(*time, sum));
        }
        let total = rows.last().cloned().unwrap_or_default();
        let bucket = format!("{name}_bucket");
        for (at, row) in rows.into_iter().enumerate() {
            let le = bounds.get(at).map_or("+Inf".to_owned(), f64::to_string);
            self.store.append(&named(&bucket, labels, Some(&le)), row);
        }
        self.store.append(&named(&format!("{name}_sum"), labels, None), sums);
        self.store.append(&named(&format!("{name}_count"), labels, None), total);
    }
}

/// How likely an event is at each step: what fails is rare.
fn chance(name: &str, labels: &[(String, String)]) -> f64 {
    const RARE: [&str; 6] = ["retr", "error", "fail", "kill", "stop", "crash"];
    let has = |words: &[&str]| labels.iter().any(|(_, value)| words.contains(&value.as_str()));
    match () {
        () if has(&["other"]) => 0.0,
        () if name.contains("release_fail") || name.contains("zombie") || name.contains("overflow") => 0.0,
        () if name.contains("restart") || name.contains("cycle_err") => 0.001,
        () if RARE.iter().any(|word| name.contains(word)) => 0.01,
        () if has(&["error", "failed", "rate_limit", "overloaded"]) => 0.012,
        () if has(&["killed", "conflict", "oom", "signal"]) => 0.006,
        () => 0.3,
    }
}

fn named(name: &str, labels: &[(String, String)], le: Option<&str>) -> Labels {
    let own = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let target = [("__name__", name), ("job", "sase_agent"), ("instance", "host")];
    Labels::new(target.into_iter().chain(own).chain(le.map(|le| ("le", le))))
}

/// The label sets of a metric: every closed value, and a few of the open ones.
fn label_sets(def: &MetricDef) -> Vec<Vec<(String, String)>> {
    let mut sets = vec![Vec::new()];
    for label in def.labels {
        let values = values(label);
        let extended = sets.iter().flat_map(|set: &Vec<(String, String)>| {
            values.iter().map(move |value| {
                let own = (label.name.to_owned(), (*value).to_owned());
                set.iter().cloned().chain([own]).collect()
            })
        });
        sets = extended.collect();
    }
    sets.truncate(SETS);
    sets
}

fn values(label: &LabelDef) -> Vec<&'static str> {
    match (label.values, label.name) {
        (Values::Closed(known), _) => known.iter().map(|value| value.text).collect(),
        (Values::Open, "provider" | "llm_provider") => vec!["anthropic", "openai"],
        (Values::Open, "workflow") => vec!["review", "implement"],
        (Values::Open, "project") => vec!["atlas", "borealis"],
        (Values::Open, "error_type") => vec!["rate_limit", "overloaded"],
        (Values::Open, "vcs_provider") => vec!["git", "jj"],
        (Values::Open, "rust_version" | "version") => vec!["1.95.0"],
        (Values::Open, _) => vec!["one", "two"],
    }
}

impl Source for Fleet {
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        self.asked.lock().unwrap().push(expr.to_owned());
        let query = Query::parse(expr).map_err(|error| SourceError::Query(error.to_string()))?;
        match query.instant(&self.store, at, &Limits::default()) {
            Ok(Value::Vector(rows)) => {
                Ok(rows.into_iter().map(|(labels, sample)| (labels, sample.value)).collect())
            }
            Ok(Value::Scalar(sample)) => Ok(vec![(Labels::default(), sample.value)]),
            Ok(other) => Err(SourceError::Query(format!("a {} is no vector", other.type_name()))),
            Err(error) => Err(SourceError::Query(error.to_string())),
        }
    }

    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
        self.asked.lock().unwrap().push(expr.to_owned());
        let query = Query::parse(expr).map_err(|error| SourceError::Query(error.to_string()))?;
        query
            .range(&self.store, steps, &Limits::default())
            .map_err(|error| SourceError::Query(error.to_string()))
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        Ok(self.targets.clone())
    }
}
