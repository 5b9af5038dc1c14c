//! Times as Prometheus writes them: `15d`, `1h30m`.

use std::time::Duration;

/// The units, from the longest to the shortest, with their milliseconds.
const UNITS: [(&str, u128); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a time such as `15d` or `1h30m`, in the grammar of Prometheus; `None` where it is none.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(telemetry_stack::parse_duration("1h30m"), Some(Duration::from_secs(5400)));
/// assert_eq!(telemetry_stack::parse_duration("90"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    promql_parser::util::parse_duration(text).ok()
}

/// Writes a time as Prometheus does, to the millisecond: years and weeks only where nothing is left over.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(telemetry_stack::duration_text(Duration::from_secs(15 * 24 * 3600)), "15d");
/// ```
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (position, (unit, length)) in UNITS.into_iter().enumerate() {
        let only_whole = position < 2;
        if rest >= length && (!only_whole || rest.is_multiple_of(length)) {
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
        for text in ["15d", "2w", "1y", "1h30m", "36h", "5m", "15s", "1m500ms", "250ms"] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(parse_duration(&duration_text(duration)), Some(duration), "{text}");
        }
        assert_eq!(duration_text(Duration::from_secs(36 * 3600)), "1d12h");
        assert_eq!(duration_text(Duration::ZERO), "0s");
        for wrong in ["", "d", "15", "1x", "-1d", "1.5h"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
