//! Times and durations as the API reads them.

use chrono::{DateTime, SecondsFormat};
use std::time::Duration;

/// The units of a duration, in the order in which they may come, in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

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
        None => units(text).ok_or_else(|| format!("cannot parse {text:?} to a valid duration")),
    }
}

/// Writes a time as RFC 3339.
pub(super) fn date(milliseconds: i64) -> String {
    let date = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    date.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Writes a duration with units, as Prometheus does.
pub(super) fn with_units(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (unit, length) in UNITS {
        // Years and weeks only where they are whole: `90d` is easier to read than `12w6d`.
        let whole = rest.is_multiple_of(length) || !matches!(unit, "y" | "w");
        if whole && rest >= length {
            out.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    out
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, reason = "a cast to an integer saturates, as is wanted here")]
const fn saturating(number: f64) -> i64 {
    number as i64
}

/// Each unit at most once, in falling order.
fn units(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0_u64;
    for (unit, length) in UNITS {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (amount, behind) = rest.split_at(digits);
        let Some(behind) = behind.strip_prefix(unit) else { continue };
        // What begins with `m` may be `ms`.
        if amount.is_empty() || (unit == "m" && behind.starts_with('s')) {
            continue;
        }
        sum = sum.checked_add(amount.parse::<u64>().ok()?.checked_mul(length)?)?;
        rest = behind;
    }
    let read = rest.is_empty() && !text.is_empty();
    i64::try_from(sum).ok().filter(|_| read)
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
        for (milliseconds, expected) in
            [(0, "0s"), (15_000, "15s"), (1_296_000_000, "15d"), (604_800_000, "1w"), (90_500, "1m30s500ms")]
        {
            let text = with_units(Duration::from_millis(milliseconds));
            assert_eq!(text, expected);
            assert_eq!(duration(&text), Ok(i64::try_from(milliseconds).unwrap()));
        }
    }
}
