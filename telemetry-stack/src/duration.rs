//! Times as Prometheus writes them: `15d`, `1h30m`.

use std::time::Duration;

/// The units in milliseconds, in the order in which they may come.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest time of Prometheus: 2⁶³ nanoseconds.
const LONGEST: Duration = Duration::from_nanos(1 << 63);

/// Reads a time such as `15d` or `1h30m`: each unit at most once, the longer before the shorter. `None` where it is none, or longer than
/// 292 years.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(telemetry_stack::parse_duration("1h30m"), Some(Duration::from_secs(5400)));
/// assert_eq!(telemetry_stack::parse_duration("90"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
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
    Some(Duration::from_millis(sum)).filter(|&duration| read && duration <= LONGEST)
}

/// Writes a time as Prometheus does, to the millisecond. Years and weeks are there only where nothing is left over, since `90d` is easier
/// to read than `12w6d`.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(telemetry_stack::duration_text(Duration::from_secs(15 * 24 * 3600)), "15d");
/// ```
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, length) in UNITS {
        let whole = rest.is_multiple_of(length) || !matches!(unit, "y" | "w");
        if whole && rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{duration_text, parse_duration};
    use std::time::Duration;

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for (text, milliseconds) in [
            ("15s", 15_000),
            ("15d", 1_296_000_000),
            ("1w", 604_800_000),
            ("1m30s500ms", 90_500),
            ("1h30m", 5_400_000),
            ("10ms", 10),
            ("1d12h", 36 * 3_600_000),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(text), Some(duration), "{text}");
            assert_eq!(duration_text(duration), text);
        }
        assert_eq!(parse_duration("36h"), parse_duration("1d12h"));
        assert_eq!(parse_duration("1y2w3d4h5m6s7ms"), Some(Duration::from_millis(33_019_506_007)));
        assert_eq!(duration_text(Duration::ZERO), "0s");
    }

    #[test]
    fn what_is_no_time_is_none() {
        let wrong =
            ["", "d", "15", "1x", "-1d", "1.5h", "h", "1m1h", "5m5m", " 1m", "99999999999999999999d", "300y"];
        for text in wrong {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
