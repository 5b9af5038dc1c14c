//! The same events, once scraped over and over as a Prometheus does and once remembered as a ledger does, are judged the same.

use super::{Answers, Finding, Remembered, Unjudged, batches, checks_over};
use crate::source::{SeenTarget, Source, SourceError, rows};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};
use telemetry_catalog::promql::Window;
use telemetry_core::catalog::{SERIES_OVERFLOW, metrics};
use telemetry_core::config::{Config, HealthThresholds};
use telemetry_core::exposition::{self, Format};
use telemetry_core::metric::{Kind, MetricDef, Values};
use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Series, Steps};

const NOW: i64 = 1_700_000_000_000;
const HALF_AN_HOUR: Window = Window::minutes(30);

/// The scrapes of half an hour, one every 15 s.
const SCRAPES: i64 = 120;

/// What each series stood at before anything of this was counted.
const BEFORE: f64 = 1000.0;

/// What was counted of everything in the catalog that counts, as an exposition; other amounts with every seed.
fn counted(seed: usize) -> String {
    let mut text = String::new();
    let all = metrics().chain([SERIES_OVERFLOW.def()]);
    for (place, def) in all.enumerate().filter(|(_, def)| !matches!(def.kind, Kind::Gauge(_))) {
        let kind = if matches!(def.kind, Kind::Histogram(_)) { "histogram" } else { "counter" };
        writeln!(text, "# TYPE {} {kind}", def.name).unwrap();
        for (at, labels) in label_sets(def).into_iter().enumerate() {
            write(def, &labels, (place * 7 + at * 5 + seed) % 9, &mut text);
        }
    }
    text
}

fn write(def: &MetricDef, labels: &str, amount: usize, text: &mut String) {
    let name = def.name;
    if def.bounds().is_empty() {
        writeln!(text, "{name}{{{labels}}} {amount}").unwrap();
        return;
    }
    let mut sum = 0;
    for (bucket, bound) in def.bounds().iter().enumerate() {
        sum += (amount + bucket * 3) % 11;
        writeln!(text, "{name}_bucket{{{labels}le=\"{bound}\"}} {sum}").unwrap();
    }
    writeln!(text, "{name}_bucket{{{labels}le=\"+Inf\"}} {sum}").unwrap();
    writeln!(text, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {sum}").unwrap();
}

/// Label sets with each known value of closed labels, and two values of open ones.
fn label_sets(def: &MetricDef) -> Vec<String> {
    let mut sets = vec![String::new()];
    for label in def.labels {
        let values = match label.values {
            Values::Open => vec!["a", "b"],
            Values::Closed(known) => known.iter().map(|known| known.text).collect(),
        };
        let with = |set: String| {
            values.iter().map(move |value| format!("{set}{}=\"{value}\",", label.name)).collect()
        };
        let with: &dyn Fn(String) -> Vec<String> = &with;
        sets = sets.into_iter().flat_map(with).collect();
    }
    sets
}

/// Scrapes in memory.
struct Scraped(MemoryStore);

impl Scraped {
    /// Everything rises evenly from the second scrape of the window to its last. A range leaves its own beginning out.
    fn of(text: &str) -> Self {
        let mut store = MemoryStore::default();
        for (labels, value) in super::remembered::samples(text).unwrap() {
            let target = [("job", "sase_agent"), ("instance", "one")];
            let labels = Labels::new(labels.iter().map(|label| (&*label.name, &*label.value)).chain(target));
            let risen = |scrape: i64| (value * (scrape - 1).max(0) as f64 / (SCRAPES - 1) as f64).floor();
            let at = |scrape: i64| NOW - (SCRAPES - scrape) * 15_000;
            store.append(
                &labels,
                (-4..=SCRAPES).map(|scrape| Sample::new(at(scrape), BEFORE + risen(scrape))),
            );
        }
        Self(store)
    }
}

impl Source for Scraped {
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        rows(Query::parse(expr).unwrap().instant(&self.0, at, &Limits::default()).unwrap())
    }

    fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
        unreachable!()
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        unreachable!()
    }
}

fn by_scrapes(text: &str) -> Vec<Finding> {
    let (source, checks) = (Scraped::of(text), checks_over(&Config::default(), Some(HALF_AN_HOUR)));
    let mut answers = Answers::default();
    batches(&checks).iter().for_each(|batch| answers.extend(batch.ask(&source, NOW)));
    answers.findings(&checks, &HealthThresholds::default())
}

fn by_totals(text: &str) -> Vec<Finding> {
    let to = UNIX_EPOCH + Duration::from_millis(NOW.unsigned_abs());
    let families = exposition::parse(text, Format::Text).unwrap();
    let remembered = Remembered::new(&families, to - Duration::from_secs(1_800), to).unwrap();
    assert_eq!(remembered.over(), HALF_AN_HOUR);
    let checks = checks_over(&Config::default(), Some(HALF_AN_HOUR));
    remembered.findings(&checks, &HealthThresholds::default())
}

/// Whether both have the same value, or both have none.
fn is_same(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-9,
        (one, other) => one.is_none() && other.is_none(),
    }
}

#[test]
fn a_ledger_and_a_prometheus_agree_wherever_both_can_tell() {
    let (mut measured, mut testable) = (BTreeSet::new(), BTreeSet::new());
    for seed in 1..4 {
        let text = counted(seed);
        for (scraped, remembered) in by_scrapes(&text).into_iter().zip(by_totals(&text)) {
            if matches!(remembered.judged, Err(Unjudged::NotTestable(_))) {
                continue;
            }
            let alert = remembered.indicator.alert;
            assert_eq!(scraped.verdict(), remembered.verdict(), "{alert}: {scraped:?} {remembered:?}");
            assert!(is_same(scraped.value(), remembered.value()), "{alert}: {scraped:?} {remembered:?}");
            testable.insert(alert);
            measured.extend(remembered.value().map(|_| alert));
        }
    }
    assert_eq!(measured, testable);
    assert!(testable.len() > 15, "{testable:?}");
}
