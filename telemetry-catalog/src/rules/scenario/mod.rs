//! What the rules of an indicator are tried with: series as they come from real targets, and the alerts that they must raise.
//!
//! A scenario knows what happened and says what follows from it, without looking at any expression. So the expressions and the scenarios
//! can only agree where both are right.
//!
//! | module | responsible for |
//! |---|---|
//! | `stage` | from what happens and what is measured to series, checks and expected alerts |
//! | `course` | how a series goes |
//! | `told` | what people are told, as Prometheus writes numbers |
//! | `share`, `percentile`, `count`, `counting`, `stalled`, `idle`, `gone`, `leak`, `surge`, `presence` | what is tried of each measure |

mod count;
mod counting;
mod course;
mod gone;
mod idle;
mod leak;
mod percentile;
mod presence;
mod share;
mod stage;
mod stalled;
mod surge;
mod told;

use crate::indicator::{Indicator, Measure, indicators};
use stage::Stage;
use telemetry_core::config::Config;

/// Everything that the rules of one indicator are tried with.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The name of the alert.
    pub alert: &'static str,
    /// How often the rules are evaluated, in seconds; the same for all of a subsystem but those that span days.
    pub step: u32,
    /// Whether it looks at several days.
    pub spans_days: bool,
    /// What they are tried with.
    pub scenarios: Vec<Scenario>,
    /// What cannot be tried with the configured thresholds, and why not.
    pub left_out: Vec<(String, String)>,
}

/// One course of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What happens and what is expected, in a few words.
    pub about: String,
    /// How many seconds lie between two samples.
    pub interval: u32,
    /// What Prometheus has scraped.
    pub series: Vec<Series>,
    /// What the alert must do.
    pub checks: Vec<Check>,
    /// What expressions must have as their value.
    pub readings: Vec<Reading>,
}

/// A series with its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its name and labels, as PromQL writes them.
    pub selector: String,
    /// Its samples in promtool's notation, the first at the beginning of time.
    pub values: String,
}

/// The alerts that fire at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The time, in seconds from the beginning.
    pub at: u32,
    /// Those that fire; none where it is quiet.
    pub alerts: Vec<Expected>,
}

/// An alert as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its labels without its name.
    pub labels: Vec<(&'static str, String)>,
    /// What people are told.
    pub annotations: Vec<(&'static str, String)>,
}

/// What an expression has as its value at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The time, in seconds from the beginning.
    pub at: u32,
    /// The expression, in which recording rules stand as their names.
    pub expr: String,
    /// Its series, as PromQL writes them, with their values.
    pub samples: Vec<(String, String)>,
}

/// How often the rules are evaluated where several days are looked at, in seconds.
const QUARTER_OF_A_DAY: u32 = 6 * 3_600;

/// How often the rules of a subsystem are evaluated while they are tried, in seconds.
///
/// What happens must lie in the window of two evaluations one after the other, and trying must not take longer than it needs to: two fifths
/// of the shortest window.
fn step(indicator: &Indicator) -> u32 {
    if spans_days(indicator) {
        return QUARTER_OF_A_DAY;
    }
    let neighbours =
        indicators().filter(|other| other.subsystem == indicator.subsystem && !spans_days(other));
    let windows = neighbours.map(|other| other.over.seconds()).filter(|window| *window > 0);
    windows.min().unwrap_or(300) / 5 * 2
}

const fn spans_days(indicator: &Indicator) -> bool {
    matches!(indicator.measure, Measure::Surge { .. })
}

