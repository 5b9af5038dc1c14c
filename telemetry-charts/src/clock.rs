//! The scale of time: the moments at which it is marked, and what stands there. Pictures are in UTC, a terminal in its own time.

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

/// The marks of a span of time in UTC, of which there are at most so many, with their labels. Times are in milliseconds since 1970.
#[must_use]
pub fn marks(start: i64, end: i64, most: usize) -> Vec<(i64, String)> {
    let span = end.saturating_sub(start).max(1);
    let most = i64::try_from(most.max(1)).unwrap_or(1);
    let step = STEPS.into_iter().find(|step| span / step < most).unwrap_or(span);
    let first = match start.rem_euclid(step) {
        0 => start,
        past => start.saturating_add(step - past),
    };
    let moments = (0..=most).map(|place| first.saturating_add(place.saturating_mul(step)));
    moments.take_while(|time| *time <= end).map(|time| (time, label(time, step))).collect()
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

/// The same for a clock that is ahead of UTC by so many milliseconds: marked are its round times, each at the moment when it shows them.
#[must_use]
pub fn marks_ahead(start: i64, end: i64, most: usize, ahead: i64) -> Vec<(i64, String)> {
    let marks = marks(start.saturating_add(ahead), end.saturating_add(ahead), most);
    marks.into_iter().map(|(time, label)| (time.saturating_sub(ahead), label)).collect()
}

/// The span in words, for a sentence.
pub(crate) fn span(start: i64, end: i64) -> String {
    const MOMENT: &str = "%-d %B %Y %H:%M";
    let same_day = start.div_euclid(DAY) == end.div_euclid(DAY);
    let until = if same_day { "%H:%M" } else { MOMENT };
    format!("{} to {} UTC", said(start, MOMENT), said(end, until))
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
        marks(NOON - span, NOON, most).into_iter().map(|(_, label)| label).collect()
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
    fn another_clock_is_marked_where_it_is_round() {
        let ahead = 5 * HOUR + 30 * MINUTE;
        let marks = marks_ahead(NOON - DAY, NOON, 5, ahead);
        let labels: Vec<_> = marks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["18:00", "Fri 21", "06:00", "12:00"]);
        assert_eq!(marks[1].0 + ahead, NOON - 12 * HOUR);
    }

    #[test]
    fn a_span_that_is_none_and_times_that_nobody_lives_in_are_no_error() {
        assert_eq!(marks(NOON, NOON, 5).len(), 1);
        assert!(marks(i64::MIN, i64::MAX, 5).len() <= 6);
        assert!(marks(i64::MAX, i64::MIN, 5).is_empty());
        assert_eq!(span(NOON - HOUR, NOON), "21 November 2025 11:00 to 12:00 UTC");
    }
}
