//! The families of an orderly exposition: every line adds to the latest family, and to its latest metric or a new one.

use super::format::Format;
use super::model::{Bucket, Family, FamilyKind, Label, Metric, Quantile, Value};
use super::names::{Part, model_suffix};
use super::orderly::Placed;
use super::reader::{Line, Sample};
use super::values::{empty, scalar, total};

/// The families so far.
#[derive(Debug)]
pub(super) struct Families<'a> {
    format: Format,
    families: Vec<Family<'a>>,
}

impl<'a> Families<'a> {
    pub(super) fn new(format: Format) -> Self {
        Self { format, families: Vec::new() }
    }

    /// The family of the present line.
    fn family(&mut self, name: &'a str, begins: bool) -> Option<&mut Family<'a>> {
        if begins {
            self.begin(name);
        }
        self.families.last_mut()
    }

    #[cold]
    fn begin(&mut self, name: &'a str) {
        self.end_family();
        self.families.push(Family::new(name, FamilyKind::Untyped));
    }

    /// Gives the latest family the name that it has in the model, and gives back what room it has taken too much.
    fn end_family(&mut self) {
        if let Some(family) = self.families.last_mut() {
            // What doubling would have left may stay: not every allocator makes less of a piece without copying it.
            if family.metrics.capacity() > 2 * family.metrics.len() {
                family.metrics.shrink_to_fit();
            }
            let suffix = model_suffix(family.kind, self.format);
            if !suffix.is_empty() {
                family.name.to_mut().push_str(suffix);
            }
        }
    }

    /// Adds what a line says of its family.
    pub(super) fn describe(&mut self, line: Line<'a>, begins: bool) {
        match line {
            Line::Help { name, text } => {
                if let Some(family) = self.family(name, begins) {
                    family.help = Some(text);
                }
            }
            Line::Type { name, kind } => {
                if let Some(family) = self.family(name, begins) {
                    family.kind = kind;
                }
            }
            Line::Unit { name, unit } => {
                if let Some(family) = self.family(name, begins) {
                    // An empty unit is allowed and says that there is none.
                    family.unit = (!unit.is_empty()).then_some(unit.into());
                }
            }
            Line::Sample { .. } | Line::Comment(_) | Line::Eof => (),
        }
    }

    /// Adds a sample to the latest family.
    #[inline(always)]
    pub(super) fn add(&mut self, sample: Sample<'_, 'a>, placed: Placed) {
        let Some(family) = self.family(sample.name, placed.begins_family) else { return };
        if placed.part == Part::Scalar {
            let value = scalar(family.kind, sample.value, sample.exemplar);
            let labels = sample.labels.to_vec();
            return push(&mut family.metrics, Metric { labels, value, timestamp: sample.timestamp });
        }
        if placed.begins_metric {
            begin_metric(family, sample.labels, placed.part);
        }
        if let Some(metric) = family.metrics.last_mut() {
            // A timestamp holds for all lines of a metric; of several different ones the last is kept.
            metric.timestamp = sample.timestamp.or(metric.timestamp);
            add_part(&mut metric.value, sample, placed);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Family<'a>> {
        self.end_family();
        self.families
    }
}

/// Adds a metric. Where there is no room, four times as much is made: a third of what it takes to copy metrics into room that doubles.
#[inline(always)]
fn push<'a>(metrics: &mut Vec<Metric<'a>>, metric: Metric<'a>) {
    if metrics.len() == metrics.capacity() {
        metrics.reserve_exact(4 * metrics.len().max(1) - metrics.len());
    }
    metrics.push(metric);
}

/// Adds a metric of which nothing is known but its labels, with room for as many bounds as the one before it has.
#[inline(never)]
fn begin_metric<'a>(family: &mut Family<'a>, labels: &[Label<'a>], part: Part) {
    let Some(mut value) = empty(family.kind) else { return };
    let bound = part.bound_label();
    let mut kept = Vec::with_capacity(labels.len());
    kept.extend(labels.iter().filter(|label| bound.is_none_or(|bound| label.name != bound)).cloned());
    match (&mut value, family.metrics.last().map(|metric| &metric.value)) {
        (
            Value::Histogram(histogram) | Value::GaugeHistogram(histogram),
            Some(Value::Histogram(before) | Value::GaugeHistogram(before)),
        ) => histogram.buckets.reserve_exact(before.buckets.len()),
        (Value::Summary(summary), Some(Value::Summary(before))) => {
            summary.quantiles.reserve_exact(before.quantiles.len());
        }
        _ => (),
    }
    push(&mut family.metrics, Metric::new(kept, value));
}

/// Adds a line to a metric of several lines.
#[inline(always)]
fn add_part<'a>(value: &mut Value<'a>, sample: Sample<'_, 'a>, placed: Placed) {
    match (value, placed.part) {
        (Value::Histogram(histogram) | Value::GaugeHistogram(histogram), Part::Bucket) => {
            let bucket = Bucket { le: placed.bound, cumulative: sample.value, exemplar: sample.exemplar };
            histogram.buckets.push(bucket);
        }
        (Value::Summary(summary), Part::Quantile) => {
            summary.quantiles.push(Quantile::new(placed.bound, sample.value));
        }
        (value, part) => {
            if let Some(total) = total(value, part) {
                *total = Some(sample.value);
            }
        }
    }
}
