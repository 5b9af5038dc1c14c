//! The verdict: how well something is, as a pure function of an indicator and of what was measured.
//!
//! Whoever asks brings the samples, from Prometheus, from a ledger or from anywhere; nothing here reads anything. The thresholds and what
//! lies beyond them are those of the alert rules, and so is the rule that a share of a few events pages nobody.

use crate::indicator::{AT_LEAST_EVENTS, Indicator, Level, Measure, Severity, Unit};
use crate::rules::amount;
use crate::subsystems;
use std::fmt;
use telemetry_core::config::HealthThresholds;
use telemetry_core::metric::Subsystem;

/// How well something is, the best first: what is known to be bad outweighs what nobody knows, and that is not healthy either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing that was measured lies beyond a limit that calls anybody.
    Healthy,
    /// It could not be measured.
    Unknown,
    /// To be looked at in working hours.
    Warning,
    /// To be looked at now.
    Critical,
}

/// The verdict about one thing that an indicator measures, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The unit of the numbers in the reason.
    pub unit: Unit,
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// The value lies beyond no limit; the limit is the nearest.
    Within {
        /// What was measured.
        value: f64,
        /// Where the mildest level begins.
        limit: f64,
    },
    /// The value lies beyond the limit of this level.
    Beyond {
        /// What was measured.
        value: f64,
        /// The worst level that it reached.
        level: Level,
    },
    /// The value lies beyond a limit, and there were too few events for that to say anything.
    TooFew {
        /// What was measured.
        value: f64,
        /// How many events there were.
        events: f64,
    },
    /// Nothing happened that could have gone wrong.
    Idle,
    /// There is no value, or no number of events where one is needed.
    Missing,
}

impl Indicator {
    /// The verdict about one value of this indicator.
    ///
    /// `value` is in the unit in which the indicator measures, so that a tenth is 0.1; `None` and NaN are no value. `events` is how
    /// many events there were in the window, where that is known: a share that lies beyond a limit counts from
    /// [`AT_LEAST_EVENTS`] on, and where there was no event at all there need not be a value.
    ///
    /// ```
    /// use telemetry_catalog::indicator::indicators;
    /// use telemetry_catalog::verdict::Verdict;
    /// use telemetry_core::config::HealthThresholds;
    ///
    /// let failing = indicators().find(|indicator| indicator.alert == "AgentRunsFailing").expect("it is declared");
    /// let judged = failing.judge(&HealthThresholds::default(), Some(0.25), Some(8.0));
    /// assert_eq!(judged.verdict, Verdict::Critical);
    /// assert_eq!(judged.to_string(), "25%, critical at 25%");
    /// assert_eq!(failing.judge(&HealthThresholds::default(), Some(1.0), Some(1.0)).verdict, Verdict::Healthy);
    /// ```
    #[must_use]
    pub fn judge(&self, thresholds: &HealthThresholds, value: Option<f64>, events: Option<f64>) -> Judgement {
        let reason = match value.filter(|value| !value.is_nan()) {
            Some(value) => self.reason(thresholds, value, events),
            None if events == Some(0.0) => Reason::Idle,
            None => Reason::Missing,
        };
        Judgement { verdict: reason.verdict(), reason, unit: self.unit }
    }

    fn reason(&self, thresholds: &HealthThresholds, value: f64, events: Option<f64>) -> Reason {
        let levels = self.limits.levels(thresholds);
        let worst = levels.iter().rev().find(|level| self.beyond.holds(value, level.limit));
        let Some(&level) = worst else {
            let limit = levels.first().map_or(f64::NAN, |mildest| mildest.limit);
            return Reason::Within { value, limit };
        };
        match (self.measure.least_events(), events) {
            (Some(_), None) => Reason::Missing,
            (Some(least), Some(events)) if events < least => Reason::TooFew { value, events },
            _ => Reason::Beyond { value, level },
        }
    }
}

