//! Spans of time as PromQL and people write them.

use std::fmt;
use std::time::Duration;

/// A span of time in whole seconds, such as the window of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(u32);

const UNITS: [(u32, &str, &str); 4] =
    [(86_400, "d", "day"), (3_600, "h", "hour"), (60, "m", "minute"), (1, "s", "second")];

impl Window {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// That many whole seconds.
    #[must_use]
    pub const fn of_seconds(count: u32) -> Self {
        Self(count)
    }

    /// That many minutes.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self(count * 60)
    }

    /// That many hours.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self(count * 3_600)
    }

    /// That many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self(count * 86_400)
    }

    /// The span in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The span in words: `30 minutes`, `hour`, `24 hours`; a single unit has no number, as in "in the last hour".
    ///
    /// ```
    /// use telemetry_catalog::promql::Window;
    ///
    /// assert_eq!(Window::minutes(30).words(), "30 minutes");
    /// assert_eq!(Window::hours(1).words(), "hour");
    /// assert_eq!(Window::days(1).to_string(), "1d");
    /// ```
    #[must_use]
    pub fn words(self) -> String {
        match self.in_largest_unit() {
            (1, _, unit) => unit.to_owned(),
            (count, _, unit) => format!("{count} {unit}s"),
        }
    }

    fn in_largest_unit(self) -> (u32, &'static str, &'static str) {
        let fits = |size: u32| self.0 >= size && self.0.is_multiple_of(size);
        let (size, short, long) =
            UNITS.into_iter().find(|(size, ..)| fits(*size)).unwrap_or((1, "s", "second"));
        (self.0 / size, short, long)
    }
}

/// What Grafana puts in the place of `$__rate_interval`, for a graph with a value every `step` over targets that are scraped every `scrape`:
/// four scrapes at least, so that one that is lost makes no gap, and the scrape before the step too.
///
/// ```
/// use std::time::Duration;
/// use telemetry_catalog::promql::rate_interval;
///
/// assert_eq!(rate_interval(Duration::from_secs(12), Duration::from_secs(15)), "1m");
/// assert_eq!(rate_interval(Duration::from_secs(288), Duration::from_secs(15)), "303s");
/// assert_eq!(rate_interval(Duration::from_secs(1), Duration::from_millis(500)), "2s");
/// ```
#[must_use]
pub fn rate_interval(step: Duration, scrape: Duration) -> String {
    let range = (step + scrape).max(scrape * 4);
    match u32::try_from(range.as_secs()) {
        Ok(seconds) if range.subsec_millis() == 0 => Window(seconds).to_string(),
        _ => format!("{}ms", range.as_millis()),
    }
}

/// As PromQL writes a duration: `5m`, `1h`, `1d`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit, _) = self.in_largest_unit();
        write!(f, "{count}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_without_a_rest_is_written() {
        for (window, written) in [
            (Window::ZERO, "0s"),
            (Window(90), "90s"),
            (Window::minutes(90), "90m"),
            (Window::hours(24), "1d"),
        ] {
            assert_eq!(window.to_string(), written);
        }
    }
}
