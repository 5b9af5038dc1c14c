//! The series of one metric as a ledger keeps them: what they have come to, and how more is added.

use std::borrow::Cow;
use std::collections::BTreeMap;
use telemetry_core::exposition::{Bucket, Counter, Family, FamilyKind, Histogram, Label, Metric, Value};
use telemetry_core::metric::{Combine, Kind};
use telemetry_core::registry::OVERFLOW;

/// The series of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) kind: KeptKind,
    pub(crate) help: String,
    /// The label names, once there is a series to show them.
    pub(crate) labels: Vec<String>,
    pub(crate) series: BTreeMap<Vec<String>, Amount>,
}

/// What a metric is, as far as adding it up goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeptKind {
    Counter,
    Gauge(Combine),
    /// With the bounds, without `+Inf`.
    Histogram(Vec<f64>),
}

/// What one series has come to, or by how much it changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Amount {
    Number(f64),
    /// In a change alone: a state that was created and never written, so that it replaces nothing.
    Created,
    /// Observations per bucket, not cumulative, and their sum.
    Observations {
        buckets: Vec<f64>,
        sum: f64,
    },
}

impl From<Kind> for KeptKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter,
            Kind::Gauge(combine) => Self::Gauge(combine),
            Kind::Histogram(bounds) => Self::Histogram(bounds.to_vec()),
        }
    }
}

impl KeptKind {
    fn family_kind(&self) -> FamilyKind {
        match self {
            Self::Counter => FamilyKind::Counter,
            Self::Gauge(_) => FamilyKind::Gauge,
            Self::Histogram(_) => FamilyKind::Histogram,
        }
    }

    fn zero(&self) -> Amount {
        match self {
            Self::Counter | Self::Gauge(_) => Amount::Number(0.0),
            Self::Histogram(bounds) => {
                Amount::Observations { buckets: vec![0.0; bounds.len() + 1], sum: 0.0 }
            }
        }
    }

    fn read(family: &Family<'_>, combine: Combine) -> Option<Self> {
        match family.kind {
            FamilyKind::Counter => Some(Self::Counter),
            FamilyKind::Gauge => Some(Self::Gauge(combine)),
            FamilyKind::Histogram => match family.metrics.first().map(|metric| &metric.value) {
                Some(Value::Histogram(first)) => Some(Self::Histogram(finite_bounds(first))),
                _ => Some(Self::Histogram(Vec::new())),
            },
            _ => None,
        }
    }
}

impl Kept {
    pub(crate) const fn new(kind: KeptKind, help: String, labels: Vec<String>) -> Self {
        Self { kind, help, labels, series: BTreeMap::new() }
    }

    /// A family without series, of the same shape as another.
    pub(crate) fn like(other: &Self) -> Self {
        Self::new(other.kind.clone(), other.help.clone(), other.labels.clone())
    }

    pub(crate) fn is_live(&self) -> bool {
        self.kind == KeptKind::Gauge(Combine::Live)
    }

    /// In what this family differs from another of its name; `None` where they fit.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        match (&self.kind, &other.kind) {
            (KeptKind::Histogram(kept), KeptKind::Histogram(bounds)) if kept != bounds => Some("buckets"),
            (kept, kind) if kept.family_kind() != kind.family_kind() => Some("type"),
            (kept, kind) if kept != kind => Some("combination"),
            _ => (self.labels != other.labels).then_some("labels"),
        }
    }

    /// Adds what happened to one series. Says whether it had to go to the series beyond the limit.
    pub(crate) fn add(&mut self, values: &[String], change: &Amount, max_series: usize) -> bool {
        let state = self.kind == KeptKind::Gauge(Combine::State);
        let (amount, folded) = self.amount(values, max_series);
        amount.apply(change, state);
        folded
    }

    /// The series with these values, made at 0 if it is new; the one beyond the limit where there are too many.
    fn amount(&mut self, values: &[String], max_series: usize) -> (&mut Amount, bool) {
        let fold =
            self.series.len() >= max_series && !is_overflow(values) && !self.series.contains_key(values) && {
                let overflow = vec![OVERFLOW.to_owned(); values.len()];
                self.series.len() - usize::from(self.series.contains_key(&overflow)) >= max_series
            };
        let key = if fold { vec![OVERFLOW.to_owned(); values.len()] } else { values.to_vec() };
        (self.series.entry(key).or_insert_with(|| self.kind.zero()), fold)
    }

    /// Whether no counter and no bucket falls by adding this.
    pub(crate) fn only_rises(&self) -> bool {
        let rises = |amount: f64| amount.is_finite() && amount >= 0.0;
        self.series.values().all(|amount| match (&self.kind, amount) {
            (KeptKind::Counter, Amount::Number(more)) => rises(*more),
            (_, Amount::Observations { buckets, .. }) => buckets.iter().all(|more| rises(*more)),
            _ => true,
        })
    }

    /// By how much each series has grown since an earlier state of this family. What has another shape or has fallen began anew, so
    /// that all of it is growth. A gauge is told as it is now.
    pub(crate) fn since(&self, earlier: Option<&Self>) -> Self {
        let earlier = earlier.filter(|earlier| self.difference(earlier).is_none());
        let mut grown = Self::like(self);
        for (values, amount) in &self.series {
            let before = earlier.and_then(|earlier| earlier.series.get(values));
            let amount = match (&self.kind, before) {
                (KeptKind::Counter | KeptKind::Histogram(_), Some(before)) => amount.since(before),
                _ => amount.clone(),
            };
            grown.series.insert(values.clone(), amount);
        }
        grown
    }

    pub(crate) fn exposition<'s>(&'s self, name: &'s str) -> Family<'s> {
        let metrics = self.series.iter().map(|(values, amount)| {
            let labels =
                self.labels.iter().zip(values).map(|(name, value)| Label::new(name.as_str(), value.as_str()));
            Metric::new(labels.collect(), amount.value(&self.kind))
        });
        let family = Family::new(name, self.kind.family_kind()).with_metrics(metrics);
        if self.help.is_empty() { family } else { family.with_help(self.help.as_str()) }
    }

    /// The inverse of [`exposition`](Self::exposition); `None` where the series do not fit together.
    pub(crate) fn read(family: &Family<'_>, combine: Combine) -> Option<Self> {
        let first = family.metrics.first();
        let labels = first.map(|metric| metric.labels.iter().map(|label| label.name.to_string()).collect());
        let help = family.help.clone().map(Cow::into_owned).unwrap_or_default();
        let mut kept = Self::new(KeptKind::read(family, combine)?, help, labels.unwrap_or_default());
        for metric in &family.metrics {
            let names = metric.labels.iter().map(|label| &*label.name);
            if !names.eq(kept.labels.iter().map(String::as_str)) {
                return None;
            }
            let values = metric.labels.iter().map(|label| label.value.to_string()).collect();
            kept.series.insert(values, Amount::read(&metric.value, &kept.kind)?);
        }
        Some(kept)
    }
}