impl Measure {
    /// How many events there must be in the window before a value of this measure says anything.
    #[must_use]
    pub const fn least_events(&self) -> Option<f64> {
        match self {
            Self::Share { .. } => Some(AT_LEAST_EVENTS),
            Self::Surge { at_least, .. } => Some(*at_least),
            _ => None,
        }
    }
}

impl Reason {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Beyond { level, .. } => Verdict::of(level.severity),
            Self::Within { .. } | Self::TooFew { .. } | Self::Idle => Verdict::Healthy,
            Self::Missing => Verdict::Unknown,
        }
    }
}

impl Verdict {
    /// The verdict about what reached this severity; what is only worth knowing is healthy.
    #[must_use]
    pub const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Healthy,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }

    /// The worst of many; unknown where there are none, since nothing was found to be well.
    ///
    /// ```
    /// use telemetry_catalog::verdict::Verdict;
    ///
    /// assert_eq!(Verdict::worst([Verdict::Healthy, Verdict::Unknown]), Verdict::Unknown);
    /// assert_eq!(Verdict::worst([Verdict::Unknown, Verdict::Warning]), Verdict::Warning);
    /// assert_eq!(Verdict::worst([]), Verdict::Unknown);
    /// ```
    #[must_use]
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Unknown)
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// The worst verdict of each subsystem, in the order of the catalog; unknown where nothing of it was judged.
#[must_use]
pub fn by_subsystem<'a>(
    judged: impl IntoIterator<Item = (&'a Indicator, Verdict)>,
) -> Vec<(&'static Subsystem, Verdict)> {
    let judged: Vec<_> = judged.into_iter().collect();
    let of = |subsystem: &Subsystem| {
        let own = judged.iter().filter(|(indicator, _)| indicator.subsystem == subsystem);
        Verdict::worst(own.map(|(_, verdict)| *verdict))
    };
    subsystems().map(|subsystem| (subsystem, of(subsystem))).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The reason in a few words, with its numbers as people write them.
impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value| amount(self.unit, value);
        match self.reason {
            Reason::Within { value, limit } => write!(f, "{}, the limit is {}", shown(value), shown(limit)),
            Reason::Beyond { value, level } => {
                write!(f, "{}, {} at {}", shown(value), level.severity.as_str(), shown(level.limit))
            }
            Reason::TooFew { value, events } => {
                write!(f, "{}, of too few to tell ({events})", shown(value))
            }
            Reason::Idle => f.write_str("nothing happened"),
            Reason::Missing => f.write_str("no data"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Beyond, indicators};
    use telemetry_core::catalog::{AGENT, BEADS, LLM};

    fn indicator(alert: &str) -> &'static Indicator {
        indicators().find(|indicator| indicator.alert == alert).unwrap()
    }

    fn verdict(alert: &str, value: Option<f64>, events: Option<f64>) -> Verdict {
        indicator(alert).judge(&HealthThresholds::default(), value, events).verdict
    }

    #[test]
    fn every_indicator_turns_exactly_at_its_limits() {
        let thresholds = HealthThresholds::default();
        for indicator in indicators() {
            for level in indicator.limits.levels(&thresholds) {
                let judged = |value| indicator.judge(&thresholds, Some(value), Some(1e9)).verdict;
                let (at, under, over) =
                    (judged(level.limit), judged(level.limit - 0.01), judged(level.limit + 0.01));
                let worst = Verdict::of(level.severity);
                match indicator.beyond {
                    Beyond::AtLeast => assert!(at == worst && under < worst, "{}", indicator.alert),
                    Beyond::Above => assert!(at < worst || worst == Verdict::Healthy, "{}", indicator.alert),
                    Beyond::FallsTo => assert!(at == worst && over < worst, "{}", indicator.alert),
                }
                if indicator.beyond == Beyond::Above {
                    assert_eq!(over, worst, "{}", indicator.alert);
                }
            }
        }
    }

    #[test]
    fn the_users_thresholds_decide_and_the_worst_level_counts() {
        let thresholds =
            HealthThresholds { error_rate_warn: 50.0, error_rate_critical: 50.0, ..Default::default() };
        let judged =
            |value| indicator("AgentRunsFailing").judge(&thresholds, Some(value), Some(10.0)).verdict;
        assert_eq!((judged(0.49), judged(0.5)), (Verdict::Healthy, Verdict::Critical));
    }

    #[test]
    fn a_share_of_few_events_pages_nobody_and_one_of_unknown_many_is_unknown() {
        assert_eq!(verdict("LlmErrors", Some(1.0), Some(4.0)), Verdict::Healthy);
        assert_eq!(verdict("LlmErrors", Some(1.0), Some(5.0)), Verdict::Critical);
        assert_eq!(verdict("LlmErrors", Some(1.0), None), Verdict::Unknown);
        assert_eq!(verdict("LlmErrors", Some(0.0), None), Verdict::Healthy);
        assert_eq!(verdict("AxeCycleErrors", Some(1.0), None), Verdict::Warning);
        assert_eq!(verdict("LlmOutputTokensSurge", Some(9.0), Some(9_999.0)), Verdict::Healthy);
        assert_eq!(verdict("LlmOutputTokensSurge", Some(9.0), Some(10_000.0)), Verdict::Warning);
    }

    #[test]
    fn idle_is_healthy_and_missing_is_unknown() {
        assert_eq!(verdict("LlmSlow", None, Some(0.0)), Verdict::Healthy);
        assert_eq!(verdict("LlmSlow", Some(f64::NAN), Some(0.0)), Verdict::Healthy);
        assert_eq!(verdict("LlmSlow", None, None), Verdict::Unknown);
        assert_eq!(verdict("LlmSlow", Some(f64::NAN), Some(3.0)), Verdict::Unknown);
        assert_eq!(verdict("LlmSlow", Some(f64::INFINITY), None), Verdict::Critical);
    }

    #[test]
    fn what_is_only_worth_knowing_is_healthy_and_said() {
        let judged = indicator("StrangeTarget").judge(&HealthThresholds::default(), Some(1.0), None);
        assert_eq!(judged.verdict, Verdict::Healthy);
        assert!(matches!(judged.reason, Reason::Beyond { .. }));
    }

    #[test]
    fn subsystems_are_as_bad_as_their_worst_and_those_without_a_verdict_unknown() {
        let judged = [
            (indicator("AgentRunsFailing"), Verdict::Healthy),
            (indicator("AgentRunsSlow"), Verdict::Warning),
            (indicator("LlmErrors"), Verdict::Healthy),
        ];
        let folded = by_subsystem(judged);
        let of = |wanted: &Subsystem| folded.iter().find(|(subsystem, _)| *subsystem == wanted).unwrap().1;
        assert_eq!(
            (of(&AGENT), of(&LLM), of(&BEADS)),
            (Verdict::Warning, Verdict::Healthy, Verdict::Unknown)
        );
        assert_eq!(folded.len(), subsystems().count());
        assert_eq!(Verdict::worst(folded.into_iter().map(|(_, verdict)| verdict)), Verdict::Warning);
    }

    #[test]
    fn reasons_have_their_units() {
        let said = |alert, value, events| {
            indicator(alert).judge(&HealthThresholds::default(), value, events).to_string()
        };
        assert_eq!(said("AgentRunsFailing", Some(0.02), Some(50.0)), "2%, the limit is 10%");
        assert_eq!(said("AgentRunsFailing", Some(0.5), Some(2.0)), "50%, of too few to tell (2)");
        assert_eq!(said("LlmSlow", Some(75.0), None), "75s, warning at 1m");
        assert_eq!(said("LlmSlow", None, Some(0.0)), "nothing happened");
        assert_eq!(said("LlmSlow", None, None), "no data");
    }
}
