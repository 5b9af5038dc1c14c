//! Over which time charts go, and with which steps.

use std::time::Duration;
use telemetry_catalog::promql::Foreign;
use telemetry_query::Steps;

/// How many values a line of a chart has, at most. Over a few minutes so many would show each scrape, and nothing of the course of things.
const VALUES: u64 = 300;
const FEW_VALUES: u64 = 60;

/// The times over which charts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Span {
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
    pub(super) const ALL: [Self; 5] = [Self::FiveMinutes, Self::Hour, Self::SixHours, Self::Day, Self::Week];

    /// As addresses and people write it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// In words, after "the last".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5 minutes",
            Self::Hour => "hour",
            Self::SixHours => "6 hours",
            Self::Day => "24 hours",
            Self::Week => "7 days",
        }
    }

    /// The span of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.as_str() == name)
    }

    const fn seconds(self) -> u64 {
        const HOUR: u64 = 3600;
        match self {
            Self::FiveMinutes => 300,
            Self::Hour => HOUR,
            Self::SixHours => 6 * HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
        }
    }

    const fn values(self) -> u64 {
        match self {
            Self::FiveMinutes => FEW_VALUES,
            _ => VALUES,
        }
    }

    /// From one value to the next: no less than from one scrape to the next, between which nothing new is known.
    pub(super) fn step(self, interval: Duration) -> Duration {
        Duration::from_secs(self.seconds().div_ceil(self.values())).max(interval)
    }

    /// The times that are looked at, of which the last is now.
    pub(super) fn steps(self, now: i64, interval: Duration) -> Steps {
        let step = millis(self.step(interval)).max(1);
        let whole = millis(Duration::from_secs(self.seconds()));
        Steps { start: now - whole / step * step, end: now, step }
    }
}

/// What the reader of a page chose; links keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Choice {
    /// The time over which charts go.
    pub(super) span: Span,
    /// Whether it was asked for.
    pub(super) is_asked: bool,
    /// Whether the page is to be loaded anew again and again, where there is no script to renew it.
    pub(super) reloads: bool,
}

/// What is there exactly where any target was scraped before the last five minutes.
pub(super) fn long_ago() -> String {
    format!("count(last_over_time({}[7d] offset 5m))", Foreign::Up.name())
}

/// A time in milliseconds.
pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_about_so_many_values_and_ends_now() {
        for span in Span::ALL {
            let steps = span.steps(1_000_000_000_000, Duration::from_secs(1));
            let values = (steps.end - steps.start) / steps.step + 1;
            assert!(span.values().abs_diff(values as u64) <= 1, "{values}");
            assert_eq!((steps.end, (steps.end - steps.start) % steps.step), (1_000_000_000_000, 0));
            assert_eq!(Span::named(span.as_str()), Some(span));
        }
        assert_eq!(Span::Hour.step(Duration::from_secs(60)), Duration::from_secs(60));
        assert_eq!(Span::named("2h"), None);
    }
}
