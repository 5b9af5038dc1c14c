//! Times as people name them, and the steps between two of them.

use crate::args::length;
use crate::failure::Failure;
use chrono::DateTime;
use std::time::Duration;
use telemetry_query::Steps;
use telemetry_stack::duration_text;

/// The longest range: a hundred years, which no history has.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// The most values of one series that a Prometheus gives.
const MOST: i64 = 11_000;

/// How many values there are of a range where nobody knows how wide the screen is.
const USUAL: u16 = 100;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Now,
    /// Milliseconds since 1970.
    Time(i64),
    Ago(Duration),
}

/// Reads a moment.
pub(super) fn at(text: &str) -> Result<At, String> {
    let text = text.trim();
    let ago = text.strip_prefix('-').or_else(|| text.strip_suffix("ago"));
    let read = match ago {
        Some(long) => length(long.trim()).filter(|long| *long <= LONGEST).map(At::Ago),
        None if text == "now" => Some(At::Now),
        None => time(text).map(At::Time),
    };
    read.ok_or_else(|| {
        "expected now, a time such as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago: -10m or '10m ago'"
            .to_owned()
    })
}

/// A time of the calendar, or in seconds since 1970.
fn time(text: &str) -> Option<i64> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let since = seconds.and_then(|since| i64::try_from(since.as_millis()).ok());
    // A year beyond 9999 is milliseconds that somebody took for seconds.
    let plausible = since.filter(|at| *at < 253_402_300_800_000);
    plausible.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()))
}

impl At {
    /// Milliseconds since 1970, where this is now.
    pub(super) fn milliseconds(self, now: i64) -> i64 {
        match self {
            Self::Now => now,
            Self::Time(at) => at,
            Self::Ago(long) => now.saturating_sub(whole(long)),
        }
    }
}

/// The times of a range that ends then: every `step`, or else as many as the screen has columns.
pub(super) fn steps(
    end: i64,
    range: Duration,
    step: Option<Duration>,
    width: Option<u16>,
) -> Result<Steps, Failure> {
    let range = whole(range);
    let given = step.map(whole);
    if given.is_some_and(|step| step > range) {
        let wrong = "--step is longer than --range: only the value at its beginning would be asked for";
        return Err(Failure::usage(wrong).advice("Without --range, and with --at, there is one value."));
    }
    if range > end {
        return Err(Failure::usage("--range begins before 1970, which no history has"));
    }
    let step = given.unwrap_or_else(|| fitting(range, width));
    if range / step >= MOST {
        // What divides the range into one value less than the most, in whole seconds.
        let least = Duration::from_millis(u64::try_from(range / (MOST - 1) + 999).unwrap_or_default());
        let least = duration_text(Duration::from_secs(least.as_secs()));
        return Err(Failure::usage(format!(
            "--step is too short for this range: a series has at most {MOST} values"
        ))
        .advice(format!("Take at least --step {least}, or leave it out.")));
    }
    Ok(Steps { start: end.saturating_sub(range), end, step })
}

/// Whole seconds, at least one.
fn fitting(range: i64, width: Option<u16>) -> i64 {
    let columns = i64::from(width.unwrap_or(USUAL).max(10));
    (range / columns + 999).max(1_000) / 1_000 * 1_000
}

fn whole(long: Duration) -> i64 {
    i64::try_from(long.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_now_a_time_or_how_long_ago() {
        let minutes = At::Ago(Duration::from_secs(600));
        for (text, expected) in [
            ("now", At::Now),
            ("-10m", minutes),
            ("10m ago", minutes),
            ("600 ago", minutes),
            ("1700000000.5", At::Time(1_700_000_000_500)),
            ("2023-11-14T23:13:20+01:00", At::Time(1_700_000_000_000)),
        ] {
            assert_eq!(at(text), Ok(expected), "{text}");
        }
        for text in ["", "yesterday", "NaN", "1700000000000", "-", "--5m", "2023-11-14", "500y ago", "inf"] {
            assert!(at(text).is_err(), "{text}");
        }
        assert_eq!(At::Ago(Duration::from_secs(1)).milliseconds(5_000), 4_000);
    }

    #[test]
    fn a_range_has_as_many_values_as_the_screen_has_columns_and_never_too_many() {
        let hour = Duration::from_secs(3600);
        let of = |range, step, width| steps(4_000_000, range, step, width).map(|steps| steps.step);
        assert_eq!(of(hour, None, Some(80)).unwrap(), 45_000);
        assert_eq!(of(hour, None, None).unwrap(), 36_000);
        assert_eq!(of(Duration::from_secs(5), None, Some(80)).unwrap(), 1_000);
        assert_eq!(of(hour, Some(Duration::from_millis(500)), None).unwrap(), 500);
        for (range, step) in [(hour, Some(hour * 2)), (hour * 24 * 366, None)] {
            assert!(of(range, step, None).unwrap_err().is_usage(), "{range:?}");
        }
        assert_eq!(of(hour, Some(hour), None).unwrap(), 3_600_000);
        let refused = of(hour, Some(Duration::from_millis(300)), None).unwrap_err();
        assert!(refused.is_usage() && refused.line().contains("11000"), "{}", refused.line());
        for seconds in [10_999, 11_000, 1_000_000, 3_153_600_000] {
            let range = Duration::from_secs(seconds);
            let steps = steps(4_000_000_000_000, range, None, Some(10_000)).unwrap();
            assert!(steps.step >= 1_000 && (steps.end - steps.start) / steps.step < MOST, "{steps:?}");
        }
    }
}
