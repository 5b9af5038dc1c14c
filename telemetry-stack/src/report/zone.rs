//! Times as the clock on the wall of whoever makes the report shows them.

use chrono::{DateTime, Local, Offset as _, TimeZone};

/// A time in milliseconds since 1970, to the minute: `21 Nov 2026, 14:05`.
pub(super) fn moment(millis: i64) -> String {
    written(millis, &Local, "%-d %b %Y, %H:%M")
}

/// The same to the second, and without the year.
pub(super) fn exact(millis: i64) -> String {
    written(millis, &Local, "%-d %b %H:%M:%S")
}

/// From when to when, with the zone: once where it is the same all the time.
pub(super) fn span(from: i64, to: i64) -> String {
    span_in(from, to, &Local)
}

/// The zone at a time: `UTC`, `UTC+02:00`.
pub(super) fn zone(millis: i64) -> String {
    zone_of(millis, &Local)
}

fn span_in<Z: TimeZone>(from: i64, to: i64, zone: &Z) -> String
where
    Z::Offset: std::fmt::Display,
{
    let said = |millis| written(millis, zone, "%-d %b %Y, %H:%M");
    let (first, last) = (zone_of(from, zone), zone_of(to, zone));
    match first == last {
        true => format!("{} to {} {last}", said(from), said(to)),
        false => format!("{} {first} to {} {last}", said(from), said(to)),
    }
}

fn zone_of<Z: TimeZone>(millis: i64, zone: &Z) -> String
where
    Z::Offset: std::fmt::Display,
{
    let time = DateTime::from_timestamp_millis(millis).map(|time| time.with_timezone(zone));
    let seconds = time.as_ref().map_or(0, |time| time.offset().fix().local_minus_utc());
    if seconds == 0 { "UTC".to_owned() } else { format!("UTC{}", written(millis, zone, "%:z")) }
}

/// Nothing for a time that no calendar has.
fn written<Z: TimeZone>(millis: i64, zone: &Z, format: &str) -> String
where
    Z::Offset: std::fmt::Display,
{
    let time = DateTime::from_timestamp_millis(millis).map(|time| time.with_timezone(zone));
    time.map(|time| time.format(format).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, Utc};

    const NOON: i64 = 1_763_726_400_000;
    const DAY: i64 = 86_400_000;

    #[test]
    fn a_span_says_its_zone_once() {
        assert_eq!(span_in(NOON - DAY, NOON, &Utc), "20 Nov 2025, 12:00 to 21 Nov 2025, 12:00 UTC");
        let east = FixedOffset::east_opt(5 * 3600 + 1800).unwrap();
        let said = "20 Nov 2025, 17:30 to 21 Nov 2025, 17:30 UTC+05:30";
        assert_eq!(span_in(NOON - DAY, NOON, &east), said);
    }

    #[test]
    fn a_time_that_no_calendar_has_is_nothing() {
        assert_eq!((moment(i64::MAX), exact(i64::MIN)), (String::new(), String::new()));
    }
}
