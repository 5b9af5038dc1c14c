//! Which names are allowed, and what the samples of each kind of family are called.
//!
//! One table of suffixes serves the parser, which asks which family a sample belongs to, and the writer, which asks
//! what to call it.

use super::format::Format;
use super::model::FamilyKind;

/// What a sample is to its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The only value of its metric.
    Scalar,
    /// A bucket, with its bound in `le`.
    Bucket,
    /// A quantile, with its share in `quantile`.
    Quantile,
    /// The sum of the observations.
    Sum,
    /// The number of observations.
    Count,
    /// The time of creation.
    Created,
}

impl Part {
    /// The label that tells samples of this part within one metric apart.
    pub(super) fn bound_label(self) -> Option<&'static str> {
        match self {
            Self::Bucket => Some("le"),
            Self::Quantile => Some("quantile"),
            _ => None,
        }
    }
}

/// The parts of a family of this kind, with what follows the family's name in the names of their samples.
pub(super) fn parts(kind: FamilyKind, format: Format) -> &'static [(&'static str, Part)] {
    use FamilyKind::{Counter, Gauge, GaugeHistogram, Histogram, Info, StateSet, Summary, Untyped};
    match (kind, format) {
        (Counter, Format::OpenMetrics) => &[("_total", Part::Scalar), ("_created", Part::Created)],
        (Info, Format::OpenMetrics) => &[("_info", Part::Scalar)],
        (Counter | Gauge | Untyped | StateSet | Info, _) => &[("", Part::Scalar)],
        (Histogram | GaugeHistogram, Format::Text) => {
            &[("_bucket", Part::Bucket), ("_sum", Part::Sum), ("_count", Part::Count)]
        }
        (Histogram, Format::OpenMetrics) => &[
            ("_bucket", Part::Bucket),
            ("_sum", Part::Sum),
            ("_count", Part::Count),
            ("_created", Part::Created),
        ],
        (GaugeHistogram, Format::OpenMetrics) => {
            &[("_bucket", Part::Bucket), ("_gsum", Part::Sum), ("_gcount", Part::Count)]
        }
        (Summary, Format::Text) => &[("", Part::Quantile), ("_sum", Part::Sum), ("_count", Part::Count)],
        (Summary, Format::OpenMetrics) => {
            &[("", Part::Quantile), ("_sum", Part::Sum), ("_count", Part::Count), ("_created", Part::Created)]
        }
    }
}

/// What follows a family's name in the names of its samples of this part, if it has such samples.
pub(super) fn suffix(kind: FamilyKind, format: Format, part: Part) -> Option<&'static str> {
    parts(kind, format).iter().find(|(_, other)| *other == part).map(|(suffix, _)| *suffix)
}

/// Which part of such a family a sample with this suffix is.
pub(super) fn part(kind: FamilyKind, format: Format, suffix: &str) -> Option<Part> {
    parts(kind, format).iter().find(|(other, _)| *other == suffix).map(|(_, part)| *part)
}

/// Splits a name before its last underscore, as `a_b_total` into `a_b` and `_total`. Every suffix of the table is one
/// such word, so that no other division needs to be tried.
pub(super) fn split_suffix(name: &str) -> Option<(&str, &str)> {
    name.rfind('_').map(|at| name.split_at(at))
}

/// Whether samples of this part can have an exemplar; OpenMetrics allows them on counters and buckets.
pub(super) fn takes_exemplar(kind: FamilyKind, format: Format, part: Part) -> bool {
    let counted = part == Part::Bucket || (kind == FamilyKind::Counter && part == Part::Scalar);
    format == Format::OpenMetrics && counted
}

/// Whether values of this kind are quantities, which can have a unit: OpenMetrics gives none to informations and states.
pub(super) fn takes_unit(kind: FamilyKind) -> bool {
    !matches!(kind, FamilyKind::Info | FamilyKind::StateSet)
}

/// The suffix that a family's name has in the text format, and so in the model, but not in OpenMetrics.
pub(super) fn model_suffix(kind: FamilyKind, format: Format) -> &'static str {
    match format {
        Format::Text => "",
        Format::OpenMetrics => suffix(kind, format, Part::Scalar).unwrap_or_default(),
    }
}

/// Whether an OpenMetrics name has the unit as its last word, as it must; an empty unit is none.
pub(super) fn ends_in_unit(name: &str, unit: &str) -> bool {
    unit.is_empty() || name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
}

