//! Times and durations as the API reads them.

use crate::duration::parse_duration;
use chrono::{DateTime, SecondsFormat};

/// Reads a time, in seconds since 1970 or as RFC 3339, in milliseconds since 1970.
pub(super) fn time(text: &str) -> Result<i64, String> {
    let seconds = number(text).map(|seconds| {
        // The parts one by one: a product of the whole would lose milliseconds.
        let milliseconds = saturating((seconds.fract() * 1_000.0).round());
        saturating(seconds.trunc()).saturating_mul(1_000).saturating_add(milliseconds)
    });
    let date = || DateTime::parse_from_rfc3339(text).ok().map(|date| date.timestamp_millis());
    seconds.or_else(date).ok_or_else(|| format!("cannot parse {text:?} to a valid timestamp"))
}

/// Reads a duration, in seconds or with units as in PromQL, in milliseconds. It may be negative where it is a number.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    /// The longest duration of Prometheus, 2⁶³ nanoseconds.
    const LONGEST: f64 = 9_223_372_036.0;
    match number(text) {
        Some(seconds) if seconds.abs() > LONGEST => {
            Err(format!("cannot parse {text:?} to a valid duration. It overflows int64"))
        }
        Some(seconds) => Ok(saturating(seconds * 1_000.0)),
        None => {
            let duration = parse_duration(text).map(|duration| duration.as_millis());
            let milliseconds = duration.and_then(|milliseconds| i64::try_from(milliseconds).ok());
            milliseconds.ok_or_else(|| format!("cannot parse {text:?} to a valid duration"))
        }
    }
}

/// How Go writes that there is no time, which is the beginning of its calendar.
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Writes a time as RFC 3339.
pub(super) fn date(milliseconds: i64) -> String {
    let date = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    date.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, reason = "a cast to an integer saturates, as is wanted here")]
const fn saturating(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_dates() {
        for (text, expected) in [
            ("0", 0),
            ("1435781451.781", 1_435_781_451_781),
            ("1435781451.7819", 1_435_781_451_782),
            ("-1.5", -1_500),
            ("1e3", 1_000_000),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51+02:00", 1_435_781_451_000),
            ("-9223309901257974", -9_223_309_901_257_974_000),
        ] {
            assert_eq!(time(text), Ok(expected), "{text}");
        }
        for text in ["", "now", "NaN", "Inf", "2015-07-01", "1 "] {
            assert_eq!(time(text), Err(format!("cannot parse {text:?} to a valid timestamp")));
        }
    }

    #[test]
    fn durations_are_seconds_or_have_units() {
        for (text, expected) in [
            ("15", 15_000),
            ("0.5", 500),
            ("-2", -2_000),
            ("1d", 86_400_000),
            ("1h30m", 5_400_000),
            ("1m500ms", 60_500),
            ("10ms", 10),
            ("1y2w3d4h5m6s7ms", 33_019_506_007),
        ] {
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
        for text in ["", "1", "h", "1m1h", "5m5m", "1.5h", "1x", "-1m", "99999999999999999999d"] {
            assert!(duration(text).is_err() || text == "1", "{text}");
        }
        assert!(duration("1e12").is_err_and(|error| error.contains("overflows int64")));
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(date(1_435_781_451_781), "2015-07-01T20:10:51.781Z");
    }
}
