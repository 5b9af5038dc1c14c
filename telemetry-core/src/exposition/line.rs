//! The pieces of a line that are the same whoever writes it: labels in braces, and what the samples of a histogram are called.

use super::escape::{Context, write_escaped};
use super::format::Format;
#[cfg(feature = "live")]
use super::model::FamilyKind;
use super::model::Label;
#[cfg(feature = "live")]
use super::names::{Part, suffix};
use super::number::write_value;

/// Writes labels behind an opening brace, without the closing one, and nothing where there are none.
pub(crate) fn write_labels<'l>(out: &mut String, labels: impl Iterator<Item = (&'l str, &'l str)>) {
    let mut separator = '{';
    for (name, value) in labels {
        write_label_name(out, separator, name);
        write_label_value(out, value);
        separator = ',';
    }
}

impl Label<'_> {
    pub(super) fn texts(&self) -> (&str, &str) {
        (&self.name, &self.value)
    }
}

/// What follows the name of a histogram in the names of its samples, which is the same in both formats.
#[cfg(feature = "live")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct HistogramNames {
    pub(crate) bucket: &'static str,
    pub(crate) sum: &'static str,
    pub(crate) count: &'static str,
    /// The label with the bound of a bucket.
    pub(crate) bound: &'static str,
}

#[cfg(feature = "live")]
impl HistogramNames {
    pub(crate) fn new() -> Self {
        let of = |part| suffix(FamilyKind::Histogram, Format::Text, part).unwrap_or_default();
        let bound = Part::Bucket.bound_label().unwrap_or_default();
        Self { bucket: of(Part::Bucket), sum: of(Part::Sum), count: of(Part::Count), bound }
    }
}

/// Writes the label of a bucket or a quantile behind the other labels, if there are any, and what is between it and the value.
pub(crate) fn write_bound(out: &mut String, is_first: bool, name: &str, bound: f64) {
    write_label_name(out, if is_first { '{' } else { ',' }, name);
    write_value(out, bound);
    out.push_str("\"} ");
}

/// What is between the labels and the value on a line without a bound.
pub(crate) const fn end_of_labels(has_labels: bool) -> &'static str {
    if has_labels { "} " } else { " " }
}

/// Writes a label up to its value, behind a brace or a comma.
pub(super) fn write_label_name(out: &mut String, separator: char, name: &str) {
    out.push(separator);
    out.push_str(name);
    out.push_str("=\"");
}

/// Writes the value of a label behind its opening quote, and the closing one.
pub(super) fn write_label_value(out: &mut String, value: &str) {
    // Both formats escape the same in a label value.
    write_escaped(out, value, Context::LabelValue(Format::Text));
    out.push('"');
}

/// Writes a value behind what stands before it, and ends the line.
#[inline(always)]
pub(crate) fn write_line(out: &mut String, before: &str, value: f64) {
    out.push_str(before);
    write_value(out, value);
    out.push('\n');
}