/// Whether Prometheus accepts this as a metric's name: letters, digits, underscores and colons, no digit first.
#[must_use]
pub fn is_metric_name(name: &str) -> bool {
    name.bytes().all(is_metric_name_byte) && !starts_with_digit(name)
}

/// Whether Prometheus accepts this as a label's name: letters, digits and underscores, no digit first. `__name__` is
/// a name, but no label of an exposition.
#[must_use]
pub fn is_label_name(name: &str) -> bool {
    name.bytes().all(is_label_name_byte) && !starts_with_digit(name)
}

fn starts_with_digit(name: &str) -> bool {
    name.bytes().next().is_none_or(|first| first.is_ascii_digit())
}

/// Whether the byte can be part of a metric's name.
pub(super) fn is_metric_name_byte(byte: u8) -> bool {
    is_label_name_byte(byte) || byte == b':'
}

/// Whether the byte can be part of a label's name.
pub(super) fn is_label_name_byte(byte: u8) -> bool {
    LABEL_NAME_BYTES[usize::from(byte)]
}

/// The answer for every byte, since every byte of every name is asked about. With an entry for each byte, looking one
/// up cannot fail.
const LABEL_NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = byte == b'_' as usize || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

impl FamilyKind {
    /// The kinds that each format can tell apart.
    pub(super) fn all(format: Format) -> &'static [Self] {
        const EVERY: [FamilyKind; 8] = [
            FamilyKind::Counter,
            FamilyKind::Gauge,
            FamilyKind::Histogram,
            FamilyKind::Summary,
            FamilyKind::Untyped,
            FamilyKind::Info,
            FamilyKind::StateSet,
            FamilyKind::GaugeHistogram,
        ];
        match format {
            Format::Text => EVERY.split_at(5).0,
            Format::OpenMetrics => &EVERY,
        }
    }

    /// The word for this kind on a TYPE line.
    ///
    /// ```
    /// use telemetry_core::exposition::{FamilyKind, Format};
    ///
    /// assert_eq!(FamilyKind::Untyped.as_str(Format::OpenMetrics), "unknown");
    /// assert_eq!(FamilyKind::Info.as_str(Format::Text), "gauge");
    /// ```
    #[must_use]
    pub fn as_str(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::Counter, _) => "counter",
            (Self::Summary, _) => "summary",
            (Self::Gauge, _) | (Self::Info | Self::StateSet, Format::Text) => "gauge",
            (Self::Histogram, _) | (Self::GaugeHistogram, Format::Text) => "histogram",
            (Self::Untyped, Format::Text) => "untyped",
            (Self::Untyped, Format::OpenMetrics) => "unknown",
            (Self::Info, Format::OpenMetrics) => "info",
            (Self::StateSet, Format::OpenMetrics) => "stateset",
            (Self::GaugeHistogram, Format::OpenMetrics) => "gaugehistogram",
        }
    }

    /// The kind that a word on a TYPE line means. Prometheus reads it in any case in the text format, and in
    /// OpenMetrics as it is.
    pub(super) fn from_word(word: &str, format: Format) -> Option<Self> {
        let means = |kind: &&Self| match format {
            Format::Text => kind.as_str(format).eq_ignore_ascii_case(word),
            Format::OpenMetrics => kind.as_str(format) == word,
        };
        Self::all(format).iter().find(means).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_for_a_kind_is_read_back() {
        for format in [Format::Text, Format::OpenMetrics] {
            for kind in FamilyKind::all(format) {
                assert_eq!(FamilyKind::from_word(kind.as_str(format), format), Some(*kind));
            }
        }
    }

    #[test]
    fn every_suffix_is_one_word() {
        for format in [Format::Text, Format::OpenMetrics] {
            for kind in FamilyKind::all(Format::OpenMetrics) {
                for (suffix, part_of_suffix) in parts(*kind, format) {
                    assert!(suffix.is_empty() || split_suffix(suffix) == Some(("", suffix)));
                    assert_eq!(part(*kind, format, suffix), Some(*part_of_suffix));
                }
            }
        }
    }

    #[test]
    fn names_are_those_of_prometheus() {
        assert!(is_metric_name("a:b_1") && is_metric_name("_") && is_metric_name(":"));
        assert!(
            !is_metric_name("") && !is_metric_name("1a") && !is_metric_name("é") && !is_metric_name("a-b")
        );
        assert!(is_label_name("le") && !is_label_name("a:b"));
    }
}
