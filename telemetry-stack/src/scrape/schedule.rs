//! When a target is scraped: at the same point of every interval, whatever happened in the intervals before.

use std::fmt::Debug;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What tells the time. Tests and measurements bring their own.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970 in UTC.
    fn now(&self) -> i64;
}

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The moments at which one target is scraped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    interval: i64,
    offset: i64,
}

impl Schedule {
    /// Targets are spread over the interval by what they are, and each keeps its place over restarts.
    pub(crate) fn new(interval: Duration, target: &str) -> Self {
        /// Any constant: it only has to be the same the next time.
        const SEED: u64 = 0;
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let hash = foldhash::fast::FixedState::with_seed(SEED).hash_one(target);
        Self { interval, offset: (hash >> 1).cast_signed() % interval }
    }

    /// The first moment after `now` that is not the one of the scrape before: a sleep may end a little early. A clock that was set
    /// back or forward, or a scrape that took long, only means that the next moment is another one.
    pub(crate) fn next(self, now: i64, before: Option<i64>) -> i64 {
        let into = (now - self.offset).rem_euclid(self.interval);
        let next = now - into + self.interval;
        if before == Some(next) { next + self.interval } else { next }
    }

    /// The timestamp of a scrape that was meant for `tick` and begins `now`. One that is hardly off gets the time for which it was
    /// meant: times that are evenly apart take almost no room.
    pub(super) fn timestamp(self, tick: i64, now: i64) -> i64 {
        /// A hundredth of the interval is the most that Prometheus shifts a sample.
        const SHARE: i64 = 100;
        if (now - tick).abs() <= self.interval / SHARE { tick } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(15);

    #[test]
    fn each_moment_is_one_interval_after_the_other_at_an_offset_that_stays() {
        let schedule = Schedule::new(EVERY, "http://localhost:9091/metrics");
        let first = schedule.next(1_700_000_000_000, None);
        assert!((1..=15_000).contains(&(first - 1_700_000_000_000)));
        assert_eq!(schedule.next(first, Some(first)), first + 15_000);
        assert_eq!(schedule.next(first - 1, Some(first)), first + 15_000, "the sleep ended early");
        assert_eq!(Schedule::new(EVERY, "http://localhost:9091/metrics").next(first - 5, None), first);
        let others = ["a", "b", "c"].map(|target| Schedule::new(EVERY, target).offset);
        assert!(others[0] != others[1] || others[1] != others[2], "all targets have the same offset");
    }

    #[test]
    fn missed_moments_are_skipped_and_a_clock_may_jump() {
        let schedule = Schedule { interval: 15_000, offset: 4_000 };
        assert_eq!(schedule.next(64_001, Some(4_000)), 79_000);
        assert_eq!(schedule.next(3_600_000, Some(4_000)), 3_604_000);
        assert_eq!(schedule.next(20, Some(3_604_000)), 4_000);
        assert_eq!(schedule.next(-20_000, Some(4_000)), -11_000);
    }

    #[test]
    fn a_scrape_that_is_hardly_late_has_the_time_for_which_it_was_meant() {
        let schedule = Schedule { interval: 15_000, offset: 0 };
        assert_eq!([-3, 0, 2, 150].map(|late| schedule.timestamp(15_000, 15_000 + late)), [15_000; 4]);
        assert_eq!(schedule.timestamp(15_000, 15_151), 15_151);
    }
}
