//! Timestamps: milliseconds as an integer in the text format, seconds as a decimal number in OpenMetrics.

use super::format::Format;
use super::number::{parse_value, write_integer};

/// A moment, in milliseconds since 1970, which is as precise as Prometheus stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many milliseconds after the beginning of 1970 (UTC), or before it when negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Writes the moment as `format` has it.
    pub(super) fn write(self, format: Format, out: &mut String) {
        if self.0 < 0 {
            out.push('-');
        }
        let millis = self.0.unsigned_abs();
        match format {
            Format::Text => write_integer(out, millis),
            Format::OpenMetrics => write_seconds(out, millis),
        }
    }

    /// Reads a moment as `format` has it; digits beyond the millisecond are dropped.
    pub(super) fn parse(text: &str, format: Format) -> Option<Self> {
        match format {
            Format::Text => text.parse().ok().map(Self),
            Format::OpenMetrics => parse_seconds(text).map(Self),
        }
    }
}

fn write_seconds(out: &mut String, millis: u64) {
    write_integer(out, millis / 1000);
    let rest = millis % 1000;
    if rest != 0 {
        out.push_str(format!(".{rest:03}").trim_end_matches('0'));
    }
}

/// Reads seconds as milliseconds.
///
/// Digit by digit where there is no exponent: by way of a float, 1.001 s would become 1000 ms, and moments far from
/// 1970 would lose their milliseconds.
fn parse_seconds(text: &str) -> Option<i64> {
    let seconds = parse_value(text).filter(|seconds| seconds.is_finite())?;
    if text.contains(['e', 'E']) { whole_millis(seconds * 1000.0) } else { decimal_millis(text) }
}

/// Drops the fraction, and what is too large for the model.
fn whole_millis(millis: f64) -> Option<i64> {
    /// 2⁶³, the first float that is too large for an `i64`.
    const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, and the fraction is to be dropped"
    )]
    (millis.abs() < TOO_LARGE).then_some(millis as i64)
}

/// `text` is a decimal number without exponent.
fn decimal_millis(text: &str) -> Option<i64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let thousandths = fraction.bytes().chain(*b"000").take(3);
    let size = whole.bytes().chain(thousandths).try_fold(0i64, |millis, digit| {
        // Counted downwards, because the range of integers reaches one further there.
        millis.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))
    })?;
    if text.starts_with('-') { Some(size) } else { size.checked_neg() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_METRICS: Format = Format::OpenMetrics;

    #[test]
    fn seconds_are_written_without_a_needless_fraction() {
        for (millis, expected) in
            [(0, "0"), (1000, "1"), (1500, "1.5"), (-1, "-0.001"), (i64::MIN, "-9223372036854775.808")]
        {
            let mut out = String::new();
            Timestamp::from_millis(millis).write(OPEN_METRICS, &mut out);
            assert_eq!(out, expected);
            assert_eq!(Timestamp::parse(&out, OPEN_METRICS), Some(Timestamp::from_millis(millis)));
        }
    }

    #[test]
    fn seconds_are_read_exactly() {
        for (text, millis) in
            [("1.001", 1001), ("+.5", 500), ("1.", 1000), ("1.2345", 1234), ("1e3", 1_000_000)]
        {
            assert_eq!(
                Timestamp::parse(text, OPEN_METRICS).map(Timestamp::as_millis),
                Some(millis),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "x", "NaN", "+Inf", "1e300", "9223372036854776", "1.5x"] {
            assert_eq!(Timestamp::parse(text, OPEN_METRICS), None, "{text}");
        }
        for text in ["1.5", "", "9223372036854775808"] {
            assert_eq!(Timestamp::parse(text, Format::Text), None, "{text}");
        }
    }
}
