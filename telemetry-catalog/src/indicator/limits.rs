//! Where an indicator turns to a warning, and where it turns critical.

use telemetry_core::config::HealthThresholds;

/// How bad it is, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; pages nobody.
    Info,
    /// To be looked at in working hours.
    Warning,
    /// To be looked at now.
    Critical,
}

/// The unit of an indicator's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A part of a whole, from 0 to 1, shown in percent.
    Share,
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
    /// How many times as much.
    Times,
    /// 1 where it is so, 0 where it is not.
    State,
}

/// The thresholds of an indicator. A value is compared as it is measured: a share of a tenth, not ten percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limits {
    /// The configured `error_rate_warn` and `error_rate_critical`.
    ErrorRate,
    /// The configured `retry_rate_warn` and `retry_rate_critical`.
    RetryRate,
    /// The configured `p95_latency_warn` and `p95_latency_critical`.
    P95Latency,
    /// A warning from the first, critical from the second on.
    Both(f64, f64),
    /// A warning only.
    Warning(f64),
    /// Critical only.
    Critical(f64),
    /// Only worth knowing.
    Info(f64),
}

/// What lies beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// The limit and whatever is more, as the configuration has it.
    AtLeast,
    /// Only what is more.
    Above,
    /// The limit itself, to which a value falls.
    FallsTo,
}

/// One severity with the limit at which it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// How bad it is.
    pub severity: Severity,
    /// From where on.
    pub limit: f64,
}

impl Severity {
    /// The value of the label `severity`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl Beyond {
    /// The sign between a value and the limit that it lies beyond.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::Above => ">",
            Self::FallsTo => "=",
        }
    }

    /// Whether a value lies beyond a limit; what is no number never does.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtLeast => value >= limit,
            Self::Above => value > limit,
            #[expect(clippy::float_cmp, reason = "only values that are exact are compared so: 0 and 1")]
            Self::FallsTo => value == limit,
        }
    }
}

impl Limits {
    /// The levels, the mildest first.
    #[must_use]
    pub fn levels(self, thresholds: &HealthThresholds) -> Vec<Level> {
        let HealthThresholds {
            error_rate_warn,
            error_rate_critical,
            retry_rate_warn,
            retry_rate_critical,
            p95_latency_warn,
            p95_latency_critical,
        } = *thresholds;
        let both = |warning, critical| vec![(Severity::Warning, warning), (Severity::Critical, critical)];
        let levels = match self {
            Self::ErrorRate => both(error_rate_warn / 100.0, error_rate_critical / 100.0),
            Self::RetryRate => both(retry_rate_warn / 100.0, retry_rate_critical / 100.0),
            Self::P95Latency => both(p95_latency_warn, p95_latency_critical),
            Self::Both(warning, critical) => both(warning, critical),
            Self::Warning(limit) => vec![(Severity::Warning, limit)],
            Self::Critical(limit) => vec![(Severity::Critical, limit)],
            Self::Info(limit) => vec![(Severity::Info, limit)],
        };
        levels.into_iter().map(|(severity, limit)| Level { severity, limit }).collect()
    }

    /// The keys of the configuration that the levels come from, below `telemetry`; empty where they are fixed.
    #[must_use]
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::ErrorRate => {
                &["health_thresholds.error_rate_warn", "health_thresholds.error_rate_critical"]
            }
            Self::RetryRate => {
                &["health_thresholds.retry_rate_warn", "health_thresholds.retry_rate_critical"]
            }
            Self::P95Latency => {
                &["health_thresholds.p95_latency_warn", "health_thresholds.p95_latency_critical"]
            }
            Self::Both(..) | Self::Warning(_) | Self::Critical(_) | Self::Info(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_percentages_become_shares() {
        let thresholds = HealthThresholds { error_rate_warn: 7.0, ..HealthThresholds::default() };
        let limits: Vec<_> =
            Limits::ErrorRate.levels(&thresholds).into_iter().map(|level| level.limit).collect();
        assert_eq!(limits, [0.07, 0.25]);
    }

    #[test]
    fn a_value_at_the_limit_counts_as_beyond_it_unless_it_says_above() {
        assert!(
            Beyond::AtLeast.holds(3.0, 3.0)
                && !Beyond::Above.holds(3.0, 3.0)
                && Beyond::FallsTo.holds(0.0, 0.0)
        );
        for beyond in [Beyond::AtLeast, Beyond::Above, Beyond::FallsTo] {
            assert!(!beyond.holds(f64::NAN, 0.0));
        }
    }
}
