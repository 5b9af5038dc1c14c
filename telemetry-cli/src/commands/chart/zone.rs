//! The clock of this machine, as plain data for a picture.

use chrono::{Local, Offset as _, TimeZone as _};
use telemetry_charts::Zone;

/// How often it is looked whether the clock was changed.
const DAY: i64 = 86_400_000;

/// The clock of this machine between two moments, in milliseconds since 1970.
pub(crate) fn here(start: i64, end: i64) -> Zone {
    zone(start, end, ahead)
}

/// How many seconds the clock of this machine is ahead of UTC.
fn ahead(time: i64) -> i32 {
    let local = Local.timestamp_millis_opt(time).earliest();
    local.map_or(0, |local| local.offset().fix().local_minus_utc())
}

fn zone(start: i64, end: i64, ahead: impl Fn(i64) -> i32) -> Zone {
    let mut changes = vec![(start, ahead(start))];
    let mut from = start;
    while from < end {
        let to = from.saturating_add(DAY).min(end);
        if ahead(to) != ahead(from) {
            changes.push((changed(from, to, &ahead), ahead(to)));
        }
        from = to;
    }
    Zone::new(changes)
}

/// The moment between two others from which on the clock is as at the second.
fn changed(mut from: i64, mut to: i64, ahead: &impl Fn(i64) -> i32) -> i64 {
    let then = ahead(to);
    while to - from > 1 {
        let middle = from + (to - from) / 2;
        if ahead(middle) == then { to = middle } else { from = middle }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_is_found_at_which_the_clock_is_changed() {
        let change = 5 * DAY + 1234;
        let ahead = |time: i64| if time < change { 7200 } else { 3600 };
        assert_eq!(zone(0, 30 * DAY, ahead), Zone::new(vec![(0, 7200), (change, 3600)]));
        assert_eq!(zone(0, 3 * DAY, ahead), Zone::new(vec![(0, 7200)]));
        assert_eq!(zone(7, 7, ahead), Zone::new(vec![(7, 7200)]));
    }
}
