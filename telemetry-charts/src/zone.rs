//! How far the clocks of people are from UTC, as plain data: whoever draws reads no clock and no environment.

/// The clock of some place: how far it is from UTC, from which moment on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    /// Moments in milliseconds since 1970, rising, each with the seconds that are added to UTC from then on.
    changes: Vec<(i64, i32)>,
}

impl Zone {
    /// UTC itself.
    #[must_use]
    pub const fn utc() -> Self {
        Self { changes: Vec::new() }
    }

    /// A clock that from each of these moments on, in milliseconds since 1970, is so many seconds ahead of UTC. Before the first it is as
    /// far ahead as from then on.
    #[must_use]
    pub fn new(mut changes: Vec<(i64, i32)>) -> Self {
        changes.sort_by_key(|(from, _)| *from);
        Self { changes }
    }

    /// How many seconds it is ahead of UTC at a moment.
    fn ahead(&self, time: i64) -> i32 {
        let last = self.changes.iter().rev().find(|(from, _)| *from <= time);
        last.or(self.changes.first()).map_or(0, |(_, ahead)| *ahead)
    }

    /// What the clock shows at a moment, as if it showed UTC.
    pub(crate) fn local(&self, time: i64) -> i64 {
        time.saturating_add(i64::from(self.ahead(time)) * 1000)
    }

    /// The moment at which the clock shows that, near another moment. Of an hour that there is twice it is one of both.
    pub(crate) fn moment(&self, local: i64, near: i64) -> i64 {
        let guess = local.saturating_sub(i64::from(self.ahead(near)) * 1000);
        local.saturating_sub(i64::from(self.ahead(guess)) * 1000)
    }

    /// What it is called at a moment: `UTC`, `UTC+1` or `UTC-3:30`.
    pub(crate) fn name(&self, time: i64) -> String {
        let ahead = self.ahead(time);
        let sign = if ahead < 0 { '-' } else { '+' };
        match (ahead.unsigned_abs() / 3600, ahead.unsigned_abs() / 60 % 60) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_called_by_how_far_it_is_from_utc() {
        let names = [0, 3600, -12_600, 20_700].map(|ahead| Zone::new(vec![(0, ahead)]).name(5));
        assert_eq!(names, ["UTC", "UTC+1", "UTC-3:30", "UTC+5:45"]);
        assert_eq!(Zone::utc().name(0), "UTC");
    }

    #[test]
    fn the_clock_is_read_both_ways_before_and_after_it_was_changed() {
        let zone = Zone::new(vec![(100_000_000, 3600), (0, 7200)]);
        for time in [-5, 0, 50_000_000, 100_000_000, 200_000_000] {
            assert_eq!(zone.moment(zone.local(time), time), time);
        }
    }
}
