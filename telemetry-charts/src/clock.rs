//! The scale of time: the moments at which it is marked, and what stands there, in the time of a zone.

use crate::Zone;
use chrono::{DateTime, Utc};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The distances between marks that people count in, in milliseconds.
const STEPS: [i64; 22] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    28 * DAY,
    91 * DAY,
    364 * DAY,
];

/// The marks of a span of time, of which there are at most so many, with their labels. They are at round times of the zone. Times are in
/// milliseconds since 1970.
#[must_use]
pub fn marks(start: i64, end: i64, most: usize, zone: &Zone) -> Vec<(i64, String)> {
    let span = end.saturating_sub(start).max(1);
    let most = i64::try_from(most.max(1)).unwrap_or(1);
    let step = STEPS.into_iter().find(|step| span / step < most).unwrap_or(span);
    let local = zone.local(start);
    let first = match local.rem_euclid(step) {
        0 => local,
        past => local.saturating_add(step - past),
    };
    let moments = (0..=most).map(|place| first.saturating_add(place.saturating_mul(step)));
    let marks = moments.map(|local| (zone.moment(local, start), label(local, step)));
    marks.skip_while(|(time, _)| *time < start).take_while(|(time, _)| *time <= end).collect()
}

fn label(time: i64, step: i64) -> String {
    let format = match step {
        step if step < MINUTE => "%H:%M:%S",
        step if step < DAY && time.rem_euclid(DAY) != 0 => "%H:%M",
        step if step < 7 * DAY => "%a %-d",
        step if step < 364 * DAY => "%-d %b",
        _ => "%b %Y",
    };
    said(time, format)
}

/// A moment as people write it.
const MOMENT: &str = "%-d %B %Y %H:%M";

/// The span in words, for a sentence, with the name of the zone.
pub(crate) fn span(start: i64, end: i64, zone: &Zone) -> String {
    let (from, to) = (zone.local(start), zone.local(end));
    let same_day = from.div_euclid(DAY) == to.div_euclid(DAY);
    let until = if same_day { "%H:%M" } else { MOMENT };
    format!("{} to {} {}", said(from, MOMENT), said(to, until), zone.name(end))
}

/// A moment in words, with the name of the zone.
pub(crate) fn moment(time: i64, zone: &Zone) -> String {
    format!("{} {}", said(zone.local(time), MOMENT), zone.name(time))
}

fn said(time: i64, format: &str) -> String {
    let time: Option<DateTime<Utc>> = DateTime::from_timestamp_millis(time);
    time.map_or_else(String::new, |time| time.format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, the 21st of November 2025, at noon.
    const NOON: i64 = 1_763_726_400_000;

    fn labels(span: i64, most: usize) -> Vec<String> {
        marks(NOON - span, NOON, most, &Zone::utc()).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_fit_the_span() {
        assert_eq!(labels(HOUR, 5), ["11:00", "11:15", "11:30", "11:45", "12:00"]);
        assert_eq!(labels(DAY, 5), ["12:00", "18:00", "Fri 21", "06:00", "12:00"]);
        assert_eq!(
            labels(7 * DAY, 8),
            ["Sat 15", "Sun 16", "Mon 17", "Tue 18", "Wed 19", "Thu 20", "Fri 21"]
        );
        assert_eq!(labels(60 * SECOND, 7).first().unwrap(), "11:59:00");
    }

    #[test]
    fn a_span_that_is_none_and_times_that_nobody_lives_in_are_no_error() {
        let utc = Zone::utc();
        assert_eq!(marks(NOON, NOON, 5, &utc).len(), 1);
        assert!(marks(i64::MIN, i64::MAX, 5, &utc).len() <= 6);
        assert!(marks(i64::MAX, i64::MIN, 5, &utc).is_empty());
        assert_eq!(span(NOON - HOUR, NOON, &utc), "21 November 2025 11:00 to 12:00 UTC");
    }

    #[test]
    fn marks_are_at_round_times_of_the_zone_also_where_its_clock_is_changed() {
        let india = Zone::new(vec![(0, 19_800)]);
        assert_eq!(marks(NOON - HOUR, NOON, 3, &india)[0], (NOON - HOUR, "16:30".to_owned()));
        assert_eq!(span(NOON - HOUR, NOON, &india), "21 November 2025 16:30 to 17:30 UTC+5:30");
        // An hour before noon the clock is put back by one.
        let back = Zone::new(vec![(0, 7200), (NOON - HOUR, 3600)]);
        let days = marks(NOON - 3 * DAY, NOON + 2 * DAY, 8, &back);
        let midnights: Vec<_> =
            days.iter().map(|(time, label)| (back.local(*time).rem_euclid(DAY), &**label)).collect();
        assert_eq!(midnights, [(0, "Wed 19"), (0, "Thu 20"), (0, "Fri 21"), (0, "Sat 22"), (0, "Sun 23")]);
    }
}
