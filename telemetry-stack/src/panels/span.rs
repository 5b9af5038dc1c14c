//! Over which time charts go, and with which steps.

use crate::page::Recorded;
use std::time::Duration;
use telemetry_query::Steps;

/// How many values a line of a chart has, at most. Over a few minutes so many would show each scrape, and nothing of the course of things.
const VALUES: u64 = 300;
const FEW_VALUES: u64 = 60;

/// How many seconds are a few minutes.
const SHORT: u64 = 600;

/// The times over which charts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Span {
    /// The last five minutes.
    FiveMinutes,
    /// The last hour.
    #[default]
    Hour,
    /// The last six hours.
    SixHours,
    /// The last day.
    Day,
    /// The last seven days.
    Week,
}

impl Span {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::FiveMinutes, Self::Hour, Self::SixHours, Self::Day, Self::Week];

    /// As addresses and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// In words, after "the last".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5 minutes",
            Self::Hour => "hour",
            Self::SixHours => "6 hours",
            Self::Day => "24 hours",
            Self::Week => "7 days",
        }
    }

    /// The span of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.as_str() == name)
    }

    /// How long it is, in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        const HOUR: u64 = 3600;
        match self {
            Self::FiveMinutes => 300,
            Self::Hour => HOUR,
            Self::SixHours => 6 * HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
        }
    }

    /// What is seen of a source over this time.
    #[must_use]
    pub const fn sight(self, recorded: Recorded, interval: Duration) -> Sight {
        Sight { length: Duration::from_secs(self.seconds()), recorded, interval }
    }
}

/// What is looked at of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Over how long a time.
    pub length: Duration,
    /// Which of the series that recording rules record the source has.
    pub recorded: Recorded,
    /// The time from one scrape to the next.
    pub interval: Duration,
}

impl Sight {
    /// From one value to the next: whole seconds, and no less than from one scrape to the next, between which nothing new is known.
    #[must_use]
    pub fn step(&self) -> Duration {
        let seconds = self.length.as_secs();
        let values = if seconds <= SHORT { FEW_VALUES } else { VALUES };
        Duration::from_secs(seconds.div_ceil(values).max(1)).max(self.interval)
    }

    /// The times that are looked at, of which the last is now, in milliseconds since 1970.
    #[must_use]
    pub fn steps(&self, now: i64) -> Steps {
        let step = millis(self.step());
        Steps { start: now - millis(self.length) / step * step, end: now, step }
    }
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(length: u64, interval: u64) -> Sight {
        let (length, interval) = (Duration::from_secs(length), Duration::from_secs(interval));
        Sight { length, recorded: Recorded::Nothing, interval }
    }

    #[test]
    fn a_chart_has_about_so_many_values_and_ends_now() {
        for (length, values) in [(60, 60), (300, 60), (3600, 300), (5400, 300), (86_400, 300), (604_800, 300)]
        {
            let steps = sight(length, 1).steps(1_000_000_000_000);
            assert!((steps.end - steps.start) / steps.step <= values, "{length}: {steps:?}");
            assert!((steps.end - steps.start) / steps.step >= values * 9 / 10, "{length}: {steps:?}");
            assert_eq!((steps.end, (steps.end - steps.start) % steps.step), (1_000_000_000_000, 0));
        }
        assert_eq!(sight(3600, 60).step(), Duration::from_secs(60));
        assert_eq!(sight(0, 0).step(), Duration::from_secs(1));
    }

    #[test]
    fn a_span_is_known_by_its_name() {
        assert!(Span::ALL.into_iter().all(|span| Span::named(span.as_str()) == Some(span)));
        assert_eq!(Span::named("2h"), None);
    }
}
