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
            self.end_family();
            self.families.push(Family::new(name, FamilyKind::Untyped));
        }
        self.families.last_mut()
    }

    /// Gives the latest family the name that it has in the model.
    fn end_family(&mut self) {
        if let Some(family) = self.families.last_mut() {
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
        if placed.part != Part::Scalar {
            return add_line(family, sample, placed);
        }
        let value = scalar(family.kind, sample.value, sample.exemplar);
        family.metrics.push(Metric { labels: sample.labels.to_vec(), value, timestamp: sample.timestamp });
    }

    pub(super) fn finish(mut self) -> Vec<Family<'a>> {
        self.end_family();
        self.families
    }
}

/// Adds a line of a metric that has several.
fn add_line<'a>(family: &mut Family<'a>, sample: Sample<'_, 'a>, placed: Placed) {
    if placed.begins_metric {
        let metric = begun(family, sample.labels, placed.part);
        family.metrics.extend(metric);
    }
    if let Some(metric) = family.metrics.last_mut() {
        // A timestamp holds for all lines of a metric; of several different ones the last is kept.
        metric.timestamp = sample.timestamp.or(metric.timestamp);
        add_part(&mut metric.value, sample, placed);
    }
}

/// A metric of which nothing is known but its labels, with room for as many bounds as the one before it has.
fn begun<'a>(family: &Family<'a>, labels: &[Label<'a>], part: Part) -> Option<Metric<'a>> {
    let bound = part.bound_label();
    let mut kept = Vec::with_capacity(labels.len());
    kept.extend(labels.iter().filter(|label| bound.is_none_or(|bound| label.name != bound)).cloned());
    let mut value = empty(family.kind)?;
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
    Some(Metric::new(kept, value))
}

/// Adds a line to a metric of several lines.
fn add_part<'a>(value: &mut Value<'a>, sample: Sample<'_, 'a>, placed: Placed) {
    if let Some(total) = total(value, placed.part) {
        *total = Some(sample.value);
        return;
    }
    match value {
        Value::Histogram(histogram) | Value::GaugeHistogram(histogram) => {
            let bucket = Bucket { le: placed.bound, cumulative: sample.value, exemplar: sample.exemplar };
            histogram.buckets.push(bucket);
        }
        Value::Summary(summary) => summary.quantiles.push(Quantile::new(placed.bound, sample.value)),
        _ => (),
    }
}