impl Amount {
    fn apply(&mut self, change: &Self, state: bool) {
        match (self, change) {
            (Self::Number(number), Self::Number(value)) if state => *number = *value,
            (Self::Number(number), Self::Number(more)) => *number += more,
            (created @ Self::Created, Self::Number(value)) => *created = Self::Number(*value),
            (Self::Observations { buckets, sum }, Self::Observations { buckets: more, sum: more_sum }) => {
                buckets.iter_mut().zip(more).for_each(|(bucket, more)| *bucket += more);
                *sum += more_sum;
            }
            _ => {}
        }
    }

    fn since(&self, before: &Self) -> Self {
        match (self, before) {
            (Self::Number(now), Self::Number(before)) if now >= before => Self::Number(now - before),
            (
                Self::Observations { buckets, sum },
                Self::Observations { buckets: before, sum: before_sum },
            ) if buckets.iter().zip(before).all(|(now, before)| now >= before) => Self::Observations {
                buckets: buckets.iter().zip(before).map(|(now, before)| now - before).collect(),
                sum: sum - before_sum,
            },
            _ => self.clone(),
        }
    }

    fn value(&self, kind: &KeptKind) -> Value<'static> {
        match (self, kind) {
            (Self::Number(number), KeptKind::Counter) => Value::Counter(Counter::new(*number)),
            (Self::Number(number), _) => Value::Gauge(*number),
            (Self::Created, _) => Value::Gauge(0.0),
            (Self::Observations { buckets, sum }, kind) => Value::Histogram(histogram(kind, buckets, *sum)),
        }
    }

    fn read(value: &Value<'_>, kind: &KeptKind) -> Option<Self> {
        match (value, kind) {
            (Value::Counter(counter), KeptKind::Counter) => Some(Self::Number(counter.value)),
            (Value::Gauge(number), KeptKind::Gauge(_)) => Some(Self::Number(*number)),
            (Value::Histogram(histogram), KeptKind::Histogram(bounds)) => {
                let whole =
                    finite_bounds(histogram) == *bounds && histogram.buckets.len() == bounds.len() + 1;
                whole.then(|| Self::Observations {
                    buckets: per_bucket(histogram),
                    sum: histogram.sum.unwrap_or(0.0),
                })
            }
            _ => None,
        }
    }
}

fn histogram(kind: &KeptKind, buckets: &[f64], sum: f64) -> Histogram<'static> {
    let KeptKind::Histogram(bounds) = kind else { return Histogram::default() };
    let mut cumulative = 0.0;
    let bounds = bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds
        .zip(buckets)
        .map(|(le, count)| {
            cumulative += count;
            Bucket::new(le, cumulative)
        })
        .collect();
    Histogram { buckets, sum: Some(sum), count: Some(cumulative), created: None }
}

fn finite_bounds(histogram: &Histogram<'_>) -> Vec<f64> {
    histogram.buckets.iter().map(|bucket| bucket.le).filter(|le| le.is_finite()).collect()
}

fn per_bucket(histogram: &Histogram<'_>) -> Vec<f64> {
    let below = [0.0].into_iter().chain(histogram.buckets.iter().map(|bucket| bucket.cumulative));
    histogram.buckets.iter().zip(below).map(|(bucket, below)| bucket.cumulative - below).collect()
}

fn is_overflow(values: &[String]) -> bool {
    !values.is_empty() && values.iter().all(|value| value == OVERFLOW)
}