/// What the rules of an indicator are tried with, at the thresholds of this configuration.
///
/// ```
/// use telemetry_catalog::{indicator::indicators, rules::suite};
/// use telemetry_core::config::Config;
///
/// let failing = indicators().next().expect("there are indicators");
/// assert!(suite(failing, &Config::default()).scenarios.len() > 5);
/// ```
#[must_use]
pub fn suite(indicator: &'static Indicator, config: &Config) -> Suite {
    let mut stage = Stage::new(indicator, config);
    match &indicator.measure {
        Measure::Share { part, whole } => share::play(&mut stage, part, whole),
        Measure::P95(of) => percentile::play(&mut stage, of),
        Measure::Count(of) => count::play(&mut stage, of),
        Measure::Stalled { active, progress } => {
            stalled::play(&mut stage, active, progress);
            counting::play(&mut stage, progress);
        }
        Measure::Idle(progress) => {
            idle::play(&mut stage, progress);
            counting::play(&mut stage, progress);
        }
        Measure::Gone { gauge, progress } => {
            gone::play(&mut stage, gauge, progress);
            counting::play(&mut stage, progress);
        }
        Measure::Leak { acquired, released, held } => {
            leak::play(
                &mut stage,
                leak::Defs { acquired: acquired.def(), released: released.def(), held: held.def() },
            );
        }
        Measure::Surge { of, days: _, known_days, at_least } => {
            surge::play(&mut stage, of, *known_days, *at_least);
        }
        Measure::GatewayUp => presence::gateway(&mut stage),
        Measure::ExpositionUp => presence::exposition(&mut stage),
        Measure::SincePush => presence::since_push(&mut stage),
        Measure::Stranger => presence::stranger(&mut stage),
    }
    stage.into_suite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::alert_rules;
    use telemetry_core::config::HealthThresholds;

    fn fires(scenario: &Scenario, severity: &str) -> bool {
        let alerts = scenario.checks.iter().flat_map(|check| &check.alerts);
        alerts.flat_map(|alert| &alert.labels).any(|(name, value)| *name == "severity" && value == severity)
    }

    #[test]
    fn every_alert_rule_fires_in_a_scenario_and_is_quiet_in_others() {
        let config = Config::default();
        for rule in alert_rules(&config) {
            let suite = suite(rule.indicator, &config);
            let severity = rule.severity().as_str();
            let firing = suite.scenarios.iter().filter(|scenario| fires(scenario, severity)).count();
            assert!(firing > 0 && suite.scenarios.len() - firing > 1, "{} {severity}: {firing}", rule.name());
            assert_eq!(suite.left_out, [], "{}", rule.name());
        }
    }

    #[test]
    fn what_happens_does_so_at_evaluations_and_in_the_order_of_time() {
        for indicator in indicators() {
            let suite = suite(indicator, &Config::default());
            for scenario in suite.scenarios {
                assert!(scenario.checks.is_sorted_by(|left, right| left.at < right.at), "{scenario:?}");
                let timely = |at: u32| at.is_multiple_of(suite.step);
                assert!(scenario.checks.iter().all(|check| timely(check.at)), "{scenario:?}");
                assert_eq!(suite.step % scenario.interval, 0, "{scenario:?}");
            }
        }
    }

    #[test]
    fn what_a_threshold_makes_impossible_is_left_out_with_the_reason() {
        let health_thresholds = HealthThresholds {
            error_rate_warn: 0.0,
            p95_latency_critical: 1e9,
            ..HealthThresholds::default()
        };
        let config = Config { health_thresholds, ..Config::default() };
        let of = |name| suite(indicators().find(|indicator| indicator.alert == name).unwrap(), &config);
        let what = |suite: Suite| suite.left_out.into_iter().map(|(what, _)| what).collect::<Vec<_>>();
        assert_eq!(what(of("AgentRunsFailing")), ["a share just below the limit of 0"]);
        assert_eq!(what(of("AgentRunsSlow")), ["a percentile beyond the limit of 1000000000.0 s"]);
    }

    #[test]
    fn a_share_is_met_exactly_where_round_numbers_can() {
        let failing = indicators().find(|indicator| indicator.alert == "AgentRunsFailing").unwrap();
        let suite = suite(failing, &Config::default());
        let abouts: Vec<_> = suite.scenarios.iter().map(|scenario| scenario.about.as_str()).collect();
        assert_eq!(abouts[..2], ["2 of 20, which a limit is", "1 of 20, just below a limit"]);
    }
}
