//! How much of the window a report is about, in words.

use chrono::{DateTime, Local, TimeZone, Utc};
use std::fmt::Display;
use std::time::{Duration, SystemTime};
use telemetry_catalog::promql::Window;
use telemetry_catalog::quantity::seconds;
use telemetry_stack::health::Coverage;

/// What is not even a hundredth of a window is not worth saying.
const NOTABLE: f64 = 0.01;

/// What part of a window is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What was asked for.
    pub(crate) asked: Window,
    /// When what is known of it begins; `None` where nothing is.
    pub(crate) from: Option<SystemTime>,
    /// When it ends.
    pub(crate) to: SystemTime,
    /// How much of it is known; more than was asked for where a source can only tell more.
    pub(crate) covered: Duration,
    /// When the newest of it was scraped; `None` where that is not known or, of a ledger, is now.
    pub(crate) newest: Option<SystemTime>,
    /// Whether it is of now.
    pub(crate) is_live: bool,
}

impl Seen {
    /// What a Prometheus has seen.
    pub(super) fn by_scrapes(asked: Window, coverage: &Coverage) -> Self {
        Self {
            asked,
            from: coverage.from.and_then(time),
            to: time(coverage.to).unwrap_or(SystemTime::UNIX_EPOCH),
            covered: coverage.covered,
            newest: coverage.newest.and_then(time),
            is_live: coverage.is_live(),
        }
    }

    /// What the copies of a ledger tell of. They are always of now.
    pub(super) fn by_copies(asked: Window, from: SystemTime, to: SystemTime) -> Self {
        let covered = to.duration_since(from).unwrap_or_default();
        let known = !covered.is_zero();
        Self { asked, from: known.then_some(from), to, covered, newest: None, is_live: known }
    }

    /// A phrase such as `the last 30 m, of which 22 m are covered: history begins at 14:32`, by the clock of the reader.
    pub(crate) fn said(&self) -> String {
        self.said_in(&Local)
    }

    fn said_in<Z: TimeZone<Offset: Display>>(&self, zone: &Z) -> String {
        let asked = Duration::from_secs(u64::from(self.asked.seconds()));
        let (asked_for, covered) = (long(asked), long(self.covered));
        let Some(from) = self.from else {
            return format!("nothing is known of the last {asked_for}{}", self.staleness(zone));
        };
        let notable = asked.mul_f64(NOTABLE);
        let begin = self.to.checked_sub(asked).unwrap_or(SystemTime::UNIX_EPOCH);
        let said = if self.covered > asked + notable {
            format!("the last {covered}: the copies of a ledger are of half hours")
        } else if self.covered + notable >= asked {
            format!("the last {asked_for}")
        } else if from > begin + notable {
            format!(
                "the last {asked_for}, of which {covered} are covered: history begins at {}",
                self.clock(from, zone)
            )
        } else {
            format!("the last {asked_for}, of which {covered} are covered: nothing was scraped in between")
        };
        said + &self.staleness(zone)
    }

    fn staleness<Z: TimeZone<Offset: Display>>(&self, zone: &Z) -> String {
        match self.newest {
            _ if self.is_live => String::new(),
            Some(newest) => {
                let age = self.to.duration_since(newest).unwrap_or_default();
                format!("; nothing was scraped since {}, {} ago", self.clock(newest, zone), long(age))
            }
            None => String::new(),
        }
    }

    /// The time as people read it, with the day where it is another one. Seconds would say more than is known: when history begins is only
    /// as exact as the window is looked at, and would be told a little differently each time.
    fn clock<Z: TimeZone<Offset: Display>>(&self, time: SystemTime, zone: &Z) -> String {
        let [time, to] = [time, self.to].map(|time| DateTime::<Utc>::from(time).with_timezone(zone));
        let format = if time.date_naive() == to.date_naive() { "%H:%M" } else { "%-d %b %H:%M" };
        time.format(format).to_string()
    }
}

/// As exact as anybody needs it.
fn long(length: Duration) -> String {
    seconds(length.as_secs_f64().round())
}

fn time(milliseconds: i64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).ok()?))
}

/// The time as machines read it.
pub(super) fn stamp(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// What is said where this was covered of half an hour that ends 10,000 s after 1970.
    fn said(from: Option<u64>, covered: u64, newest: u64) -> String {
        Seen {
            asked: Window::minutes(30),
            from: from.map(at),
            to: at(10_000),
            covered: Duration::from_secs(covered),
            newest: Some(at(newest)),
            is_live: newest > 9_900,
        }
        .said_in(&Utc)
    }

    #[test]
    fn what_is_covered_is_said_where_it_is_not_everything() {
        assert_eq!(said(Some(8_200), 1_800, 9_990), "the last 30 m");
        assert_eq!(said(Some(8_210), 1_790, 9_990), "the last 30 m");
        assert_eq!(
            said(Some(8_680), 1_320, 9_990),
            "the last 30 m, of which 22 m are covered: history begins at 02:24"
        );
        assert_eq!(
            said(Some(8_200), 1_320, 9_990),
            "the last 30 m, of which 22 m are covered: nothing was scraped in between"
        );
        assert_eq!(
            said(Some(7_200), 2_800, 9_990),
            "the last 46 m 40 s: the copies of a ledger are of half hours"
        );
    }

    #[test]
    fn a_day_is_said_where_it_is_not_this_one() {
        let seen = Seen::by_copies(Window::days(7), at(90_000), at(200_000));
        assert_eq!(
            seen.said_in(&Utc),
            "the last 7 d, of which 1 d 7 h are covered: history begins at 2 Jan 01:00"
        );
    }

    #[test]
    fn times_are_those_of_the_clock_of_the_reader() {
        let seen = Seen::by_copies(Window::days(7), at(90_000), at(200_000));
        let east = chrono::FixedOffset::east_opt(5 * 3600 + 1800).unwrap();
        assert!(seen.said_in(&east).ends_with("history begins at 2 Jan 06:30"), "{}", seen.said_in(&east));
    }

    #[test]
    fn what_is_old_is_said_with_its_age() {
        assert_eq!(
            said(Some(8_200), 600, 8_800),
            "the last 30 m, of which 10 m are covered: nothing was scraped in between; \
             nothing was scraped since 02:26, 20 m ago"
        );
        assert_eq!(
            said(None, 0, 2_800),
            "nothing is known of the last 30 m; nothing was scraped since 00:46, 2 h ago"
        );
    }
}
