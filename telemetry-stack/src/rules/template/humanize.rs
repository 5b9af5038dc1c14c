//! Numbers as people read them, exactly as Prometheus makes them so.

use super::float::general;
use super::value::Value;
use chrono::{DateTime, SecondsFormat, Utc};

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_1024: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// Four digits and a prefix of the metric system.
pub(super) fn humanize(value: f64) -> Result<Value, String> {
    if value == 0.0 || !value.is_finite() {
        return text(four(value));
    }
    text(if value.abs() >= 1.0 { divided(value, 1000.0, &LARGE) } else { multiplied(value) })
}

/// Four digits and a prefix for powers of 1024.
pub(super) fn humanize_1024(value: f64) -> Result<Value, String> {
    if value.abs() <= 1.0 || !value.is_finite() {
        return text(four(value));
    }
    text(divided(value, 1024.0, &LARGE_1024))
}

/// A number of seconds.
pub(super) fn duration(value: f64) -> Result<Value, String> {
    if !value.is_finite() {
        return text(four(value));
    }
    if value == 0.0 {
        return text(format!("{}s", four(value)));
    }
    text(if value.abs() >= 1.0 { long(value) } else { format!("{}s", multiplied(value)) })
}

/// A share as a percentage.
pub(super) fn percentage(value: f64) -> Result<Value, String> {
    text(format!("{}%", four(value * 100.0)))
}

/// A number of seconds since 1970 as a date and a time.
pub(super) fn timestamp(value: f64) -> Result<Value, String> {
    if !value.is_finite() {
        return text(four(value));
    }
    let nanoseconds = value * 1e9;
    if !(-TWO_TO_63..=TWO_TO_63).contains(&nanoseconds) {
        return Err(format!("{value} is too far from 1970 for a time in nanoseconds"));
    }
    // Prometheus counts milliseconds.
    let time = DateTime::<Utc>::from_timestamp_millis(whole(nanoseconds) / 1_000_000);
    let time = time.ok_or_else(|| format!("{value} is no time"))?;
    text(go_time(time))
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

fn text(text: String) -> Result<Value, String> {
    Ok(Value::Text(text))
}

fn four(value: f64) -> String {
    general(value, Some(4))
}

fn divided(mut value: f64, by: f64, prefixes: &[&'static str]) -> String {
    let mut prefix = "";
    for larger in prefixes {
        if value.abs() < by {
            break;
        }
        prefix = larger;
        value /= by;
    }
    format!("{}{prefix}", four(value))
}

fn multiplied(mut value: f64) -> String {
    let mut prefix = "";
    for smaller in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = smaller;
        value *= 1000.0;
    }
    format!("{}{prefix}", four(value))
}

/// A second or longer, in days, hours, minutes and seconds.
fn long(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let all = whole(value.abs());
    let (seconds, minutes, hours, days) = (all % 60, all / 60 % 60, all / 3_600 % 24, all / 86_400);
    if days != 0 {
        return format!("{sign}{days}d {hours}h {minutes}m {seconds}s");
    }
    if hours != 0 {
        return format!("{sign}{hours}h {minutes}m {seconds}s");
    }
    if minutes != 0 {
        return format!("{sign}{minutes}m {seconds}s");
    }
    format!("{sign}{}s", four(value.abs()))
}

/// The number without what is behind the point. One that is too large is the least there is, as where Prometheus usually runs.
fn whole(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is looked at before")]
    if (-TWO_TO_63..TWO_TO_63).contains(&value) { value as i64 } else { i64::MIN }
}

/// A time as Go writes it: without zeros at the end of the fraction, in universal time.
fn go_time(time: DateTime<Utc>) -> String {
    let written = time.to_rfc3339_opts(SecondsFormat::Millis, true).replace('T', " ");
    let written = written.trim_end_matches('Z');
    let written = written.trim_end_matches('0').trim_end_matches('.');
    format!("{written} +0000 UTC")
}
