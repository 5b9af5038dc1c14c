//! What an exposition counted before an attempt, and what of a later one was counted since.
//!
//! Client libraries write what they have counted since they began, and files are written again and again: only the rise is of the
//! attempt. A count that is lower than it was, or that was born at another time, began anew.

use super::families::{catalog_series, creation_time, parsed};
use std::collections::BTreeMap;
use telemetry_core::cell::HistogramReading;
use telemetry_core::exposition::{Family, Metric, ParseError, Value};
use telemetry_core::metric::MetricDef;
use telemetry_core::snapshot::Reading;

/// A series of the catalog: the name of its metric and the values of its labels, in the order of the catalog.
type Series = (&'static str, Vec<String>);

/// What an exposition counts.
#[derive(Debug, Default)]
pub(super) struct Counted {
    readings: BTreeMap<Series, Reading>,
    births: BTreeMap<Series, f64>,
}

impl Counted {
    /// # Errors
    /// Where it is no exposition.
    pub(super) fn read(text: &[u8]) -> Result<Self, ParseError> {
        Ok(Self::of(&parsed(text)?))
    }

    pub(super) fn of(families: &[Family<'_>]) -> Self {
        let mut counted = Self::default();
        for family in families {
            family.metrics.iter().for_each(|metric| counted.take(&family.name, metric));
        }
        counted
    }

    fn take(&mut self, name: &str, metric: &Metric<'_>) {
        if let (Some((def, values)), Value::Gauge(born)) = (creation_time(name, metric), &metric.value) {
            self.births.insert(series(def, &values), *born);
        }
        if let Some((def, values, reading)) = catalog_series(name, metric) {
            self.births.extend(born(&metric.value).map(|born| (series(def, &values), born)));
            self.readings.insert(series(def, &values), reading);
        }
    }

    /// What this series counted since the other was read.
    pub(super) fn since(
        &self,
        before: &Self,
        def: &'static MetricDef,
        values: &[&str],
        now: Reading,
    ) -> Reading {
        let series = series(def, values);
        let births = [&self.births, &before.births].map(|births| births.get(&series));
        let is_another = matches!(births, [Some(now), Some(before)] if now != before);
        match before.readings.get(&series).filter(|_| !is_another) {
            Some(before) => rise(before, &now).unwrap_or(now),
            None => now,
        }
    }
}

fn series(def: &'static MetricDef, values: &[&str]) -> Series {
    (def.name, values.iter().map(|value| (*value).to_owned()).collect())
}

fn born(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Counter(counter) => counter.created,
        Value::Histogram(histogram) => histogram.created,
        _ => None,
    }
}

/// `None` where something is lower than it was.
fn rise(before: &Reading, now: &Reading) -> Option<Reading> {
    match (before, now) {
        (Reading::Counter(before), Reading::Counter(now)) => {
            (before <= now).then_some(Reading::Counter(now - before))
        }
        (Reading::Histogram(before), Reading::Histogram(now)) => {
            let pairs = now.buckets.iter().zip(&before.buckets);
            let buckets = pairs.map(|(now, before)| now.checked_sub(*before)).collect::<Option<_>>()?;
            Some(Reading::Histogram(HistogramReading { buckets, sum: now.sum - before.sum }))
        }
        _ => None,
    }
}
