//! The families of an orderly exposition: every line adds to the latest family, and to its latest metric or a new one.

use super::format::Format;
use super::model::{Bucket, Exemplar, Family, FamilyKind, Label, Metric, Quantile, Value};
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
        // Each for itself, so that they need not be in memory beside each other.
        let Sample { name, labels, value, timestamp, exemplar } = sample;
        let Some(family) = self.family(name, placed.begins_family) else { return };
        if placed.part == Part::Scalar {
            make_room(&mut family.metrics);
            let value = scalar(family.kind, value, exemplar);
            return family.metrics.push(Metric { labels: labels.to_vec(), value, timestamp });
        }
        if placed.begins_metric {
            begin_metric(family, labels, placed.part);
        }
        if let Some(metric) = family.metrics.last_mut() {
            // A timestamp holds for all lines of a metric; of several different ones the last is kept.
            if timestamp.is_some() {
                metric.timestamp = timestamp;
            }
            add_part(&mut metric.value, placed, value, exemplar);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Family<'a>> {
        self.end_family();
        self.families
    }
}

/// Makes room for another metric where there is none: four times as much, which is a third of the copying that doubling takes.
#[inline(always)]
fn make_room(metrics: &mut Vec<Metric<'_>>) {
    if metrics.len() == metrics.capacity() {
        grow(metrics);
    }
}

#[cold]
fn grow(metrics: &mut Vec<Metric<'_>>) {
    let len = metrics.len();
    metrics.reserve_exact(if len == 0 { 4 } else { 3 * len });
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
    make_room(&mut family.metrics);
    family.metrics.push(Metric::new(kept, value));
}

/// Adds a line to a metric of several lines.
#[inline(always)]
fn add_part<'a>(metric: &mut Value<'a>, placed: Placed, value: f64, exemplar: Option<Exemplar<'a>>) {
    match (metric, placed.part) {
        (Value::Histogram(histogram) | Value::GaugeHistogram(histogram), Part::Bucket) => {
            histogram.buckets.push(Bucket { le: placed.bound, cumulative: value, exemplar });
        }
        (Value::Summary(summary), Part::Quantile) => {
            summary.quantiles.push(Quantile::new(placed.bound, value));
        }
        (metric, part) => {
            if let Some(total) = total(metric, part) {
                *total = Some(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::exposition::{Format, Timestamp, Value, parse};

    #[test]
    fn a_family_keeps_no_more_room_than_doubling_would_leave() {
        for count in [1, 4, 5, 16, 17, 100, 1000] {
            let lines: String = (0..count).map(|number| format!("a{{b=\"{number:04}\"}} 1\n")).collect();
            for text in [format!("{lines}b 1\n"), lines] {
                let metrics = &parse(&text, Format::Text).unwrap()[0].metrics;
                assert_eq!(metrics.len(), count);
                assert!(metrics.capacity() <= (2 * count).max(4), "{} for {count}", metrics.capacity());
            }
        }
    }

    #[test]
    fn metrics_of_several_lines_keep_what_each_line_adds() {
        let text = "# TYPE a histogram\na_bucket{le=\"1\"} 2 5\na_bucket{le=\"2\"} 3\na_sum 4\na_count 3 6\n";
        let [family] = &*parse(text, Format::Text).unwrap() else { panic!("a family") };
        let [metric] = &*family.metrics else { panic!("a metric") };
        let Value::Histogram(histogram) = &metric.value else { panic!("a histogram") };
        assert_eq!((histogram.buckets.len(), histogram.sum, histogram.count), (2, Some(4.0), Some(3.0)));
        assert_eq!(metric.timestamp, Some(Timestamp::from_millis(6)));
    }
}
